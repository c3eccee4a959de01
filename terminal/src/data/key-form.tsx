/** Where visitors are not served: an API key, which is kept in memory and nowhere else. */
import { useState } from "preact/hooks";
import { Panel } from "../design/panel.tsx";
import { ownKey } from "./asking.ts";

/** See the head of the file. */
export function KeyForm() {
  const [key, setKey] = useState("");
  return (
    <Panel title="API key" class="data-key">
      <form
        class="data-form"
        onSubmit={(event) => {
          event.preventDefault();
          ownKey.value = key;
        }}
      >
        <p>
          This server shows data to nobody without a key. Paste one that{" "}
          <code>openbourse keys</code> made: it stays in the memory of this page until it is closed.
        </p>
        <label for="data-key">API key</label>
        <input
          id="data-key"
          type="password"
          autocomplete="off"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value.trim())}
        />
        <button type="submit" class="primary" disabled={key === ""}>
          Show the data
        </button>
      </form>
    </Panel>
  );
}

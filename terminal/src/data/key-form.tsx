/** An API key, where visitors are not served or do not see all: kept in memory and nowhere else. */
import { useState } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { Panel } from "../design/panel.tsx";
import { hasFinazon, takeKey } from "../session/finazon.ts";

/** See the head of the file. */
export function KeyForm({ done }: { done(): void }) {
  const [key, setKey] = useState("");
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await takeKey(key);
      done();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      setRefusal(said);
      announce(said);
      setBusy(false);
    }
  };
  return (
    <Panel title="API key" class="data-key">
      <form class="data-form" onSubmit={(event) => void submit(event)}>
        <p>
          {hasFinazon.value
            ? "Visitors see public data; with a key of yours you see what it may see."
            : "This server shows data to nobody without a key."}{" "}
          Paste one that <code>openbourse keys create</code> made: it stays in the memory of this
          page and is forgotten with it.
        </p>
        <label for="data-key">API key</label>
        <input
          id="data-key"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={key}
          aria-invalid={refusal !== undefined}
          aria-describedby="data-key-refusal"
          onInput={(event) => setKey(event.currentTarget.value.trim())}
        />
        <p id="data-key-refusal" class="field-error">
          {refusal}
        </p>
        <button type="submit" class="primary" disabled={key === "" || isBusy}>
          {isBusy ? "Asking the server…" : "Show the data"}
        </button>
        {hasFinazon.value ? (
          <button type="button" onClick={done}>
            Go on as a visitor
          </button>
        ) : null}
      </form>
    </Panel>
  );
}

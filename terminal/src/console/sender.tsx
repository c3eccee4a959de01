/** Where messages are written and sent. */
import { announce } from "../app/announce.ts";
import { consoleState, send } from "./store.ts";

/** What is shown. */
export interface SenderProps {
  readonly text: string;
  onText(text: string): void;
  onCopy(): void;
}

/** See the head of the file. */
export function Sender({ text, onText, onCopy }: SenderProps) {
  const isOpen = consoleState.value === "open";
  const submit = () => {
    if (text !== "" && !send(text)) announce("Connect before you send.");
  };
  return (
    <form
      class="console-sender"
      aria-label="Send a message"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label class="unseen" for="console-message">
        Message
      </label>
      <textarea
        id="console-message"
        value={text}
        rows={2}
        spellcheck={false}
        placeholder="A message: choose an example, or write one. Ctrl+Enter sends it."
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      />
      <span class="console-row">
        <button type="submit" class="primary" disabled={!isOpen || text === ""}>
          Send
        </button>
        <button type="button" onClick={onCopy}>
          Copy as a program
        </button>
        {isOpen ? null : <span class="soft">Connect to send.</span>}
      </span>
    </form>
  );
}

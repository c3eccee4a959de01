/** What was sent, or is about to be, as a program: chosen by language, copied by a button, without secrets unless they are asked for. */
import { useState } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { Dialog } from "../design/dialog.tsx";
import { Tabs } from "../design/tabs.tsx";
import { serverUrl } from "../session/session.ts";
import type { OwnCredentials, Way } from "./access.ts";
import type { ConsoleProtocol } from "./document.ts";
import { type Language, languages, snippetOf } from "./snippets.ts";
import { sent } from "./store.ts";

/** What is shown. */
export interface SnippetDialogProps {
  readonly protocol: ConsoleProtocol;
  readonly way: Way;
  readonly own: OwnCredentials;
  /** The message that is being written: sent last, if it was not sent before. */
  readonly text: string;
  readonly isOpen: boolean;
  onClose(): void;
}

/** See the head of the file. */
export function SnippetDialog(props: SnippetDialogProps) {
  const { protocol, way, own, text, isOpen, onClose } = props;
  const [language, setLanguage] = useState<Language>("node");
  const [withSecrets, setWithSecrets] = useState(false);
  const messages = [...new Set([...sent.value, ...(text === "" ? [] : [text])])];
  const access = way.snippet(own, withSecrets);
  const hasSecret = access.is === "key" || access.is === "user";
  const { name, path, parameter } = protocol;
  const scene = { server: serverUrl, protocol: name, path, parameter, access, messages };
  const body = (of: Language) => () => <Program language={of} text={snippetOf(of, scene)} />;
  return (
    <Dialog title="Copy as a program" isOpen={isOpen} onClose={onClose}>
      <Tabs
        label="Language"
        selected={language}
        onSelect={(id) => setLanguage(id as Language)}
        tabs={(Object.keys(languages) as Language[]).map((id) => ({
          ...{ id, title: languages[id], body: body(id) },
        }))}
      />
      {hasSecret ? (
        <label class="console-check">
          <input
            type="checkbox"
            checked={withSecrets}
            onChange={(event) => setWithSecrets(event.currentTarget.checked)}
          />
          Write my key into it (otherwise it is read from OPENBOURSE_KEY
          {access.is === "user" ? " and OPENBOURSE_USER" : ""})
        </label>
      ) : null}
    </Dialog>
  );
}

function Program({
  language,
  text,
}: {
  readonly language: Language;
  readonly text: string | undefined;
}) {
  const [isCopied, setCopied] = useState(false);
  if (text === undefined)
    return (
      <p class="soft">
        {languages[language]} has nothing like these messages. It knows the exchange's tickers,
        books, trades, orders and balances.
      </p>
    );
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce("Copied.");
    } catch {
      announce("The browser does not let this page copy: mark the text and copy it.");
    }
  };
  return (
    <div class="console-program">
      <textarea aria-label="Program" readOnly spellcheck={false} value={text} />
      <button type="button" onClick={() => void copy()}>
        {isCopied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

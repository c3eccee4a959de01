/** The sheet of all keys, made of the table that they are taken from. */
import { signal } from "@preact/signals";
import { Dialog } from "../design/dialog.tsx";
import { keyMap, useKey } from "./keys.ts";

const isOpen = signal(false);

/** Shows the sheet. */
export function showKeys(): void {
  isOpen.value = true;
}

/** See the head of the file. */
export function KeySheet() {
  useKey("help", showKeys);
  const groups = Map.groupBy(Object.entries(keyMap), ([, { group }]) => group);
  return (
    <Dialog
      title="Keys"
      isOpen={isOpen.value}
      onClose={() => {
        isOpen.value = false;
      }}
    >
      <div class="key-sheet">
        {[...groups].map(([group, actions]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {actions.map(([action, { keys, does }]) => (
                <div key={action}>
                  <dt>
                    <KeyNames keys={keys} />
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function KeyNames({ keys }: { readonly keys: readonly string[] }) {
  const [first = ""] = keys;
  if (keys.length < 2) return <KeyName name={first} />;
  return (
    <>
      <KeyName name={first} /> … <KeyName name={keys.at(-1) ?? ""} />
    </>
  );
}

const signs: Readonly<Record<string, string>> = {
  " ": "space",
  Escape: "esc",
  Enter: "enter",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

function KeyName({ name }: { readonly name: string }) {
  const parts = name === "+" ? [name] : name.split("+");
  return (
    <>
      {parts.map((part) => (
        <kbd key={part}>{signs[part] ?? part.toLowerCase()}</kbd>
      ))}
    </>
  );
}

/** Every documented message, sent by one click: where there is no connection yet, it is made first. */
import { Panel } from "../design/panel.tsx";
import type { OwnCredentials, Way } from "./access.ts";
import type { ConsoleExample, ConsoleProtocol } from "./document.ts";
import { connect, consoleState, send } from "./store.ts";

/** What is shown. */
export interface ExamplesProps {
  readonly protocol: ConsoleProtocol;
  readonly way: Way;
  readonly own: OwnCredentials;
  /** Told what was sent, so that it can be changed and sent again. */
  onChoose(text: string): void;
}

/** See the head of the file. */
export function Examples({ protocol, way, own, onChoose }: ExamplesProps) {
  const choose = (text: string) => {
    onChoose(text);
    void sendConnected(text, protocol, () => way.pass(own));
  };
  return (
    <Panel
      title="Examples"
      class="console-examples"
      actions={<a href={`/docs#${protocol.name}`}>Described in the docs</a>}
    >
      {protocol.channels.map((channel, index) => (
        <details key={channel.id} open={index === 0}>
          <summary>
            {channel.title} {channel.isPrivate ? <span class="tag">private</span> : null}
          </summary>
          <p class="soft">{channel.about}</p>
          <ul>
            {channel.examples.map((example) => (
              <Example key={example.id} example={example} choose={choose} />
            ))}
          </ul>
        </details>
      ))}
    </Panel>
  );
}

function Example(props: { readonly example: ConsoleExample; choose(text: string): void }) {
  const { title, text } = props.example;
  return (
    <li>
      <button type="button" class="console-example" onClick={() => props.choose(text)}>
        <span>{title}</span>
        <code>{text}</code>
      </button>
    </li>
  );
}

async function sendConnected(
  text: string,
  protocol: ConsoleProtocol,
  pass: () => Promise<string | undefined>,
): Promise<void> {
  if (send(text)) return;
  if (consoleState.value === "closed") void connect(protocol, pass);
  const isOpen = await new Promise<boolean>((resolve) => {
    const stop = consoleState.subscribe((state) => {
      if (state === "connecting") return;
      resolve(state === "open");
      queueMicrotask(() => stop());
    });
  });
  if (isOpen) send(text);
}

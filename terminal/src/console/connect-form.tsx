/** Which protocol, and who connects. What is typed in stays in memory and is never put into the page's address. */
import type { ComponentChildren } from "preact";
import { Panel } from "../design/panel.tsx";
import type { OwnCredentials, Way } from "./access.ts";
import type { ConsoleProtocol } from "./document.ts";
import { connect, consoleState, disconnect, staysConnected } from "./store.ts";

/** What is shown. */
export interface ConnectFormProps {
  readonly protocols: readonly ConsoleProtocol[];
  readonly protocol: ConsoleProtocol;
  readonly ways: readonly Way[];
  readonly way: Way;
  readonly own: OwnCredentials;
  onProtocol(name: string): void;
  onWay(id: string): void;
  onOwn(own: OwnCredentials): void;
}

const stateNames = {
  closed: "not connected",
  connecting: "connecting",
  open: "connected",
} as const;

/** See the head of the file. */
export function ConnectForm(props: ConnectFormProps) {
  const { protocols, protocol, ways, way, own } = props;
  const state = consoleState.value;
  const submit = (event: Event) => {
    event.preventDefault();
    if (state === "closed") void connect(protocol, () => way.pass(own));
    else disconnect();
  };
  return (
    <Panel title="Connection" class="console-connect">
      <form class="console-form" onSubmit={submit} autocomplete="off">
        <Field id="console-protocol" title="Protocol">
          <select
            id="console-protocol"
            value={protocol.name}
            onChange={(event) => {
              disconnect();
              props.onProtocol(event.currentTarget.value);
            }}
          >
            {protocols.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        <Field id="console-way" title="Who connects">
          <select
            id="console-way"
            value={way.id}
            onChange={(event) => props.onWay(event.currentTarget.value)}
          >
            {ways.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        <OwnFields way={way} own={own} onOwn={props.onOwn} />
        {protocol.signOfLife === undefined ? null : (
          <label class="console-check">
            <input
              type="checkbox"
              checked={staysConnected.value}
              onChange={(event) => {
                staysConnected.value = event.currentTarget.checked;
              }}
            />
            Stay connected: a sign of life every 30 s
          </label>
        )}
        <span class="console-row">
          <button type="submit" class={state === "closed" ? "primary" : ""}>
            {state === "closed" ? "Connect" : "Disconnect"}
          </button>
          <output class="soft">{stateNames[state]}</output>
        </span>
      </form>
    </Panel>
  );
}

function Field(props: {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="console-field">
      <label for={props.id}>{props.title}</label>
      {props.children}
    </div>
  );
}

function OwnFields({ way, own, onOwn }: Pick<ConnectFormProps, "way" | "own" | "onOwn">) {
  if (way.takes === undefined) return null;
  return (
    <>
      {way.takes === "user" ? (
        <Field id="console-user" title="User id">
          <input
            id="console-user"
            value={own.userId}
            spellcheck={false}
            onInput={(event) => onOwn({ ...own, userId: event.currentTarget.value.trim() })}
          />
        </Field>
      ) : null}
      <Field id="console-key" title={way.takes === "user" ? "API key" : "Key or token"}>
        <input
          id="console-key"
          type="password"
          autocomplete="off"
          value={own.key}
          onInput={(event) => onOwn({ ...own, key: event.currentTarget.value.trim() })}
        />
      </Field>
    </>
  );
}

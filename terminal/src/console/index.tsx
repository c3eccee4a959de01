/** The console page: pick a protocol, connect, send messages, see every frame, and take it home as a program. */
import { useEffect, useState } from "preact/hooks";
import { Panel, type PanelState } from "../design/panel.tsx";
import { askServer, isGood } from "../session/ask-server.ts";
import { account, offer } from "../session/session.ts";
import { type OwnCredentials, waysOf } from "./access.ts";
import { ConnectForm } from "./connect-form.tsx";
import { type AsyncApi, type ConsoleProtocol, documentPath, protocolsOf } from "./document.ts";
import { Examples } from "./examples.tsx";
import { FrameTable } from "./frame-table.tsx";
import { Sender } from "./sender.tsx";
import { SnippetDialog } from "./snippet-dialog.tsx";
import "./console.css";

/** See the head of the file. */
export function ConsolePage() {
  const [state, setState] = useState<PanelState>({ is: "loading" });
  const [protocols, setProtocols] = useState<readonly ConsoleProtocol[]>([]);
  useEffect(() => load(setProtocols, setState), []);
  if (state.is !== "ready" || protocols.length === 0) {
    return <Panel title="Console" state={state} />;
  }
  return <Console protocols={protocols} />;
}

function load(
  take: (protocols: readonly ConsoleProtocol[]) => void,
  tell: (state: PanelState) => void,
): void {
  tell({ is: "loading" });
  readDocument().then(
    (protocols) => {
      take(protocols);
      if (protocols.length > 0) tell({ is: "ready" });
      else tell({ is: "empty", text: "This server has no streams: switch a protocol on." });
    },
    (error: Error) => tell({ is: "failed", text: error.message, retry: () => load(take, tell) }),
  );
}

async function readDocument(): Promise<readonly ConsoleProtocol[]> {
  const answer = await askServer(documentPath);
  if (answer === undefined) throw new Error("The server does not answer.");
  if (!isGood(answer))
    throw new Error(`The server does not say what its streams are (status ${answer.status}).`);
  return protocolsOf(JSON.parse(answer.text) as AsyncApi);
}

function Console({ protocols }: { readonly protocols: readonly ConsoleProtocol[] }) {
  const [name, setName] = useState(protocols[0]?.name ?? "");
  const [wayId, setWayId] = useState("");
  const [own, setOwn] = useState<OwnCredentials>({ userId: "", key: "" });
  const [text, setText] = useState("");
  const [isCopying, setCopying] = useState(false);
  const protocol = protocols.find((one) => one.name === name) ?? protocols[0];
  if (protocol === undefined) return null;
  const ways = waysOf(protocol, offer.value, account.value);
  const way = ways.find(({ id }) => id === wayId) ?? ways[0];
  if (way === undefined) return null;
  return (
    <div class="console">
      <div class="console-side">
        <ConnectForm
          {...{ protocols, protocol, ways, way, own }}
          onProtocol={setName}
          onWay={setWayId}
          onOwn={setOwn}
        />
        <Examples protocol={protocol} way={way} own={own} onChoose={setText} />
      </div>
      <div class="console-main">
        <Sender text={text} onText={setText} onCopy={() => setCopying(true)} />
        <FrameTable />
      </div>
      <SnippetDialog
        {...{ protocol, way, own, text }}
        isOpen={isCopying}
        onClose={() => setCopying(false)}
      />
    </div>
  );
}

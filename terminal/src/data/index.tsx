/** The data page: datasets and tickers with their states, what is stored of them, day by day, and a way to take it home. */
import { useState } from "preact/hooks";
import { Panel } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import { forgetKey, hasFinazon, hasOwnKey } from "../session/finazon.ts";
import type { OfferedDataset } from "../session/offer.ts";
import { datasetsNow } from "../session/replays.ts";
import { offer, offerTrouble } from "../session/session.ts";
import { KeyForm } from "./key-form.tsx";
import { datasetState } from "./states.ts";
import { Tickers } from "./tickers.tsx";
import "./data.css";

/** See the head of the file. */
export function DataPage() {
  const [code, setCode] = useState<string | undefined>(undefined);
  const [isGivingKey, giveKey] = useState(false);
  const offered = offer.value;
  if (offered === undefined) return <Waiting />;
  const { protocols } = offered;
  const datasets = datasetsNow.value;
  if (!protocols.includes("finazon"))
    return (
      <Panel
        title="Data"
        state={{
          is: "empty",
          text: "This server shows datasets to nobody: switch its Finazon protocol on.",
        }}
      />
    );
  const dataset = datasets.find((one) => one.code === code) ?? datasets[0];
  if (dataset === undefined)
    return (
      <Panel
        title="Data"
        state={{
          is: "empty",
          text: "This server serves no dataset: configure a feed, or import one.",
        }}
      />
    );
  return (
    <div class="data">
      <Panel title="Datasets" class="data-sets" actions={<KeyButton give={() => giveKey(true)} />}>
        <Table
          label="Datasets"
          columns={columns}
          rows={datasets}
          keyOf={(row) => row.code}
          selected={dataset.code}
          onSelect={(row) => setCode(row.code)}
        />
      </Panel>
      {hasFinazon.value && !isGivingKey ? (
        <Tickers key={`${dataset.code} ${hasOwnKey.value}`} dataset={dataset} />
      ) : (
        <KeyForm done={() => giveKey(false)} />
      )}
    </div>
  );
}

function Waiting() {
  const trouble = offerTrouble.value;
  if (trouble === undefined) return <Panel title="Data" state={{ is: "loading" }} />;
  const { message: text, retryAtMs } = trouble;
  return <Panel title="Data" state={{ is: "failed", text, retryAtMs }} />;
}

function KeyButton({ give }: { give(): void }) {
  if (!hasFinazon.value) return null;
  return (
    <button type="button" class="quiet" onClick={hasOwnKey.value ? forgetKey : give}>
      {hasOwnKey.value ? "Forget the key" : "Use an API key"}
    </button>
  );
}

const columns: readonly Column<OfferedDataset>[] = [
  { key: "code", title: "Code", cell: ({ code }) => code },
  {
    key: "name",
    title: "Name",
    isMinor: true,
    cell: ({ name }) => <span title={name}>{name}</span>,
  },
  { key: "feed", title: "From", cell: ({ feed }) => feed ?? "imported" },
  {
    key: "state",
    title: "State",
    cell: (dataset) => {
      const { is, text } = datasetState(dataset);
      return <span class={`flow flow-${is}`}>{text}</span>;
    },
  },
];

/** The data page: datasets and tickers with their states, what is stored of them, day by day, and a way to take it home. */
import { useState } from "preact/hooks";
import { Panel } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import type { OfferedDataset } from "../session/offer.ts";
import { offer, offerTrouble } from "../session/session.ts";
import { canAsk, ownKey } from "./asking.ts";
import { KeyForm } from "./key-form.tsx";
import { Tickers } from "./tickers.tsx";
import "./data.css";

/** See the head of the file. */
export function DataPage() {
  const [code, setCode] = useState<string | undefined>(undefined);
  const offered = offer.value;
  if (offered === undefined) return <Waiting />;
  const { datasets } = offered;
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
      <Panel title="Datasets" class="data-sets" actions={ownKey.value === "" ? null : <Forget />}>
        <Table
          label="Datasets"
          columns={columns}
          rows={datasets}
          keyOf={(row) => row.code}
          selected={dataset.code}
          onSelect={(row) => setCode(row.code)}
        />
      </Panel>
      {canAsk.value ? (
        <Tickers key={`${dataset.code} ${ownKey.value}`} dataset={dataset} />
      ) : (
        <KeyForm />
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

function Forget() {
  return (
    <button
      type="button"
      onClick={() => {
        ownKey.value = "";
      }}
    >
      Forget the key
    </button>
  );
}

const columns: readonly Column<OfferedDataset>[] = [
  { key: "code", title: "Code", cell: ({ code }) => code },
  { key: "name", title: "Name", isMinor: true, cell: ({ name }) => name },
  { key: "feed", title: "From", cell: ({ feed }) => feed ?? "imported" },
  {
    key: "state",
    title: "State",
    cell: (dataset) => <span class={`flow flow-${stateOf(dataset)}`}>{stateOf(dataset)}</span>,
  },
];

function stateOf({ state, feed }: OfferedDataset): string {
  if (state === "finished") return "over";
  if (state === "failed") return "failed";
  if (feed === undefined) return "stored";
  return feed === "replay" ? "replay" : "live";
}

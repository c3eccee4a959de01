/** The tickers of a dataset with their newest prices and states, and all about the chosen one. */
import { useState } from "preact/hooks";
import { clockText, utcText } from "../app/times.ts";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import { nowMs } from "../session/clock.ts";
import { askFinazon as ask } from "../session/finazon.ts";
import type { OfferedDataset } from "../session/offer.ts";
import { followedMax, type TickerFlow, useFlows } from "./flows.ts";
import { useLoaded } from "./loaded.ts";
import { flowState } from "./states.ts";
import { TickerData } from "./ticker-data.tsx";

/** Tickers that are listed at most; the search finds the others. */
const listedMax = 200;
const none: readonly string[] = [];

interface Row {
  readonly ticker: string;
  readonly flow: TickerFlow;
  readonly dataset: OfferedDataset;
}

/** See the head of the file. */
export function Tickers({ dataset }: { readonly dataset: OfferedDataset }) {
  const { code } = dataset;
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const { value, state } = useLoaded(code, () => namesOf(code));
  const names = value ?? none;
  const found = names.filter((name) => name.toLowerCase().includes(words.toLowerCase()));
  const ticker = chosen ?? names[0];
  const flowOf = useFlows(dataset, names, ticker);
  const rows = found
    .slice(0, listedMax)
    .map((each) => ({ ticker: each, flow: flowOf(each), dataset }));
  return (
    <>
      <Panel
        title="Tickers"
        class="data-tickers"
        state={stateOf(state, names.length, found.length)}
        actions={
          <label>
            <span class="unseen">Search tickers</span>
            <input
              type="search"
              placeholder="Search"
              value={words}
              onInput={(event) => setWords(event.currentTarget.value)}
            />
          </label>
        }
      >
        <Table
          label="Tickers"
          columns={columns}
          rows={rows}
          keyOf={(row) => row.ticker}
          selected={ticker}
          onSelect={(row) => setChosen(row.ticker)}
        />
        {names.length > followedMax ? (
          <p class="soft data-note">
            {found.length} of {names.length} tickers; the first {followedMax} are followed live,{" "}
            {listedMax} are listed.
          </p>
        ) : null}
      </Panel>
      {ticker === undefined ? null : (
        <TickerData key={ticker} dataset={dataset} ticker={ticker} flow={flowOf(ticker)} />
      )}
    </>
  );
}

async function namesOf(dataset: string): Promise<readonly string[]> {
  const rows = await ask((rest) => rest.tickers(dataset));
  return [...new Set(rows.map(({ ticker }) => ticker))];
}

function stateOf(state: PanelState, all: number, found: number): PanelState {
  if (state.is !== "ready") return state;
  if (all === 0) return { is: "empty", text: "No ticker yet: they appear with their first trade." };
  if (found === 0) return { is: "empty", text: "No ticker has these letters." };
  return state;
}

const columns: readonly Column<Row>[] = [
  { key: "ticker", title: "Ticker", cell: ({ ticker }) => ticker },
  {
    key: "last",
    title: "Last",
    align: "end",
    cell: ({ flow }) => <Num value={flow.newest?.close} flashes />,
  },
  {
    key: "minute",
    title: "Minute",
    isMinor: true,
    cell: ({ flow: { newest } }) =>
      newest === undefined ? (
        ""
      ) : (
        <span title={utcText(newest.startMs)}>{clockText(newest.startMs)}</span>
      ),
  },
  {
    key: "state",
    title: "State",
    cell: ({ dataset, flow: { newest, unknown } }) => {
      const flow = { dataset, lastBarMs: newest?.startMs, unknown, nowMs: nowMs.value };
      const { is, text } = flowState(flow);
      return <span class={`flow flow-${is}`}>{text}</span>;
    },
  },
];

/** All about one ticker: its state, bars, trades, the calendar of what is stored, and export. */
import type { PastBar, PastTrade } from "@openbourse/client";
import { useState } from "preact/hooks";
import { clockText, dateText, utcText } from "../app/times.ts";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import { Tabs } from "../design/tabs.tsx";
import { nowMs } from "../session/clock.ts";
import { askFinazon as ask } from "../session/finazon.ts";
import type { OfferedDataset } from "../session/offer.ts";
import { replayClocks } from "../session/replays.ts";
import { CalendarView } from "./calendar-view.tsx";
import { ExportForm } from "./export-form.tsx";
import type { TickerFlow } from "./flows.ts";
import { useLoaded } from "./loaded.ts";
import { flowState } from "./states.ts";
import { TravelView } from "./travel-view.tsx";

/** Rows of bars and of trades that are shown. */
const rowsMax = 100;

/** What is shown. */
export interface TickerDataProps {
  readonly dataset: OfferedDataset;
  readonly ticker: string;
  readonly flow: TickerFlow;
}

/** See the head of the file. */
export function TickerData({ dataset, ticker, flow }: TickerDataProps) {
  const [tab, setTab] = useState("calendar");
  const at = { dataset: dataset.code, ticker };
  const tabs = [
    { id: "calendar", title: "Calendar", body: () => <CalendarView {...at} /> },
    { id: "bars", title: "Bars", body: () => <Bars {...at} newestMs={flow.newest?.startMs} /> },
    { id: "trades", title: "Trades", body: () => <Trades {...at} /> },
    ...(dataset.feed === "replay"
      ? [{ id: "travel", title: "Time travel", body: () => <TravelView {...at} /> }]
      : []),
    { id: "export", title: "Export", body: () => <ExportForm {...at} /> },
  ];
  return (
    <Panel
      title={ticker}
      class="data-ticker"
      actions={<TickerState dataset={dataset} flow={flow} />}
    >
      <Tabs label={`Data of ${ticker}`} tabs={tabs} selected={tab} onSelect={setTab} />
    </Panel>
  );
}

function TickerState({ dataset, flow }: Omit<TickerDataProps, "ticker">) {
  const clock = replayClocks.value.find((replay) => replay.dataset === dataset.code);
  const { newest, unknown } = flow;
  const known = { dataset, lastBarMs: newest?.startMs, unknown, nowMs: nowMs.value };
  const { is, text } = flowState(known);
  return (
    <>
      {clock === undefined ? null : (
        <span class="replay-clock">
          clock of the recording{" "}
          <time title={utcText(clock.clockMs)}>{dateText(clock.clockMs)}</time>
        </span>
      )}
      <output class={`flow flow-${is}`}>{text}</output>
    </>
  );
}

interface At {
  readonly dataset: string;
  readonly ticker: string;
}

function Bars({ dataset, ticker, newestMs }: At & { readonly newestMs: number | undefined }) {
  const key = `${dataset} ${ticker} ${newestMs ?? ""}`;
  const loaded = useLoaded(key, () =>
    ask((rest) => rest.timeSeries({ dataset, ticker, interval: "1m", pageSize: rowsMax })),
  );
  return (
    <Rows title="Bars" loaded={loaded}>
      {(rows) => (
        <Table label="Bars" columns={barColumns} rows={rows} keyOf={(row) => String(row.startMs)} />
      )}
    </Rows>
  );
}

function Trades({ dataset, ticker }: At) {
  const loaded = useLoaded(`${dataset} ${ticker}`, () =>
    ask((rest) => rest.trades({ dataset, ticker, pageSize: rowsMax })),
  );
  const numbered = loaded.value?.map((trade, index) => ({ ...trade, index }));
  return (
    <Rows title="Trades" loaded={{ ...loaded, value: numbered }}>
      {(rows) => (
        <Table
          label="Trades"
          columns={tradeColumns}
          rows={rows}
          keyOf={(row) => String(row.index)}
        />
      )}
    </Rows>
  );
}

function Rows<Row>(props: {
  readonly title: string;
  readonly loaded: {
    readonly value: readonly Row[] | undefined;
    readonly state: PanelState;
    again(): void;
  };
  children(rows: readonly Row[]): preact.ComponentChildren;
}) {
  const { title, loaded, children } = props;
  const { value = [], state } = loaded;
  const isEmpty = state.is === "ready" && value.length === 0;
  const text = `No ${title.toLowerCase()} are stored of this ticker yet.`;
  return (
    <Panel
      title={title}
      hidesTitle
      isRead
      state={isEmpty ? { is: "empty", text } : state}
      actions={
        <button type="button" onClick={loaded.again}>
          Ask again
        </button>
      }
    >
      {children(value)}
    </Panel>
  );
}

function timeCell(ms: number) {
  return <time title={utcText(ms)}>{dateText(ms)}</time>;
}

const figure = (key: keyof PastBar & string, title: string): Column<PastBar> => ({
  ...{ key, title, align: "end" },
  cell: (bar) => <Num value={String(bar[key])} />,
});
const barColumns: readonly Column<PastBar>[] = [
  { key: "time", title: "Minute", cell: ({ startMs }) => timeCell(startMs) },
  ...[
    figure("open", "Open"),
    figure("high", "High"),
    figure("low", "Low"),
    figure("close", "Close"),
  ],
  figure("volume", "Volume"),
];

type NumberedTrade = PastTrade & { readonly index: number };
const tradeColumns: readonly Column<NumberedTrade>[] = [
  {
    key: "time",
    title: "Time",
    cell: ({ timeMs }) => (
      <time title={utcText(timeMs)}>
        {clockText(timeMs)}.{String(timeMs % 1_000).padStart(3, "0")}
      </time>
    ),
  },
  { key: "price", title: "Price", align: "end", cell: ({ price }) => <Num value={price} /> },
  {
    key: "quantity",
    title: "Quantity",
    align: "end",
    cell: ({ quantity }) => <Num value={quantity} />,
  },
];

/** What is over: orders that have ended, and fills. Both go back page by page as far as the server tells. */
import { type ClosedOrder, compare, divide, normalized } from "@openbourse/client";
import { useEffect } from "preact/hooks";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState, ready } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import { marketsByName } from "../market/catalog.ts";
import { chosenMarket } from "../market/chosen.ts";
import { Figure, marketText, Side, Time } from "./cells.tsx";
import { type FillLine, joinedFills, linesOf } from "./fills.ts";
import { history, onlyChosen, readMore, watchHistory } from "./history.ts";
import { privateState, sessionFills } from "./private.ts";
import { endWords } from "./words.ts";

const orderColumns: readonly Column<ClosedOrder>[] = [
  { key: "time", title: "Ended", cell: (order) => <Time ms={order.finishedMs} /> },
  { key: "market", title: "Market", cell: ({ market }) => marketText(market) },
  { key: "side", title: "Side", cell: ({ direction }) => <Side direction={direction} /> },
  { key: "type", title: "Type", isMinor: true, cell: ({ type }) => type },
  {
    ...{ key: "price", title: "Price", align: "end" },
    cell: ({ market, price, type }) =>
      price === undefined || type === "market" ? (
        "market"
      ) : (
        <Figure market={market} of="price" value={price} />
      ),
  },
  {
    ...{ key: "quantity", title: "Amount", align: "end", isMinor: true },
    cell: ({ market, quantity }) => <Figure market={market} of="quantity" value={quantity} />,
  },
  {
    ...{ key: "filled", title: "Filled", align: "end" },
    cell: ({ market, filledQuantity }) => (
      <Figure market={market} of="quantity" value={filledQuantity} />
    ),
  },
  {
    ...{ key: "average", title: "Average", align: "end", isMinor: true },
    cell: (order) => <Num value={averageOf(order)} />,
  },
  { key: "end", title: "End", cell: ({ end }) => endWords(end) },
];

function averageOf({ market, filledQuantity, filledValue }: ClosedOrder): string | undefined {
  if (compare(filledQuantity, "0") === 0) return undefined;
  const decimals = marketsByName.value.get(market)?.priceDecimals ?? 8;
  return divide(filledValue, filledQuantity, decimals);
}

/** Orders that have ended, the last one first. */
export function OrderHistory() {
  useEffect(watchHistory, []);
  const { rows } = history.value;
  return (
    <Panel
      title="Order history"
      hidesTitle
      isRead
      state={pastState(rows.length, "No order has ended yet.")}
    >
      <Table label="Order history" columns={orderColumns} rows={rows} keyOf={({ id }) => id} />
      <More />
    </Panel>
  );
}

const fillColumns: readonly Column<FillLine>[] = [
  { key: "time", title: "Time", cell: ({ timeMs }) => <Time ms={timeMs} /> },
  { key: "market", title: "Market", cell: ({ market }) => marketText(market) },
  { key: "side", title: "Side", cell: ({ direction }) => <Side direction={direction} /> },
  {
    ...{ key: "price", title: "Price", align: "end" },
    cell: ({ market, price }) => <Figure market={market} of="price" value={price} />,
  },
  {
    ...{ key: "quantity", title: "Amount", align: "end" },
    cell: ({ market, quantity }) => <Figure market={market} of="quantity" value={quantity} />,
  },
  {
    ...{ key: "value", title: "Value", align: "end", isMinor: true },
    cell: ({ value }) => <Num value={normalized(value)} />,
  },
  {
    ...{ key: "fee", title: "Fee", align: "end" },
    cell: ({ fee, feeCurrency }) => <Num value={normalized(fee)} unit={feeCurrency} />,
  },
  { key: "role", title: "Role", isMinor: true, cell: ({ role }) => role },
];

/** Fills, the newest first. */
export function Fills() {
  useEffect(watchHistory, []);
  const name = onlyChosen.value ? chosenMarket.value?.market.market : undefined;
  const session = sessionFills.value.filter(({ market }) => name === undefined || market === name);
  const lines = joinedFills(session, linesOf(history.value.rows));
  return (
    <Panel
      title="Fills"
      hidesTitle
      isRead
      state={pastState(lines.length, "Nothing was filled yet.")}
    >
      <Table label="Fills" columns={fillColumns} rows={lines} keyOf={({ id }) => id} />
      <p class="soft more">Of orders that are still open: fills since the sign-in.</p>
      <More />
    </Panel>
  );
}

function pastState(count: number, text: string): PanelState {
  const { isReading, trouble, isOver } = history.value;
  // What is over stays as it was; what came since is missing.
  const { is } = privateState.value;
  if (count > 0) return is === "stale" ? privateState.value : ready;
  if (trouble !== undefined) return { is: "failed", text: trouble, retry: readMore };
  return isReading || !isOver ? { is: "loading" } : { is: "empty", text };
}

function More() {
  const { isOver, isReading, trouble } = history.value;
  if (isOver) return null;
  return (
    <p class="more">
      <button type="button" disabled={isReading} onClick={readMore}>
        {isReading ? "Reading…" : "Older ones"}
      </button>
      {trouble === undefined ? null : <span class="field-error">{trouble}</span>}
    </p>
  );
}

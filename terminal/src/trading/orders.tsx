/** Open orders: those that were sent and not heard of yet are hollow. One is chosen with click or arrows, cancelled with `c`. */
import type { OrderRow } from "@openbourse/client";
import { useKey } from "../app/keys.ts";
import { Num } from "../design/num.tsx";
import { Panel } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import { marketsByName } from "../market/catalog.ts";
import { chosenMarket } from "../market/chosen.ts";
import { Figure, marketText, Side, Time } from "./cells.tsx";
import { onlyChosen } from "./history.ts";
import { notify } from "./notices.ts";
import { busyOrders, cancelOrder, selectedOrder, selectOrder } from "./order-actions.ts";
import type { PendingOrder } from "./pending.ts";
import { openOrders, privateState } from "./private.ts";
import { pendingOrders } from "./sending.ts";
import { rowWords } from "./words.ts";

/** Most rows that are drawn. */
const rowsMax = 300;

/** A row: an open order, or one that is not answered yet. */
interface Line {
  readonly order: OrderRow;
  readonly pending?: PendingOrder;
}

const columns: readonly Column<Line>[] = [
  { key: "time", title: "Time", isMinor: true, cell: ({ order }) => <Time ms={order.createdMs} /> },
  { key: "market", title: "Market", cell: ({ order }) => marketText(order.market) },
  { key: "side", title: "Side", cell: ({ order }) => <Side direction={order.direction} /> },
  {
    ...{ key: "price", title: "Price", align: "end" },
    cell: ({ order }) =>
      order.price === undefined ? (
        "market"
      ) : (
        <Figure market={order.market} of="price" value={order.price} />
      ),
  },
  {
    ...{ key: "quantity", title: "Amount", align: "end" },
    cell: (line) => <Asked line={line} />,
  },
  {
    ...{ key: "filled", title: "Filled", align: "end" },
    cell: ({ order }) => (
      <Figure market={order.market} of="quantity" value={order.filledQuantity} flashes />
    ),
  },
  {
    ...{ key: "stop", title: "Stop", align: "end", isMinor: true },
    cell: ({ order: { market, stopLossPrice } }) =>
      stopLossPrice === undefined ? (
        ""
      ) : (
        <Figure market={market} of="price" value={stopLossPrice} />
      ),
  },
  {
    key: "act",
    title: <span class="unseen">Cancel</span>,
    align: "end",
    cell: (line) => <Act line={line} />,
  },
];

const pendingWords: Readonly<Record<PendingOrder["state"], string>> = {
  sent: "sending…",
  taken: "taken",
  unknown: "no answer yet",
};

/** What was asked for: how much a value comes to is known once it has traded. */
function Asked({ line: { order, pending } }: { readonly line: Line }) {
  const { value } = pending?.terms.type === "market" ? pending.terms : {};
  return value === undefined ? (
    <Figure market={order.market} of="quantity" value={order.quantity} />
  ) : (
    <Num value={value} unit={marketsByName.value.get(order.market)?.quote} />
  );
}

function Act({ line: { order, pending } }: { readonly line: Line }) {
  if (pending !== undefined) return <span class="soft">{pendingWords[pending.state]}</span>;
  const doing = busyOrders.value.get(order.id);
  if (doing !== undefined) return <span class="soft">{doing}…</span>;
  const act = (event: Event) => {
    event.stopPropagation();
    void cancelOrder(order);
  };
  return (
    <button type="button" class="quiet" aria-label={`Cancel ${rowWords(order)}`} onClick={act}>
      ✕
    </button>
  );
}

function linesNow(): readonly Line[] {
  const name = onlyChosen.value ? chosenMarket.value?.market.market : undefined;
  const isShown = ({ market }: { readonly market: string }) =>
    name === undefined || market === name;
  const open = [...openOrders.value.values()].filter(isShown).map((order) => ({ order }));
  const pending = pendingOrders.value.filter(isShown).map((sent) => ({
    order: rowOf(sent),
    pending: sent,
  }));
  return [...pending, ...open];
}

/** A row for what was asked for. */
function rowOf({ clientOrderId, market, terms, sentMs }: PendingOrder): OrderRow {
  const { direction } = terms;
  const { price, stopLossPrice } = terms.type === "limit" ? terms : {};
  return {
    ...{ id: clientOrderId, clientOrderId, market, direction, createdMs: sentMs },
    ...(price === undefined ? {} : { price }),
    ...(stopLossPrice === undefined ? {} : { stopLossPrice }),
    ...{ quantity: terms.quantity ?? "0", filledQuantity: "0", filledValue: "0" },
  };
}

/** How many orders are open or on their way there. */
export function orderCount(): number {
  return linesNow().length;
}

/** See the head of the file. */
export function OpenOrders() {
  useCancelKey();
  const lines = linesNow();
  const state = privateState.value;
  const isEmpty = lines.length === 0 && state.is === "ready";
  const hidden = lines.length - rowsMax;
  return (
    <Panel
      title="Open orders"
      hidesTitle
      state={
        isEmpty ? { is: "empty", text: "No open orders. Press b to buy or s to sell." } : state
      }
    >
      <Table
        label="Open orders"
        columns={columns}
        rows={lines.slice(0, rowsMax)}
        keyOf={({ order }) => order.id}
        rowClass={({ order, pending }) => rowClass(order.id, pending !== undefined)}
        selected={selectedOrder.value?.id}
        onSelect={({ order, pending }) => selectOrder(pending === undefined ? order.id : undefined)}
      />
      {hidden > 0 ? (
        <p class="soft more">{hidden} more are open: show one market only to see its own.</p>
      ) : null}
    </Panel>
  );
}

function rowClass(id: string, isPending: boolean): string | undefined {
  if (isPending) return "is-pending";
  return busyOrders.value.has(id) ? "is-busy" : undefined;
}

/** Cancels the chosen order; without a choice it chooses the first one that is shown, and says so. */
function useCancelKey(): void {
  useKey("cancel", () => {
    const shown = linesNow().filter(({ pending }) => pending === undefined);
    const chosenLine = shown.find(({ order }) => order.id === selectedOrder.peek()?.id);
    if (chosenLine !== undefined) {
      void cancelOrder(chosenLine.order);
      return;
    }
    const [first] = shown;
    if (first === undefined) return;
    selectOrder(first.order.id);
    notify(`Chosen: ${rowWords(first.order)}. Press c again to cancel it.`);
  });
}

/**
 * Turns events into rows on their way to the thread that stores them. Rows travel as flat lists of
 * values, which is the cheapest form to hand over; here is the only place that knows their columns.
 */
import { assert, ensureNever } from "../../../core/assert.ts";
import type {
  BalanceChanged,
  CloseReason,
  ExchangeEvent,
  OrderView,
  Traded,
  Transferred,
} from "../../../core/events.ts";
import type { OrderPhase } from "../../../ports/history.ts";
import type { Released } from "../../../ports/released.ts";
import {
  balanceReasonCodes,
  closeReasonCodes,
  directionCodes,
  orderPhaseCodes,
  sideCodes,
} from "./codes.ts";
import type { Names } from "./names.ts";

/** A value of a row. A bigint is an amount of money in atoms, and nothing else is one. */
export type Cell = number | bigint | string | null;

/** The rows of some consecutive commands: one list for each table, row after row. */
export interface HistoryRows {
  /** Sequence of the last of the commands. */
  readonly lastSequence: number;
  /** Names that occur for the first time, in the order of their numbers. */
  readonly names: readonly string[];
  readonly orders: readonly Cell[];
  readonly orderEvents: readonly Cell[];
  readonly trades: readonly Cell[];
  readonly balanceChanges: readonly Cell[];
  readonly transfers: readonly Cell[];
  /** Whether more rows of the last command follow; until then nothing of it may be kept. */
  readonly isUnfinished: boolean;
}

/** The tables that grow with what happens. */
export type HistoryTable =
  | "placed_order"
  | "order_event"
  | "trade"
  | "bar"
  | "balance_change"
  | "transfer";

/** Columns of each table in the order of the cells. */
export const historyColumns: Readonly<Record<HistoryTable, readonly string[]>> = {
  placed_order: [
    "id",
    "user",
    "market",
    "side",
    "price",
    "quantity",
    "value",
    "filled",
    "filled_value",
    "stop_price",
    "client_id",
    "created_us",
    "close_reason",
    "closed_us",
    "closed_sequence",
  ],
  order_event: [
    "user",
    "market",
    "sequence",
    "ordinal",
    "time_us",
    "placed_order",
    "phase",
    "quantity",
    "filled",
    "filled_value",
    "close_reason",
  ],
  trade: [
    "sequence",
    "ordinal",
    "time_us",
    "market",
    "price",
    "quantity",
    "value",
    "aggressor",
    "taker_user",
    "taker_fee",
    "maker",
    "maker_user",
    "maker_fee",
    "maker_created_us",
  ],
  bar: [
    "market",
    "resolution_s",
    "start_s",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "value",
    "trade_count",
  ],
  balance_change: [
    "user",
    "currency",
    "sequence",
    "ordinal",
    "time_us",
    "reason",
    "old_available",
    "new_available",
    "old_held",
    "new_held",
  ],
  transfer: ["user", "key", "sequence", "time_us", "direction", "currency", "amount"],
};

/** Makes the rows of commands, which may come in pieces. */
export class RowMaker {
  readonly #names: Names;
  /** What the command had by now of which more follows. */
  #counts: Counts = { changes: 0, orderEvents: new Map() };

  constructor(names: Names) {
    this.#names = names;
  }

  /**
   * The rows that commands make. New names get their numbers in the order of the events. With
   * `isUnfinished` the next call begins with further events of the last command.
   */
  rowsOf(released: readonly Released[], isUnfinished: boolean): HistoryRows {
    const builder = new RowBuilder(this.#names, this.#counts);
    for (const command of released) builder.add(command);
    this.#counts = isUnfinished ? builder.counts : { changes: 0, orderEvents: new Map() };
    return builder.build(isUnfinished);
  }
}

/** Records of the present command, by which its next ones are numbered. */
interface Counts {
  changes: number;
  /** By user and market, which are numbers here. */
  readonly orderEvents: Map<string, number>;
}

/** An order as its last event left it. */
interface OrderState {
  readonly order: OrderView;
  readonly user: number;
  readonly market: number;
  readonly reason: CloseReason | undefined;
  readonly sequence: number;
  readonly timeUs: number;
}

class RowBuilder {
  readonly #names: Names;
  /** Only how an order stands in the end is stored. */
  readonly #orders = new Map<number, OrderState>();
  readonly #orderEvents: Cell[] = [];
  readonly #trades: Cell[] = [];
  readonly #balanceChanges: Cell[] = [];
  readonly #transfers: Cell[] = [];
  #sequence = 0;
  #timeUs = 0;
  counts: Counts;

  /** `counts` are those that the first command had in the pieces before. */
  constructor(names: Names, counts: Counts) {
    this.#names = names;
    this.counts = counts;
  }

  add({ sequence, timeUs, events }: Released): void {
    if (this.#sequence !== 0) this.#beginCounts();
    this.#sequence = sequence;
    this.#timeUs = timeUs;
    for (const event of events) this.#addEvent(event);
  }

  #beginCounts(): void {
    this.counts.changes = 0;
    if (this.counts.orderEvents.size > 0) this.counts.orderEvents.clear();
  }

  build(isUnfinished: boolean): HistoryRows {
    return {
      lastSequence: this.#sequence,
      names: this.#names.takeNew(),
      orders: [...this.#orders.values()].flatMap(orderCells),
      orderEvents: this.#orderEvents,
      trades: this.#trades,
      balanceChanges: this.#balanceChanges,
      transfers: this.#transfers,
      isUnfinished,
    };
  }

  #addEvent(event: ExchangeEvent): void {
    switch (event.kind) {
      case "balance-changed":
        this.#addBalanceChange(event);
        return;
      case "traded":
        this.#addTrade(event);
        return;
      case "order-opened":
        this.#addOrderEvent(event.order, "created");
        return;
      case "order-updated":
        this.#addOrderEvent(event.order, "updated");
        return;
      case "order-closed":
        this.#addOrderEvent(event.order, "finished", event.reason);
        return;
      case "transferred":
        this.#addTransfer(event);
        return;
      case "refused":
      case "exchange-begun":
      case "limits-set":
      case "fees-set":
      case "market-rules-set":
      case "market-added":
      case "market-state-changed":
      case "self-trade-prevention-set":
      case "level-changed":
        // Nobody asks for the past of these.
        return;
      default:
        ensureNever(event);
    }
  }

  #addBalanceChange(change: BalanceChanged): void {
    this.#balanceChanges.push(
      this.#names.numberOf(change.user),
      this.#names.numberOf(change.currency),
      this.#sequence,
      this.counts.changes,
      this.#timeUs,
      balanceReasonCodes.numberOf(change.reason),
      change.oldAvailable,
      change.newAvailable,
      change.oldHeld,
      change.newHeld,
    );
    this.counts.changes += 1;
  }

  #addTransfer({ user, key, direction, currency, amount, repeated }: Transferred): void {
    // A key with half of a surrogate pair would be stored as another one.
    if (repeated || !key.isWellFormed()) return;
    this.#transfers.push(
      this.#names.numberOf(user),
      key,
      this.#sequence,
      this.#timeUs,
      directionCodes.numberOf(direction),
      this.#names.numberOf(currency),
      amount,
    );
  }

  #addTrade(trade: Traded): void {
    assert(trade.taker === this.#sequence, "the taker is the order of the command");
    this.#trades.push(
      this.#sequence,
      trade.ordinal,
      this.#timeUs,
      this.#names.numberOf(trade.market),
      trade.price,
      trade.quantity,
      trade.value,
      sideCodes.numberOf(trade.aggressor),
      this.#names.numberOf(trade.takerUser),
      trade.takerFee,
      trade.maker,
      this.#names.numberOf(trade.makerUser),
      trade.makerFee,
      trade.makerCreatedUs,
    );
  }

  #addOrderEvent(order: OrderView, phase: OrderPhase, reason?: CloseReason): void {
    // The names are numbered now, so that the numbers do not depend on how commands were batched.
    const user = this.#names.numberOf(order.user);
    const market = this.#names.numberOf(order.market);
    const [sequence, timeUs] = [this.#sequence, this.#timeUs];
    this.#orders.set(order.id, { order, user, market, reason, sequence, timeUs });
    const stream = `${user} ${market}`;
    const ordinal = this.counts.orderEvents.get(stream) ?? 0;
    this.counts.orderEvents.set(stream, ordinal + 1);
    this.#orderEvents.push(
      ...[user, market, sequence, ordinal, timeUs, order.id, orderPhaseCodes.numberOf(phase)],
      ...[order.quantity, order.filled, order.filledValue],
      reason === undefined ? null : closeReasonCodes.numberOf(reason),
    );
  }
}

function orderCells({ order, user, market, reason, sequence, timeUs }: OrderState): Cell[] {
  return [
    order.id,
    user,
    market,
    sideCodes.numberOf(order.side),
    order.price,
    order.quantity,
    order.value,
    order.filled,
    order.filledValue,
    order.stopPrice,
    order.clientId ?? null,
    order.createdUs,
    reason === undefined ? null : closeReasonCodes.numberOf(reason),
    reason === undefined ? null : timeUs,
    reason === undefined ? null : sequence,
  ];
}

/** A trade as far as bars know it. */
export interface BarTrade {
  readonly timeUs: number;
  /** Number of its name. */
  readonly market: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Quote atoms. */
  readonly value: bigint;
}

const barTradeColumns = {
  timeUs: historyColumns.trade.indexOf("time_us"),
  market: historyColumns.trade.indexOf("market"),
  price: historyColumns.trade.indexOf("price"),
  quantity: historyColumns.trade.indexOf("quantity"),
  value: historyColumns.trade.indexOf("value"),
};

/** The trades of rows, in the order in which they happened. */
export function* tradesOf({ trades }: HistoryRows): Generator<BarTrade> {
  const { timeUs, market, price, quantity, value } = barTradeColumns;
  for (let at = 0; at < trades.length; at += historyColumns.trade.length) {
    yield {
      timeUs: numberIn(trades[at + timeUs]),
      market: numberIn(trades[at + market]),
      price: numberIn(trades[at + price]),
      quantity: numberIn(trades[at + quantity]),
      value: amountIn(trades[at + value]),
    };
  }
}

function numberIn(cell: Cell | undefined): number {
  assert(typeof cell === "number", "the cell of a number holds one");
  return cell;
}

function amountIn(cell: Cell | undefined): bigint {
  assert(typeof cell === "bigint", "the cell of an amount holds one");
  return cell;
}

/** How many rows these are; those of bars are not counted. */
export function rowCount(rows: HistoryRows): number {
  const { orders, orderEvents, trades, balanceChanges, transfers } = rows;
  const { placed_order, order_event, trade, balance_change, transfer } = historyColumns;
  return (
    orders.length / placed_order.length +
    orderEvents.length / order_event.length +
    trades.length / trade.length +
    balanceChanges.length / balance_change.length +
    transfers.length / transfer.length
  );
}

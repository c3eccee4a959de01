/**
 * The history in memory, for tests and simulations: lists that every query goes through from end to
 * end. Plain enough to be the oracle of the one on disk; too slow for anything else.
 */
import { assert } from "../core/assert.ts";
import type { ExchangeEvent, OrderView, Traded } from "../core/events.ts";
import { narrowed } from "../core/num/exact-sum.ts";
import { hashOf } from "../core/trading/state-hash.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import { fromAtoms } from "../marketdata/bars/steps.ts";
import { type TableBar, tableBar } from "../marketdata/bars/table.ts";
import {
  type AccountQuery,
  type Answer,
  type AvailableQuery,
  assertFollows,
  assertPage,
  type BalanceQuery,
  type BalanceRecord,
  type BarQuery,
  type BarResolution,
  barLimitMax,
  barResolutions,
  barStartS,
  type ClientIdUse,
  type ExaminedPart,
  type FillRecord,
  type History,
  type HistoryDigest,
  type MarketTotals,
  type OrderClosing,
  type OrderEventRecord,
  type OrderFillQuery,
  type OrderQuery,
  type OrderRecord,
  type Place,
  type ToldRecords,
  type TradeBarQuery,
  type TradeBars,
  type TradeQuery,
  type TradeRecord,
  type TransferRecord,
  type UserFillQuery,
} from "../ports/history.ts";
import type { Released } from "../ports/released.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { foldedPage, isBefore, page, told } from "./history-pages.ts";

/** Most rows that it keeps before it calls that a bug of the test. */
export const memoryRowsMax = 10_000_000;

/** Stores everything at once and loses it with the process. */
export class MemoryHistory implements History {
  readonly epoch: string;
  #lastSequence = 0;
  #failure: StorageFailure | undefined;
  #troubleListener: () => void = () => {};
  /** The first events of a command whose others are still to come. */
  #begun: Released | undefined;
  readonly #orders = new Map<number, KeptOrder>();
  readonly #orderEvents: OrderEventRecord[] = [];
  readonly #trades: (Traded & Place & { readonly timeUs: number })[] = [];
  readonly #balanceChanges: BalanceRecord[] = [];
  readonly #transfers: { readonly user: string; key: string; record: TransferRecord }[] = [];

  constructor(epoch: string = "0".repeat(32)) {
    this.epoch = epoch;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  readonly stall: undefined;
  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  /** Stores nothing more from now on, as when the disk is full. */
  fail(failure: StorageFailure): void {
    const isNews = this.#failure === undefined;
    this.#failure ??= failure;
    if (isNews) this.#troubleListener();
  }

  onTrouble(listener: () => void): void {
    this.#troubleListener = listener;
  }

  record(released: readonly Released[], isUnfinished = false): void {
    const [first, ...others] = released;
    if (this.#failure !== undefined || first === undefined) return;
    assertFollows(this.#lastSequence, released);
    const begun = this.#begun?.events ?? [];
    const taken = [{ ...first, events: [...begun, ...first.events] }, ...others];
    this.#begun = isUnfinished ? taken.pop() : undefined;
    for (const command of taken) this.#store(command);
    this.#lastSequence = taken.at(-1)?.sequence ?? this.#lastSequence;
    const rows =
      this.#orders.size +
      this.#orderEvents.length +
      this.#trades.length +
      this.#balanceChanges.length;
    assert(rows <= memoryRowsMax, "a history in memory stays small");
  }

  advanced(): Promise<void> {
    return Promise.resolve();
  }

  flushed(): Promise<number | StorageFailure> {
    return Promise.resolve(this.#failure ?? this.#lastSequence);
  }

  clientIdUse(user: string, clientId: string): ClientIdUse | undefined {
    if (!clientId.isWellFormed()) return undefined;
    const newest = [...this.#orders.values()].findLast(
      ({ order }) => order.user === user && order.clientId === clientId,
    );
    if (newest === undefined) return undefined;
    return newest.closed === undefined ? "open" : "closed";
  }

  transfer(user: string, key: string): TransferRecord | undefined {
    if (!key.isWellFormed()) return undefined;
    return this.#transfers.findLast((each) => each.user === user && each.key === key)?.record;
  }

  closedOrders(query: OrderQuery): Answer<OrderRecord> {
    assertPage(query);
    const { clientId, limit, offset = 0 } = query;
    if (clientId?.isWellFormed() === false) return Promise.resolve([]);
    const matching = [...this.#orders.values()].flatMap(({ order, closed }) =>
      closed !== undefined && isAskedFor(order, query) ? [{ order, closed }] : [],
    );
    matching.sort(
      (left, right) =>
        right.closed.sequence - left.closed.sequence || right.order.id - left.order.id,
    );
    return Promise.resolve(matching.slice(offset, offset + limit));
  }

  orderFills(query: OrderFillQuery): Answer<FillRecord> {
    assertPage(query);
    const { user, order, after, limit } = query;
    const fills = this.#fills().filter(
      (fill) =>
        fill.user === user &&
        fill.order === order &&
        (after === undefined || isBefore(after, fill)),
    );
    return Promise.resolve(fills.slice(0, limit));
  }

  userFills(query: UserFillQuery): Answer<FillRecord> {
    const fills = page(
      this.#fills().filter(({ user }) => user === query.user),
      query,
    );
    return Promise.resolve(fills);
  }

  orderEvents(query: AccountQuery): Answer<OrderEventRecord> {
    assertPage(query);
    const { user, market, after, limit } = query;
    const events = this.#orderEvents.filter(
      (event) =>
        event.order.user === user &&
        event.order.market === market &&
        (after === undefined || isBefore(after, event)),
    );
    return Promise.resolve(events.slice(0, limit));
  }

  toldFills(query: AccountQuery): Answer<ToldRecords<FillRecord>> {
    const halves = this.#fills().toSorted(
      (left, right) =>
        left.sequence - right.sequence ||
        left.ordinal - right.ordinal ||
        left.role.localeCompare(right.role),
    );
    const { user, market } = query;
    return told(
      halves.filter((fill) => fill.user === user && fill.market === market),
      query,
    );
  }

  trades(query: TradeQuery): Answer<TradeRecord> {
    return Promise.resolve(this.tradesNow(query));
  }

  tradeBars(query: TradeBarQuery): Answer<TradeBars> {
    return Promise.resolve([foldedPage(this.#tradesOf(query), query)]);
  }

  /** Those of a market and a time, oldest first. */
  #tradesOf({ market, fromUs = 0, toUs = Number.POSITIVE_INFINITY, after }: TradeQuery) {
    return this.#trades.filter(
      (trade) =>
        trade.market === market &&
        trade.timeUs >= fromUs &&
        trade.timeUs < toUs &&
        (after === undefined || isBefore(after, trade)),
    );
  }

  /** The same at once, for tests that cannot wait. */
  tradesNow(query: TradeQuery): readonly TradeRecord[] {
    return page(this.#tradesOf(query), query).map(
      ({
        kind: _,
        taker,
        takerUser,
        takerFee,
        maker,
        makerUser,
        makerFee,
        makerCreatedUs,
        ...trade
      }) => trade,
    );
  }

  bars(query: BarQuery): Answer<Bar> {
    assertPage(query, barLimitMax);
    const { market, steps, resolutionS, limit, order } = query;
    const fromUs = (query.fromS ?? 0) * 1e6;
    const beforeUs = (query.beforeS ?? Number.POSITIVE_INFINITY) * 1e6;
    const sign = order === "oldest-first" ? 1 : -1;
    const found = this.#barsOf(resolutionS)
      .filter((bar) => bar.market === market && bar.startUs >= fromUs && bar.startUs < beforeUs)
      .toSorted((left, right) => sign * (left.startUs - right.startUs))
      .slice(0, limit)
      .map(({ market: _, ...bar }) => fromAtoms(bar, steps));
    assert(!found.includes(undefined), "what was traded is a turnover of the market");
    return Promise.resolve(found as readonly Bar[]);
  }

  totals(market: string): Answer<MarketTotals> {
    const trades = this.#trades.filter((trade) => trade.market === market);
    const minutes = new Set(trades.map(({ timeUs }) => barStartS(timeUs, 60)));
    if (minutes.size === 0) return Promise.resolve([]);
    return Promise.resolve([
      {
        firstS: Math.min(...minutes),
        lastS: Math.max(...minutes),
        minutes: minutes.size,
        trades: trades.length,
      },
    ]);
  }

  balanceChanges(query: BalanceQuery): Answer<BalanceRecord> {
    const { user, currency, fromSequence = 0 } = query;
    const matching = this.#balanceChanges.filter(
      (change) =>
        change.user === user && change.currency === currency && change.sequence >= fromSequence,
    );
    return Promise.resolve(page(matching, query));
  }

  toldBalances(query: AvailableQuery): Answer<ToldRecords<BalanceRecord>> {
    const { user, currency } = query;
    const moves = this.#balanceChanges.filter(
      (change) =>
        change.user === user &&
        change.currency === currency &&
        change.oldAvailable !== change.newAvailable,
    );
    return told(moves, query);
  }

  examine(): Answer<ExaminedPart> {
    return Promise.resolve(["end"]);
  }

  digest(): Promise<HistoryDigest | StorageFailure> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const orders = [...this.#orders.values()];
    const trades = this.#trades;
    const balanceChanges = this.#balanceChanges;
    const transfers = this.#transfers;
    const lastSequence = this.#lastSequence;
    const orderEvents = this.#orderEvents;
    const all = { lastSequence, orders, orderEvents, trades, balanceChanges, transfers };
    const text = JSON.stringify(all, (_, value) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    return Promise.resolve({
      lastSequence,
      orders: orders.length,
      orderEvents: orderEvents.length,
      trades: trades.length,
      bars: barResolutions.flatMap((resolutionS) => this.#barsOf(resolutionS)).length,
      balanceChanges: balanceChanges.length,
      transfers: transfers.length,
      hash: hashOf({ text }),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #store({ sequence, timeUs, events }: Released): void {
    let changes = 0;
    for (const event of events) {
      if (event.kind === "traded") this.#trades.push({ ...event, sequence, timeUs });
      if (event.kind === "transferred" && !event.repeated) {
        const { direction, currency, amount, user, key } = event;
        const record = { direction, currency, amount, sequence, timeUs };
        this.#transfers.push({ user, key, record });
      }
      const order = orderAfter(event, { sequence, timeUs });
      if (order !== undefined) {
        this.#orders.set(order.order.id, order);
        this.#addOrderEvent(event, order.order, { sequence, timeUs });
      }
      if (event.kind !== "balance-changed") continue;
      const { kind: _, ...change } = event;
      this.#balanceChanges.push({ sequence, ordinal: changes, timeUs, ...change });
      changes += 1;
    }
  }

  #addOrderEvent(
    event: ExchangeEvent,
    order: OrderView,
    { sequence, timeUs }: { readonly sequence: number; readonly timeUs: number },
  ): void {
    let ordinal = 0;
    for (let at = this.#orderEvents.length - 1; at >= 0; at -= 1) {
      const other = this.#orderEvents[at];
      if (other?.sequence !== sequence) break;
      if (other.order.user === order.user && other.order.market === order.market) ordinal += 1;
    }
    const reason = event.kind === "order-closed" ? event.reason : undefined;
    const opened = event.kind === "order-opened" ? "created" : "updated";
    const phase = event.kind === "order-closed" ? "finished" : opened;
    this.#orderEvents.push({ sequence, ordinal, timeUs, order, phase, reason });
  }

  /** The bars of all markets. */
  #barsOf(resolutionS: BarResolution): readonly (TableBar & { readonly market: string })[] {
    const groups = Map.groupBy(
      this.#trades,
      ({ market, timeUs }) => `${market} ${barStartS(timeUs, resolutionS)}`,
    );
    return [...groups.values()].map((trades) => barOf(trades, resolutionS));
  }

  /** Both halves of every trade, oldest first. */
  #fills(): readonly FillRecord[] {
    return this.#trades.flatMap((trade) => {
      const { sequence, ordinal, timeUs, market, price, quantity, value, aggressor } = trade;
      const both = { sequence, ordinal, timeUs, market, price, quantity, value };
      const taker: FillRecord = {
        ...both,
        order: trade.taker,
        orderCreatedUs: timeUs,
        user: trade.takerUser,
        role: "taker",
        side: aggressor,
        fee: trade.takerFee,
      };
      const maker: FillRecord = {
        ...both,
        order: trade.maker,
        orderCreatedUs: trade.makerCreatedUs,
        user: trade.makerUser,
        role: "maker",
        side: aggressor === "buy" ? "sell" : "buy",
        fee: trade.makerFee,
      };
      return [taker, maker];
    });
  }
}

/** An order that may be open. */
interface KeptOrder {
  readonly order: OrderView;
  readonly closed: OrderClosing | undefined;
}

/** What an event says about an order, if it does. */
function orderAfter(
  event: ExchangeEvent,
  at: { readonly sequence: number; readonly timeUs: number },
): KeptOrder | undefined {
  switch (event.kind) {
    case "order-opened":
    case "order-updated":
      return { order: event.order, closed: undefined };
    case "order-closed":
      return { order: event.order, closed: { reason: event.reason, ...at } };
    default:
      return undefined;
  }
}

function isAskedFor(order: OrderView, query: OrderQuery): boolean {
  const same = (key: keyof OrderView & keyof OrderQuery): boolean =>
    query[key] === undefined || query[key] === order[key];
  return (["user", "market", "side", "id", "clientId"] as const).every(same);
}

/** The bar of trades that fall into the same one, in ticks, lots and atoms; at least one trade, oldest first. */
function barOf(trades: readonly (Traded & TradeRecord)[], resolutionS: BarResolution) {
  const [first] = trades;
  const last = trades.at(-1);
  assert(first !== undefined && last !== undefined, "a bar has trades");
  const prices = trades.map(({ price }) => price);
  const bar = tableBar({
    startUs: barStartS(first.timeUs, resolutionS) * 1e6,
    open: first.price,
    high: prices.reduce((left, right) => Math.max(left, right)),
    low: prices.reduce((left, right) => Math.min(left, right)),
    close: last.price,
    volume: narrowed(trades.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)),
    quoteVolume: trades.reduce((sum, { value }) => sum + value, 0n),
    tradeCount: trades.length,
  });
  return { ...bar, market: first.market };
}

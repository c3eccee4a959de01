/**
 * The life of an order: opened, updated, closed. Each step keeps the row, the lists and the ids
 * together and tells it as one event; matching is elsewhere.
 */
import { assert } from "../assert.ts";
import { noSlot, type OrderSlot } from "../book/order-pool.ts";
import type { CloseReason, OrderView } from "../events.ts";
import type { Side } from "../market/rules.ts";
import type { Atoms } from "../num/money.ts";
import { holdFor, marketOf, ownerOf, payCurrency, type TradingState, type User } from "./state.ts";

/** Enters a filled row into the lists. */
export function enlistOrder(state: TradingState, slot: OrderSlot): void {
  const { pool, slots } = state;
  const user = ownerOf(state, slot);
  const clientId = pool.clientId[slot];
  slots.add(slot);
  if (clientId !== undefined) user.openClientIds.set(clientId, slot);
  pool.previousOfUser[slot] = user.lastOrder;
  if (user.lastOrder === noSlot) user.firstOrder = slot;
  else pool.nextOfUser[user.lastOrder] = slot;
  user.lastOrder = slot;
  user.openOrders += 1;
}

/** Tells that an order is open. */
export function tellOpened(state: TradingState, slot: OrderSlot): void {
  state.sink.emit({ kind: "order-opened", order: viewOf(state, slot) });
}

/** Tells how an order stands after a match. */
export function tellUpdated(state: TradingState, slot: OrderSlot): void {
  state.sink.emit({ kind: "order-updated", order: viewOf(state, slot) });
}

/** Ends an order that is not in the book and holds nothing any more. */
export function closeOrder(state: TradingState, slot: OrderSlot, reason: CloseReason): void {
  const { pool, slots } = state;
  const user = ownerOf(state, slot);
  const clientId = pool.clientId[slot];
  state.sink.emit({ kind: "order-closed", order: viewOf(state, slot), reason });
  slots.remove(slot);
  if (clientId !== undefined) {
    user.openClientIds.delete(clientId);
    user.closedClientIds.set(clientId, state.sequence);
  }
  if (pool.stopPrice[slot] !== 0) marketOf(state, slot).stops.discard(slot);
  delistOrder(state, user, slot);
  pool.close(slot);
}

/** Ends an order that rests in the book: takes it out and gives back what it holds. */
export function cancelResting(state: TradingState, slot: OrderSlot, reason: CloseReason): void {
  const { pool, sink } = state;
  const { book, rules } = marketOf(state, slot);
  const side = pool.side(slot);
  const price = pool.price[slot]!;
  const quantity = book.remove(slot);
  releaseHold(state, slot);
  closeOrder(state, slot, reason);
  sink.emit({ kind: "level-changed", market: rules.code, side, price, quantity });
}

/** Gives back what an order holds for its remaining lots. */
export function releaseHold(state: TradingState, slot: OrderSlot): void {
  const market = marketOf(state, slot);
  const currency = payCurrency(market, state.pool.side(slot));
  state.ledger.release(ownerOf(state, slot).wallet, currency, holdFor(state, market, slot));
}

function delistOrder({ pool }: TradingState, user: User, slot: OrderSlot): void {
  const before = pool.previousOfUser[slot]!;
  const after = pool.nextOfUser[slot]!;
  if (before === noSlot) user.firstOrder = after;
  else pool.nextOfUser[before] = after;
  if (after === noSlot) user.lastOrder = before;
  else pool.previousOfUser[after] = before;
  user.openOrders -= 1;
  assert(user.openOrders >= 0, "a user's open orders are counted");
}

/** An order as its owner may see it now. */
export function viewOf(state: TradingState, slot: OrderSlot): OrderView {
  const { pool } = state;
  const price = pool.price[slot]!;
  return {
    id: pool.id[slot]!,
    user: ownerOf(state, slot).name,
    market: marketOf(state, slot).rules.code,
    side: pool.side(slot),
    type: price === 0 ? "market" : "limit",
    price,
    quantity: pool.quantity[slot]!,
    value: pool.value[slot] as Atoms,
    filled: pool.filled[slot]!,
    filledValue: pool.filledValue[slot] as Atoms,
    stopPrice: pool.stopPrice[slot]!,
    clientId: pool.clientId[slot],
    createdUs: pool.createdUs[slot]!,
  };
}

/** All open orders of a user, oldest first. */
export function openOrdersOf(state: TradingState, user: User): readonly OrderView[] {
  const views: OrderView[] = [];
  for (let slot = user.firstOrder; slot !== noSlot; slot = state.pool.nextOfUser[slot]!) {
    views.push(viewOf(state, slot));
  }
  return views;
}

/** Which of a user's open orders to show. */
export interface OpenOrderQuery {
  readonly market?: string | undefined;
  readonly side?: Side | undefined;
  readonly id?: number | undefined;
  readonly clientId?: string | undefined;
  /** How many of the newest to skip, 0 or more, and how many to show at most. */
  readonly offset: number;
  readonly limit: number;
}

/** A page of a user's open orders, newest first: views are made only of those that are on it. */
export function openOrderPage(
  state: TradingState,
  user: User,
  query: OpenOrderQuery,
): readonly OrderView[] {
  const { pool } = state;
  const isAskedFor = orderFilter(state, query);
  const views: OrderView[] = [];
  let skipped = 0;
  for (let slot = user.lastOrder; slot !== noSlot; slot = pool.previousOfUser[slot]!) {
    if (views.length >= query.limit) break;
    if (!isAskedFor(slot)) continue;
    if (skipped < query.offset) skipped += 1;
    else views.push(viewOf(state, slot));
  }
  return views;
}

function orderFilter(
  { pool, marketsByCode }: TradingState,
  { market: code, side, id, clientId }: OpenOrderQuery,
): (slot: OrderSlot) => boolean {
  const market = code === undefined ? undefined : (marketsByCode.get(code)?.index ?? -1);
  return (slot) =>
    (market === undefined || pool.market[slot] === market) &&
    (side === undefined || pool.side(slot) === side) &&
    (id === undefined || pool.id[slot] === id) &&
    (clientId === undefined || pool.clientId[slot] === clientId);
}

/** Cancels and reduces orders on their owner's request; a halted market does not stand in the way. */
import { noSlot } from "../book/order-pool.ts";
import type { CancelAll, CancelOrder, ReduceOrder } from "../commands.ts";
import { isOrderLots } from "../num/units.ts";
import type { RejectReason } from "../reject.ts";
import { findOrder } from "./checks.ts";
import { cancelResting, tellUpdated } from "./orders.ts";
import { costOf, marketOf, ownerOf, payCurrency, type TradingState } from "./state.ts";

/** Cancels one order; `unknown-order` when it is not open or not the user's. */
export function cancelOrder(state: TradingState, command: CancelOrder): RejectReason | undefined {
  const slot = findOrder(state, state.usersByName.get(command.user), command.order);
  if (slot === undefined) return "unknown-order";
  cancelResting(state, slot, "cancelled");
  return undefined;
}

/** Takes lots off an order; asking for as many as it has left, or more, cancels it. */
export function reduceOrder(
  state: TradingState,
  { user: name, order, by }: ReduceOrder,
): RejectReason | undefined {
  const slot = findOrder(state, state.usersByName.get(name), order);
  if (slot === undefined) return "unknown-order";
  if (!isOrderLots(by)) return "quantity-precision";
  const { ledger, pool, sink } = state;
  if (by >= pool.remaining[slot]!) {
    cancelResting(state, slot, "cancelled");
    return undefined;
  }
  const market = marketOf(state, slot);
  const side = pool.side(slot);
  const price = pool.price[slot]!;
  const quantity = market.book.reduce(slot, by);
  pool.quantity[slot] = pool.quantity[slot]! - by;
  const freed = costOf(market, { side, price, quantity: by });
  ledger.release(ownerOf(state, slot).wallet, payCurrency(market, side), freed);
  tellUpdated(state, slot);
  sink.emit({ kind: "level-changed", market: market.rules.code, side, price, quantity });
  return undefined;
}

/** Cancels all of a user's orders, oldest first; having none is fine. */
export function cancelAll(
  state: TradingState,
  { user: name, market: code }: CancelAll,
): RejectReason | undefined {
  const market = code === undefined ? undefined : state.marketsByCode.get(code);
  if (code !== undefined && market === undefined) return "unknown-market";
  const { pool } = state;
  let slot = state.usersByName.get(name)?.firstOrder ?? noSlot;
  while (slot !== noSlot) {
    const after = pool.nextOfUser[slot]!;
    if (market === undefined || pool.market[slot] === market.index) {
      cancelResting(state, slot, "cancelled");
    }
    slot = after;
  }
  return undefined;
}

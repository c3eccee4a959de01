/** Cancels orders on their owner's request; a halted market does not stand in the way. */
import { noSlot } from "../book/order-pool.ts";
import type { CancelAll, CancelOrder } from "../commands.ts";
import type { RejectReason } from "../reject.ts";
import { findOrder } from "./checks.ts";
import { cancelResting } from "./orders.ts";
import type { TradingState } from "./state.ts";

/** Cancels one order; `unknown-order` when it is not open or not the user's. */
export function cancelOrder(state: TradingState, command: CancelOrder): RejectReason | undefined {
  const slot = findOrder(state, state.usersByName.get(command.user), command.order);
  if (slot === undefined) return "unknown-order";
  cancelResting(state, slot, "cancelled");
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

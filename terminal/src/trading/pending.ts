/**
 * Orders that were sent and are not among the open ones yet. They are drawn hollow, and leave this list when the private event
 * or the history says what became of them, or when they were refused.
 */
import type { OrderTerms } from "@openbourse/client";

/** An order that was sent. */
export interface PendingOrder {
  readonly clientOrderId: string;
  readonly market: string;
  readonly terms: OrderTerms;
  readonly sentMs: number;
  /** `taken`: the server says so, and has not told the order yet. `unknown` when there was no answer: it may have been taken. */
  readonly state: "sent" | "taken" | "unknown";
}

/** Most of them; more are not sent. */
export const pendingMax = 50;

/** The list with one more. */
export function withPending(
  list: readonly PendingOrder[],
  order: PendingOrder,
): readonly PendingOrder[] {
  return [order, ...without(list, order.clientOrderId)].slice(0, pendingMax);
}

/** The list without one. */
export function without(
  list: readonly PendingOrder[],
  clientOrderId: string | undefined,
): readonly PendingOrder[] {
  return list.filter((order) => order.clientOrderId !== clientOrderId);
}

/** The list with another state of one. */
export function inState(
  list: readonly PendingOrder[],
  clientOrderId: string,
  state: PendingOrder["state"],
): readonly PendingOrder[] {
  return list.map((order) => (order.clientOrderId === clientOrderId ? { ...order, state } : order));
}

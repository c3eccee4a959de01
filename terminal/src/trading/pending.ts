/**
 * Orders that were sent and of which the server has not said anything yet. They are drawn hollow, and leave this list when the
 * private event, the answer or the history says what became of them.
 */
import type { OrderTerms } from "@openbourse/client";

/** An order that was sent. */
export interface PendingOrder {
  readonly clientOrderId: string;
  readonly market: string;
  readonly terms: OrderTerms;
  readonly sentMs: number;
  /** `unknown` when there was no answer: it may have been taken. */
  readonly state: "sent" | "unknown";
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

/** The list with one that got no answer. */
export function asUnknown(
  list: readonly PendingOrder[],
  clientOrderId: string,
): readonly PendingOrder[] {
  return list.map((order) =>
    order.clientOrderId === clientOrderId ? { ...order, state: "unknown" } : order,
  );
}

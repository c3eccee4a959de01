/**
 * Sends what was reviewed, once: each review has a client order id of its own, and the server takes no second order under it.
 * What was sent is pending until the server has said what became of it.
 */
import { ClientError, type Fault, type NewOrder } from "@openbourse/client";
import { type ReadonlySignal, signal } from "@preact/signals";
import { account } from "../session/session.ts";
import { notify } from "./notices.ts";
import { asUnknown, type PendingOrder, without, withPending } from "./pending.ts";
import type { OrderTerms } from "./preview.ts";
import { onAccountChange } from "./private.ts";
import { orderWords } from "./words.ts";

/** What was reviewed. */
export interface Review {
  readonly clientOrderId: string;
  readonly market: string;
  readonly terms: OrderTerms;
}

/** What became of a sending: taken, refused, or nobody knows yet. */
export type SendOutcome =
  | { readonly is: "taken" }
  | { readonly is: "refused" | "unknown"; readonly fault: Fault };

const list = signal<readonly PendingOrder[]>([]);

/** Orders that were sent and are not heard of yet, the newest first. */
export const pendingOrders: ReadonlySignal<readonly PendingOrder[]> = list;

const clientOrderIdInUse = "7";

/** Sends a review. Sending the same one again is safe. Rejects for bugs alone. */
export async function send(review: Review): Promise<SendOutcome> {
  const user = account.peek();
  if (user === undefined)
    return { is: "refused", fault: { kind: "misuse", message: "Sign in to send orders." } };
  const { clientOrderId, market, terms } = review;
  const wasUnknown = list.peek().some((order) => order.clientOrderId === clientOrderId);
  list.value = withPending(list.peek(), { ...review, sentMs: Date.now(), state: "sent" });
  try {
    await user.rest.place({ ...terms, market, clientOrderId } as NewOrder);
    forget(clientOrderId);
    return { is: "taken" };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { fault } = error;
    const isTaken = fault.kind === "refused" && fault.code === clientOrderIdInUse && wasUnknown;
    if (fault.kind !== "unknown-outcome") forget(clientOrderId);
    else list.value = asUnknown(list.peek(), clientOrderId);
    if (isTaken) return { is: "taken" };
    return { is: fault.kind === "unknown-outcome" ? "unknown" : "refused", fault };
  }
}

function forget(clientOrderId: string | undefined): void {
  list.value = without(list.peek(), clientOrderId);
}

onAccountChange((change) => {
  if (change.type === "order") forget(change.order.clientOrderId);
  if (change.type !== "synced") return;
  for (const order of list.peek()) if (order.state === "unknown") void lookUp(order);
});

/** Asks what became of an order that got no answer. */
async function lookUp({ clientOrderId, market, terms }: PendingOrder): Promise<void> {
  const rest = account.peek()?.rest;
  if (rest === undefined) return;
  const [open] = await rest.openOrders({ clientOrderId });
  const found = open ?? (await rest.closedOrders({ clientOrderId }))[0];
  forget(clientOrderId);
  const order = orderWords(terms, market);
  notify(
    found === undefined
      ? `The server did not take the order that got no answer: ${order}.`
      : `The server took the order that got no answer: ${order}.`,
    found === undefined ? "bad" : "plain",
  );
}

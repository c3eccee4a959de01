/**
 * Sends what was reviewed, once: each review has a client order id of its own, and the server takes no second order under it.
 * What was sent is pending until the server has said what became of it.
 */
import { ClientError, type Fault, type NewOrder, type OrderTerms } from "@openbourse/client";
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { onFrame } from "../frame.ts";
import { account } from "../session/session.ts";
import { notify } from "./notices.ts";
import { inState, type PendingOrder, without, withPending } from "./pending.ts";
import { live, onAccountChange } from "./private.ts";
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

/** What became of an order that got no answer. */
export interface Settled {
  readonly clientOrderId: string;
  readonly isTaken: boolean;
}

const last = signal<Settled | undefined>(undefined);
/** The last order of which it became known, otherwise than by an answer. */
export const settled: ReadonlySignal<Settled | undefined> = last;

/** Client order ids that the private stream has told of; the oldest go. */
const heard = new Set<string>();
const heardMax = 500;

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
    taken(clientOrderId);
    return { is: "taken" };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { fault } = error;
    const isUnknown = fault.kind === "unknown-outcome";
    const isInUse = fault.kind === "refused" && fault.code === clientOrderIdInUse;
    const isTaken = heard.has(clientOrderId) || (isInUse && wasUnknown);
    if (isTaken) taken(clientOrderId);
    else if (isUnknown) list.value = inState(list.peek(), clientOrderId, "unknown");
    else forget(clientOrderId);
    if (isTaken) return { is: "taken" };
    return { is: isUnknown ? "unknown" : "refused", fault };
  }
}

function forget(clientOrderId: string): void {
  list.value = without(list.peek(), clientOrderId);
}

/** It stays until it is among the open orders or has ended, so that it is never in neither place. */
function taken(clientOrderId: string): void {
  const isTold = heard.has(clientOrderId) || live.peek()?.state === "closed";
  if (isTold) forgetShown(clientOrderId);
  else list.value = inState(list.peek(), clientOrderId, "taken");
}

/** Of the list, what leaves it with the next frame, in which it is shown among the open orders. */
const leaving = new Set<string>();

function forgetShown(clientOrderId: string): void {
  if (!list.peek().some((order) => order.clientOrderId === clientOrderId)) return;
  leaving.add(clientOrderId);
  onFrame(forgetLeaving);
}

function forgetLeaving(): void {
  list.value = list.peek().filter((order) => !leaving.has(order.clientOrderId));
  leaving.clear();
}

// What one user sent is nothing for the next one.
effect(() => {
  void account.value;
  list.value = [];
  leaving.clear();
});

onAccountChange((change) => {
  if (change.type === "order") hear(change.order.clientOrderId);
  if (change.type !== "synced") return;
  for (const order of list.peek()) {
    if (order.state === "unknown") void lookUp(order);
    if (order.state === "taken") forgetShown(order.clientOrderId);
  }
});

function hear(clientOrderId: string | undefined): void {
  if (clientOrderId === undefined || heard.has(clientOrderId)) return;
  heard.add(clientOrderId);
  const [oldest] = heard;
  if (heard.size > heardMax && oldest !== undefined) heard.delete(oldest);
  forgetShown(clientOrderId);
  last.value = { clientOrderId, isTaken: true };
}

/** Asks what became of an order that got no answer. */
async function lookUp({ clientOrderId, market, terms }: PendingOrder): Promise<void> {
  const rest = account.peek()?.rest;
  if (rest === undefined) return;
  const [open] = await rest.openOrders({ clientOrderId });
  const found = open ?? (await rest.closedOrders({ clientOrderId }))[0];
  forget(clientOrderId);
  last.value = { clientOrderId, isTaken: found !== undefined };
  const order = orderWords(terms, market);
  notify(
    found === undefined
      ? `The server did not take the order that got no answer: ${order}.`
      : `The server took the order that got no answer: ${order}.`,
    found === undefined ? "bad" : "plain",
  );
}

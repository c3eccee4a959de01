/** What can be done with open orders: cancelled, all of a market at once, moved to another price. Each asks the server and shows what it said. */
import {
  ClientError,
  type CryptomusRest,
  compare,
  type Fault,
  type OrderRow,
  subtract,
  systemPlatform,
} from "@openbourse/client";
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { marketsByName } from "../market/catalog.ts";
import { account } from "../session/session.ts";
import { type MoveOutcome, moveOrder } from "./move.ts";
import { notify } from "./notices.ts";
import { live, onAccountChange, openOrders } from "./private.ts";
import { endWords, rowWords } from "./words.ts";

/** What is being done with an order. */
export type Doing = "cancelling" | "moving";

const doing = signal<ReadonlyMap<string, Doing>>(new Map());
const chosenId = signal<string | undefined>(undefined);
const asked = signal<MoveAsked | undefined>(undefined);
const askedAll = signal<string | undefined>(undefined);

/** Orders with which something is being done, by id. */
export const busyOrders: ReadonlySignal<ReadonlyMap<string, Doing>> = doing;
/** The chosen order while it is open. */
export const selectedOrder: ReadonlySignal<OrderRow | undefined> = computed(() =>
  openOrders.value.get(chosenId.value ?? ""),
);

/** A move that waits for a yes. */
export interface MoveAsked {
  readonly order: OrderRow;
  readonly price: string;
}

/** See {@link MoveAsked}. */
export const moveAsked: ReadonlySignal<MoveAsked | undefined> = asked;
/** The market whose orders are all to be cancelled, while that waits for a yes. */
export const cancelAllAsked: ReadonlySignal<string | undefined> = askedAll;

/** Chooses an order. */
export function selectOrder(id: string | undefined): void {
  chosenId.value = id;
}

/** Cancels an order. What is shown as cancelled is what the server tells. */
export async function cancelOrder(order: OrderRow): Promise<void> {
  const rest = account.peek()?.rest;
  if (rest === undefined || doing.peek().has(order.id)) return;
  mark(order.id, "cancelling");
  try {
    await rest.cancel(order.id);
    notify(`Cancelled: ${rowWords(order)}.`);
    unmarkGone();
  } catch (error) {
    mark(order.id, undefined);
    notify(`Not cancelled (${rowWords(order)}): ${faultIn(error).message}`, "bad");
  }
}

/** Asks whether all orders of a market are to be cancelled. False where there are none. */
export function askCancelAll(market: string): boolean {
  if (ordersOf(market).length === 0) return false;
  askedAll.value = market;
  return true;
}

/** Orders of a market that are open, the newest first. */
export function ordersOf(market: string): readonly OrderRow[] {
  return [...openOrders.value.values()].filter((order) => order.market === market);
}

/** Orders that are cancelled at the same time. */
const atOnce = 8;

/** Cancels all that was asked about. */
export async function confirmCancelAll(): Promise<void> {
  const market = askedAll.peek();
  const rest = account.peek()?.rest;
  askedAll.value = undefined;
  if (market === undefined || rest === undefined) return;
  const waiting = [...ordersOf(market)].filter(({ id }) => !doing.peek().has(id));
  const all = waiting.length;
  for (const { id } of waiting) mark(id, "cancelling");
  const faults: Fault[] = [];
  const work = async () => {
    for (let order = waiting.shift(); order !== undefined; order = waiting.shift())
      faults.push(...(await cancelQuietly(rest, order)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const [first] = faults;
  if (first === undefined) notify(`Cancelled ${all} orders of ${market}.`);
  else {
    const done = all - faults.length;
    notify(`Cancelled ${done} of ${all} orders of ${market}; the others: ${first.message}`, "bad");
  }
}

async function cancelQuietly(rest: CryptomusRest, { id }: OrderRow): Promise<readonly Fault[]> {
  try {
    await rest.cancel(id);
    unmarkGone();
    return [];
  } catch (error) {
    mark(id, undefined);
    return [faultIn(error)];
  }
}

/** Leaves what was asked as it is. */
export function dismissAsked(): void {
  asked.value = undefined;
  askedAll.value = undefined;
}

/** Asks whether an order is to be moved, as after it was dragged. */
export function askMove(id: string, price: string): void {
  const order = openOrders.peek().get(id);
  if (order?.price === undefined || compare(order.price, price) === 0) return;
  if (doing.peek().has(id)) return;
  asked.value = { order, price };
}

/** Moves the order that was asked about. Resolves with what could not be placed, for the ticket. */
export async function confirmMove(): Promise<MoveOutcome | undefined> {
  const move = asked.peek();
  const rest = account.peek()?.rest;
  const market = marketsByName.peek().get(move?.order.market ?? "");
  asked.value = undefined;
  if (move === undefined || rest === undefined || market === undefined) return undefined;
  const { order, price } = move;
  mark(order.id, "moving");
  const clientOrderId = systemPlatform.randomHex(16);
  const outcome = await moveOrder(rest, { market, order, price, clientOrderId });
  const mayStand = outcome.kind === "not-possible" || outcome.kind === "not-cancelled";
  if (mayStand) mark(order.id, undefined);
  else unmarkGone();
  tellMove(move, outcome);
  return outcome;
}

function tellMove({ order, price }: MoveAsked, outcome: MoveOutcome): void {
  const what = rowWords(order);
  switch (outcome.kind) {
    case "moved":
      // It may have been filled further since it was asked about: what was placed is told.
      notify(
        `Moved to ${price}: ${rowWords({ ...order, filledQuantity: subtract(order.quantity, outcome.quantity) })}.`,
      );
      break;
    case "not-possible":
      notify(`Not moved (${what}). ${outcome.why} It stands as before.`, "bad");
      break;
    case "over": {
      const end = outcome.order === undefined ? "over" : endWords(outcome.order.end);
      notify(`Not moved: the order (${what}) was ${end} before. Nothing was placed.`, "bad");
      break;
    }
    case "not-cancelled":
      notify(`Not moved (${what}): ${outcome.fault.message}. It may stand as before.`, "bad");
      break;
    case "not-placed":
      notify(
        `The order (${what}) is cancelled, and was not placed at ${price}: ${outcome.fault.message}`,
        "bad",
      );
  }
}

/** An order that the server has let go of stays marked until the stream says so too, and is never shown as open again. */
function unmarkGone(): void {
  const orders = live.peek()?.orders;
  const kept = [...doing.peek()].filter(([id]) => orders?.has(id) === true);
  if (kept.length < doing.peek().size) doing.value = new Map(kept);
}

// What was begun for one user is nothing for the next one.
effect(() => {
  void account.value;
  doing.value = new Map();
  chosenId.value = undefined;
  dismissAsked();
});

onAccountChange(({ type }) => {
  if (type === "order" || type === "synced") unmarkGone();
});

function mark(id: string, what: Doing | undefined): void {
  const next = new Map(doing.peek());
  if (what === undefined) next.delete(id);
  else next.set(id, what);
  doing.value = next;
}

function faultIn(error: unknown): Fault {
  if (error instanceof ClientError) return error.fault;
  throw error;
}

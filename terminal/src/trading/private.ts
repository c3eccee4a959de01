/**
 * What is the user's own: open orders, balances, fills, fees. Fed by the client's account, shown once a frame, gone with the
 * sign-out. Nothing here is made up: what was sent and is not answered yet is kept apart, in `pending`.
 */
import {
  type AccountChange,
  type Balance,
  type Fill,
  LiveAccount,
  type OrderRow,
} from "@openbourse/client";
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { announce } from "../app/announce.ts";
import type { PanelState } from "../design/panel.tsx";
import { onFrame } from "../frame.ts";
import { marketsByName } from "../market/catalog.ts";
import { Losses } from "../session/losses.ts";
import { account as signedIn } from "../session/session.ts";
import { type FillLine, fillLine, fillWords } from "./fills.ts";

/** What the account has, as of a frame. */
interface Shown {
  readonly state: LiveAccount["state"];
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly balances: ReadonlyMap<string, Balance>;
}

/** Most fills of this session that are kept. */
const fillsMax = 500;

const nothing: Shown = { state: "loading", orders: new Map(), balances: new Map() };
const shown = signal<Shown>(nothing);
const newFills = signal<readonly FillLine[]>([]);
const current = signal<LiveAccount | undefined>(undefined);
const losses = new Losses();
/** Since when what is shown may be old, in milliseconds since 1970; until all was read again. */
const oldSinceMs = signal(0);

/** The client's account of who is signed in. */
export const live: ReadonlySignal<LiveAccount | undefined> = current;
/** Open orders by id, the newest first. */
export const openOrders: ReadonlySignal<ReadonlyMap<string, OrderRow>> = computed(
  () => shown.value.orders,
);
/** By currency; undefined until all of them were read. */
export const balances: ReadonlySignal<ReadonlyMap<string, Balance> | undefined> = computed(() =>
  shown.value.state === "loading" ? undefined : shown.value.balances,
);
/** Fills since the sign-in, the newest first. */
export const sessionFills: ReadonlySignal<readonly FillLine[]> = newFills;

/** How a panel of private data is drawn. */
export const privateState: ReadonlySignal<PanelState> = computed(() => {
  const { state } = shown.value;
  const fault = current.value?.fault;
  if (state === "loading") return { is: "loading" };
  if (state === "live") return { is: "ready" };
  if (state === "closed")
    return {
      is: "failed",
      text: `Orders and balances do not come any more: ${fault?.message ?? "the connection was closed"}. Sign in again.`,
    };
  return { is: "stale", sinceMs: oldSinceMs.value };
});

type Listener = (change: AccountChange) => void;
const listeners = new Set<Listener>();

/** Hears of every change of the account, whoever is signed in. */
export function onAccountChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let due: readonly Fill[] = [];

function show(): void {
  const account = current.peek();
  if (account === undefined) return;
  const { state, orders, balances } = account;
  if (state !== "live" && shown.peek().state === "live")
    oldSinceMs.value = losses.sinceMs.peek() ?? Date.now();
  shown.value = { state, orders, balances };
  if (due.length === 0) return;
  const lines = due.map((fill) => fillLine(fill, marketsByName.peek().get(fill.market)));
  due = [];
  newFills.value = [...lines.toReversed(), ...newFills.peek()].slice(0, fillsMax);
  announce(fillWords(lines));
}

function take(change: AccountChange): void {
  if (change.type === "fill") due = [...due, change.fill].slice(-fillsMax);
  for (const listener of listeners) listener(change);
  onFrame(show);
}

effect(() => {
  const user = signedIn.value;
  shown.value = nothing;
  newFills.value = [];
  due = [];
  current.value = undefined;
  if (user === undefined) return;
  const account = new LiveAccount(user.rest, user.stream);
  current.value = account;
  const stops = [account.changes.listen(take), losses.watch(user.stream)];
  return () => {
    for (const stop of stops) stop();
    account.close();
  };
});

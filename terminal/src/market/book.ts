/**
 * The order book of the chosen market: the finest one always, since best prices and the ticket need it, and one more while the
 * ladder shows a coarser scale. Each is the client's live book; here it is told once a frame.
 */
import type { Level, LiveBook } from "@openbourse/client";
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { onFrame } from "../frame.ts";
import { chosenMarket, chosenName } from "./chosen.ts";
import { link } from "./shown.ts";

/** A book as it was at the last frame. The lists change with the next one: copy what is to be kept. */
export interface BookView {
  /** Best price first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly scale: number;
  readonly state: LiveBook["state"];
  /** Server's time of the last update, in milliseconds since 1970; 0 before the first. */
  readonly timeMs: number;
  /** When it was last known to be right, by the page's clock in milliseconds since 1970; undefined before the first time. */
  readonly trueAtMs: number | undefined;
  /** Times that it was asked for again because something was wrong. */
  readonly resyncs: number;
}

/** A price that somebody clicked at; `count` tells two equal ones apart. */
export interface PickedPrice {
  readonly price: string;
  readonly count: number;
}

const none: BookView = {
  ...{ bids: [], asks: [], scale: 0, state: "loading", timeMs: 0 },
  ...{ trueAtMs: undefined, resyncs: 0 },
};

const fine = signal<BookView>(none);
const grouped = signal<BookView>(none);
const wantedScale = signal<ReadonlyMap<string, number>>(new Map());
const picked = signal<PickedPrice | undefined>(undefined);
const ladders = signal(0);

/** The book at the finest scale: what the ticket reckons with. */
export const book: ReadonlySignal<BookView> = fine;
/** Best prices of the chosen market and what rests there; undefined where a side is empty. */
export const best: ReadonlySignal<{
  readonly bid?: Level | undefined;
  readonly ask?: Level | undefined;
}> = computed(() => ({ bid: fine.value.bids[0], ask: fine.value.asks[0] }));
/** The last price that was clicked in the ladder or the chart. */
export const pickedPrice: ReadonlySignal<PickedPrice | undefined> = picked;
/** Which scale of the chosen market the ladder shows: an index of its scales. */
export const ladderScale: ReadonlySignal<number> = computed(
  () => wantedScale.value.get(chosenName.value ?? "") ?? 0,
);
/** The book that the ladder shows. */
export const ladderBook: ReadonlySignal<BookView> = computed(() =>
  ladderScale.value === 0 ? fine.value : grouped.value,
);

/** Somebody clicked at a price. */
export function pickPrice(price: string): void {
  picked.value = { price, count: (picked.peek()?.count ?? 0) + 1 };
}

/** Shows the chosen market at another scale; each market remembers its own. */
export function setLadderScale(scale: number): void {
  const name = chosenName.peek();
  if (name !== undefined) wantedScale.value = new Map(wantedScale.peek()).set(name, scale);
}

/** A ladder is shown until the returned function is called. */
export function useLadder(): () => void {
  ladders.value += 1;
  return () => {
    ladders.value -= 1;
  };
}

effect(() => follow(fine, chosenName.value, 0));
const groupedScale = computed(() => (ladders.value > 0 ? ladderScale.value : 0));
effect(() => {
  const scale = groupedScale.value;
  return scale > 0 ? follow(grouped, chosenName.value, scale) : undefined;
});
// A scale that a market does not have would be refused.
effect(() => {
  const known = chosenMarket.value?.scales.length ?? 0;
  if (known > 0 && ladderScale.value >= known) setLadderScale(0);
});

/** Keeps a book and tells it, until the returned function is called. */
function follow(into: typeof fine, name: string | undefined, scale: number) {
  into.value = { ...none, scale };
  const stream = link.value?.stream;
  if (stream === undefined || name === undefined) return;
  const live = stream.orderBook(name, { scale });
  const show = () => {
    into.value = viewOf(live);
  };
  const plan = () => onFrame(show);
  live.listen(plan, plan);
  const stop = stream.states.listen(plan);
  return () => {
    stop();
    live.close();
  };
}

function viewOf(live: LiveBook): BookView {
  const { bids, asks, scale, timeMs } = live.book;
  const { state, ageMs, bookCounts } = live;
  const trueAtMs = ageMs === undefined ? undefined : Date.now() - ageMs;
  return { bids, asks, scale, state, timeMs, trueAtMs, resyncs: bookCounts.resyncs };
}

/** What trading needs to know of markets: the chosen one with its rules and steps, its book at the finest scale, last prices. */
import type { LiveBook, Market } from "@openbourse/client";
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { currentMarket } from "../app/route.ts";
import { onFrame } from "../frame.ts";
import { markets as link } from "../session/session.ts";
import type { Sides } from "./preview.ts";

/** The chosen market. */
export interface ChosenMarket {
  readonly market: Market;
  /** Its exact price step. */
  readonly tick: string;
}

const list = signal<ReadonlyMap<string, Market>>(new Map());
const ticks = signal<ReadonlyMap<string, string>>(new Map());
const prices = signal<ReadonlyMap<string, string>>(new Map());
const sides = signal<Sides>({ bids: [], asks: [] });

/** All markets. */
export const marketsByName: ReadonlySignal<ReadonlyMap<string, Market>> = list;
/** See {@link ChosenMarket}; undefined until it is known. */
export const chosen: ReadonlySignal<ChosenMarket | undefined> = computed(() => {
  const name = currentMarket.value ?? [...list.value.keys()][0] ?? "";
  const market = list.value.get(name);
  const tick = ticks.value.get(name);
  return market === undefined || tick === undefined ? undefined : { market, tick };
});
/** The book of the chosen market, best price first. */
export const bookSides: ReadonlySignal<Sides> = sides;
/** Last price of a market. */
export function lastPriceOf(name: string): string | undefined {
  return prices.value.get(name);
}

effect(() => {
  const rest = link.value?.rest;
  if (rest === undefined) return;
  void rest.markets().then(async (rows) => {
    list.value = new Map(rows.map((row) => [row.market, row]));
  });
});

effect(() => {
  const rest = link.value?.rest;
  const name = currentMarket.value ?? [...list.value.keys()][0];
  if (rest === undefined || name === undefined) return;
  void rest.depthScales(name).then(([finest]) => {
    if (finest !== undefined) ticks.value = new Map(ticks.peek()).set(name, finest.step);
  });
});

effect(() => {
  const stream = link.value?.stream;
  const name = chosen.value?.market.market;
  sides.value = { bids: [], asks: [] };
  if (stream === undefined || name === undefined) return;
  const book: LiveBook = stream.orderBook(name);
  const show = () => {
    sides.value = book.book.top(200);
  };
  book.listen(() => onFrame(show));
  return () => book.close();
});

effect(() => {
  const feed = link.value?.stream.lastPrices("all");
  const next = new Map<string, string>();
  const show = () => {
    prices.value = new Map(next);
  };
  feed?.listen(({ market, price }) => {
    next.set(market, price);
    onFrame(show);
  });
  return () => feed?.close();
});

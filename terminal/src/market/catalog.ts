/** What there is to look at, as the server lists it: markets first, then the tickers of the datasets that may be seen. */
import type { DepthScale, Market } from "@openbourse/client";
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { askFinazon, hasFinazon } from "../session/finazon.ts";
import { type Loading, load } from "../session/loading.ts";
import { hasExchange, needsSignIn, offer } from "../session/session.ts";
import {
  type Instrument,
  localDataset,
  marketInstrument,
  type TickerInstrument,
  tickerInstrument,
} from "./instruments.ts";
import { isShown, link } from "./shown.ts";

/** Between two looks at the list of markets, in milliseconds: new ones may be listed. */
const lookMs = 60_000;
/** Most pages of tickers of one dataset, of a thousand each. */
const pagesMax = 10;
const pageSize = 1_000;

const list = signal<readonly Market[]>([]);
const state = signal<Loading>({ is: "loading" });
const tickersState = signal<Loading>({ is: "loading" });
const tickers = signal<readonly TickerInstrument[]>([]);

/** How the list of markets is doing, or that of tickers where no markets can be seen: a dataset does not stand in for a market that comes. */
export const catalogState: ReadonlySignal<Loading> = computed(() =>
  hasExchange.value && !needsSignIn.value ? state.value : tickersState.value,
);
/** All markets by their names. */
export const marketsByName: ReadonlySignal<ReadonlyMap<string, Market>> = computed(
  () => new Map(list.value.map((market) => [market.market, market])),
);
const marketInstruments = computed(() => list.value.map(marketInstrument));
/** All instruments. */
export const instruments: ReadonlySignal<readonly Instrument[]> = computed(() => [
  ...marketInstruments.value,
  ...tickers.value,
]);

effect(() => {
  const rest = link.value?.rest;
  if (rest === undefined) return;
  let stop = () => {};
  const look = () => {
    stop();
    stop = load({
      ask: () => rest.markets(),
      done: (markets) => {
        if (JSON.stringify(markets) !== JSON.stringify(list.peek())) list.value = markets;
      },
      tell: (next) => {
        // Who has a list keeps it while it is asked for again.
        if (state.peek().is !== "ready") state.value = next;
      },
    });
  };
  look();
  const timer = setInterval(() => document.hidden || look(), lookMs);
  return () => {
    stop();
    clearInterval(timer);
  };
});

const datasetCodes = computed(() =>
  (offer.value?.datasets ?? []).map(({ code }) => code).join("\n"),
);

effect(() => {
  if (!hasFinazon.value) tickers.value = [];
  if (!isShown.value || !hasFinazon.value) return undefined;
  const codes = datasetCodes.value
    .split("\n")
    .filter((code) => code !== "" && code !== localDataset);
  tickersState.value = together(codes.map(() => undefined));
  const found = new Map<string, readonly TickerInstrument[]>();
  const states = new Map<string, Loading>();
  let stops: readonly (() => void)[] = [];
  const look = () => {
    for (const stop of stops) stop();
    stops = codes.map((code) =>
      load({
        ask: () => tickersOf(code),
        done: (of) => {
          if (found.get(code)?.length === of.length) return;
          found.set(code, of);
          tickers.value = codes.flatMap((each) => found.get(each) ?? []);
        },
        tell: (next) => {
          // Who has a list keeps it while it is asked for again.
          if (states.get(code)?.is !== "ready") states.set(code, next);
          tickersState.value = together(codes.map((each) => states.get(each)));
        },
      }),
    );
  };
  look();
  const timer = setInterval(() => document.hidden || look(), lookMs);
  return () => {
    for (const stop of stops) stop();
    clearInterval(timer);
  };
});

/** How the lists are doing together: one of them is something to look at. */
function together(states: readonly (Loading | undefined)[]): Loading {
  if (states.some((each) => each === undefined || each.is === "loading")) return { is: "loading" };
  const isAny = states.length === 0 || states.some((each) => each?.is === "ready");
  return (isAny ? undefined : states[0]) ?? { is: "ready" };
}

async function tickersOf(dataset: string): Promise<readonly TickerInstrument[]> {
  const found = new Set<string>();
  let first: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const rows = await askFinazon((rest) => rest.tickers(dataset, page));
    for (const { ticker } of rows) found.add(ticker);
    // Pages begin at 0, or at 1 where the operator chose that: then the first two are the same.
    const isRepeat = rows[0]?.ticker === first;
    first = rows[0]?.ticker;
    if (rows.length < pageSize && !isRepeat) break;
  }
  return [...found].map((ticker) => tickerInstrument(dataset, ticker));
}

const scales = signal<ReadonlyMap<string, readonly DepthScale[]>>(new Map());

/** Steps of a market's book, the finest first; asked for when they are first wanted. */
export function scalesOf(market: string): readonly DepthScale[] | undefined {
  return scales.value.get(market);
}

/** Asks for the steps of a market, unless they are known. */
export function wantScales(market: string): () => void {
  const rest = link.peek()?.rest;
  if (rest === undefined || scales.peek().has(market)) return () => {};
  return load({
    ask: () => rest.depthScales(market),
    done: (found) => {
      scales.value = new Map(scales.peek()).set(market, found);
    },
    tell: () => {},
  });
}

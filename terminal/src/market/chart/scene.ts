/**
 * The candles of what is looked at. They are asked for as soon as it is known what that is: before the chart that draws them has
 * been built, and on while another drawing stands in its place.
 */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Interval } from "../candles/candle.ts";
import { CandleFeed } from "../candles/candle-feed.ts";
import { type CandleSource, datasetSource, marketSource } from "../candles/source.ts";
import { chosen } from "../chosen.ts";
import type { Instrument } from "../instruments.ts";
import { isShown, link } from "../shown.ts";
import { ended, interval, loading } from "./chart-store.ts";

/** Candles of an instrument at an interval. */
export interface Scene {
  readonly feed: CandleFeed;
  readonly subject: Instrument;
  readonly interval: Interval;
}

/** The chosen instrument, another value only where it is another one. */
const subject: ReadonlySignal<Instrument | undefined> = computed(() => {
  const id = chosen.value?.id;
  return id === undefined ? undefined : chosen.peek();
});
const subjectKey = computed(() => subject.value?.id);

const current = signal<Scene | undefined>(undefined);
/** See {@link Scene}; undefined while nothing can be asked for. */
export const scene: ReadonlySignal<Scene | undefined> = current;

/** What is told that there are other candles. */
let drawing: (() => void) | undefined;

/** Calls `draw` whenever the candles have changed, until the returned function is called. One drawing at a time. */
export function drawWith(draw: () => void): () => void {
  drawing = draw;
  return () => {
    if (drawing === draw) drawing = undefined;
  };
}

// Another instrument, interval or connection begins with candles of its own.
effect(() => {
  const source = isShown.value && subjectKey.value !== undefined ? sourceNow() : undefined;
  const now = subject.peek();
  if (source === undefined || now === undefined) return undefined;
  ended.value = undefined;
  const feed = new CandleFeed(source, {
    changed: () => drawing?.(),
    state: (state) => {
      loading.value = state;
    },
    ended: (why) => {
      ended.value = { why };
    },
  });
  current.value = { feed, subject: now, interval: interval.value };
  return () => {
    feed.close();
    current.value = undefined;
  };
});

function sourceNow(): CandleSource | undefined {
  const now = subject.peek();
  const { seconds, bars } = interval.value;
  if (now?.kind === "market") {
    const stream = link.value?.stream;
    if (stream === undefined || seconds === undefined) return undefined;
    return marketSource(stream, now.id, seconds);
  }
  if (now === undefined || bars === undefined) return undefined;
  return datasetSource(now.dataset, now.ticker, { ...interval.value, bars });
}

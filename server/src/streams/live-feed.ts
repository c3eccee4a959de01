/**
 * Makes a feed of a live source: watches each of its tickers by itself and puts what they tell into one
 * line, bounded, in which a ticker that is ahead waits for the others. A ticker that fails, hangs or is
 * refused stops none of the others, and the feed goes on while any of them may.
 */

import type { Instrument } from "../marketdata/instrument.ts";
import {
  type Feed,
  type FeedContext,
  type FeedEvent,
  type FeedOutcome,
  type StopSignal,
  stopSource,
  type WatchedTicker,
} from "../ports/feed.ts";
import type { LiveQuote, LiveSource } from "../ports/live-source.ts";
import { FeedRestarts } from "./feed-restarts.ts";
import { LiveTicker } from "./live-ticker.ts";

/** With so many events waiting to be folded, whoever tells more waits. */
export const waitingEventsMax = 1_024;

/** How long a start waits for sources, in milliseconds; they go on loading after it. */
export const prepareMsMax = 5_000;

/** What a live feed is made with. */
export interface LiveFeedOptions {
  readonly source: LiveSource;
  /** Waits before a new try differ by it, in each ticker's own way. */
  readonly seed: number;
  readonly dataset: string;
  readonly staleMs: number;
  /** Told of the best prices outside, where they are watched. */
  quoted?(instrument: Instrument, quote: LiveQuote): void;
}

/** Makes it. */
export function liveFeed(options: LiveFeedOptions): Feed {
  const watched: LiveTicker[] = [];
  const feed: Feed = {
    time: "wall",
    tickers: options.source.tickers,
    tellsKnown: true,
    get watched(): readonly WatchedTicker[] {
      return watched.map(({ status }) => status);
    },
    prepare: (context) => prepared(options, context),
    run: (context, signal) => watchAll(options, { context, signal, watched }),
  };
  return feed;
}

/** Loads what the source needs, so that a server that says it is ready is; why that fails is told by a watch. */
async function prepared({ source }: LiveFeedOptions, context: FeedContext): Promise<boolean> {
  const waiting = stopSource();
  const loading = source.prepare?.() ?? Promise.resolve(undefined);
  await Promise.race([loading, context.sleep(prepareMsMax, waiting.signal)]);
  waiting.abort();
  return true;
}

interface Run {
  readonly context: FeedContext;
  readonly signal: StopSignal;
  readonly watched: LiveTicker[];
}

async function* watchAll(
  options: LiveFeedOptions,
  run: Run,
): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
  // What this run has begun ends with it, also where the feed is run again.
  const own = stopSource();
  const stop = () => own.abort();
  run.signal.addEventListener("abort", stop, { once: true });
  const line = new Line(own.signal);
  const watched = watchedTickers(options, { ...run, signal: own.signal }, line);
  run.watched.splice(0, run.watched.length, ...watched);
  // What goes wrong in a watch beyond its own failures is a bug: it is thrown to whoever runs the feed.
  Promise.all(watched.map((ticker) => ticker.run())).catch((error: unknown) => line.fail(error));
  try {
    if (watched.length === 0)
      return { kind: "failed", reason: "the dataset has room for no ticker" };
    for (let events = await line.take(); events !== undefined; events = await line.take()) {
      yield events;
    }
    return { kind: "stopped" };
  } finally {
    run.signal.removeEventListener("abort", stop);
    own.abort();
    await options.source.close();
  }
}

function watchedTickers(
  { source, dataset, seed, staleMs, quoted }: LiveFeedOptions,
  { context, signal }: Run,
  line: Line,
): readonly LiveTicker[] {
  const watched: LiveTicker[] = [];
  for (const ticker of source.tickers) {
    const instrument = context.instrument(ticker);
    if (instrument === undefined) {
      context.warn(`the dataset is full: ${ticker} is not watched`);
      continue;
    }
    const restarts = new FeedRestarts({
      seed,
      dataset: `${dataset} ${ticker}`,
      isRecording: false,
    });
    const emit = (events: readonly FeedEvent[]) => line.add(events);
    const parts = { source, instrument, context, restarts, staleMs, signal, emit };
    watched.push(new LiveTicker({ ...parts, ...(quoted === undefined ? {} : { quoted }) }));
  }
  return watched;
}

/** What was told and is not folded yet, in order. */
class Line {
  readonly #signal: StopSignal;
  #events: FeedEvent[] = [];
  #room = Promise.withResolvers<void>();
  #news = Promise.withResolvers<void>();
  #fault: { readonly error: unknown } | undefined;

  constructor(signal: StopSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wakeAll(), { once: true });
  }

  /** Adds at once, and resolves when there is room for more. */
  async add(events: readonly FeedEvent[]): Promise<void> {
    this.#events.push(...events);
    this.#news.resolve();
    while (this.#events.length >= waitingEventsMax && !this.#signal.aborted) {
      await this.#room.promise;
    }
  }

  fail(error: unknown): void {
    this.#fault ??= { error };
    this.#news.resolve();
  }

  /** All that waits, once there is something; undefined when it is told to stop. */
  async take(): Promise<readonly FeedEvent[] | undefined> {
    while (this.#events.length === 0 && this.#fault === undefined && !this.#signal.aborted) {
      await this.#news.promise;
      this.#news = Promise.withResolvers();
    }
    if (this.#fault !== undefined) throw this.#fault.error;
    if (this.#events.length === 0) return undefined;
    const events = this.#events;
    this.#events = [];
    this.#room.resolve();
    this.#room = Promise.withResolvers();
    return events;
  }

  #wakeAll(): void {
    this.#room.resolve();
    this.#news.resolve();
  }
}

/**
 * A feed: where market data comes from.
 *
 * A feed is pulled. It yields batches, and the next batch is not asked for before the last one has
 * been folded and delivered, so a source faster than its consumers slows down instead of filling memory.
 */
import type { Static, TSchema } from "typebox";
import type { Instrument } from "../marketdata/instrument.ts";
import type { Trade } from "../marketdata/trade.ts";

/** Tells a feed to stop. An `AbortSignal` is one. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

// Every runtime that this runs on has it; layers without the types of Node use it through this file.
declare const AbortController: new () => { readonly signal: StopSignal; abort(): void };

/** Makes the signal that tells a feed to stop, and what gives it. */
export function stopSource(): { readonly signal: StopSignal; abort(): void } {
  return new AbortController();
}

/** What a feed can say. */
export type FeedEvent =
  | {
      readonly kind: "trades";
      readonly trades: readonly Trade[];
      /** Where the trade at a position was read, for example file and line; only asked when it matters. */
      placeOf?(at: number): string;
    }
  /**
   * The feed's market time has reached `atUs` (microseconds since 1970). Only feeds with
   * `time: "feed"` say this; what was due at or before `atUs` is published before the next event.
   */
  | { readonly kind: "time"; readonly atUs: number }
  /** Data between the two times is missing; what was derived across them may be incomplete. */
  | {
      readonly kind: "gap";
      readonly fromUs: number;
      readonly toUs: number;
      readonly reason: string;
    };

/** How a feed ended. Failing is a value: it stops this feed and leaves the server up. */
export type FeedOutcome =
  | { readonly kind: "finished" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * What a feed may count. `malformed` could not be read, `skipped` is no trade of the market or of a
 * ticker without room, `late` came when what is later had been told, `outlying` has a time far from
 * all others.
 */
export type FeedCounter = "trades" | "malformed" | "skipped" | "late" | "outlying" | "bytes";

/** What the feed is given to talk to the rest of the house. */
export interface FeedContext {
  /** The instrument of a ticker, made on first use; undefined when the dataset is full. */
  instrument(ticker: string): Instrument | undefined;
  /** Adds to a counter; `place` says where the first of them was read. */
  count(counter: FeedCounter, by: number, place?: string): void;
  /** Tells the operator about something skipped or strange; the place (file and line) is in the message. */
  warn(message: string): void;
  /** Tells how far a bounded source has come, 0 … 1. */
  progress(share: number): void;
  /**
   * Microseconds since 1970 by which the feed paces itself: market time where bars close by that
   * (`time: "wall"`), else a time that nothing moves but its passing.
   */
  nowUs(): number;
  /** Resolves after `ms` have passed, or at once when `signal` aborts. */
  sleep(ms: number, signal: StopSignal): Promise<void>;
}

/** One source of market data, opened once. */
export interface Feed {
  /**
   * Whose clock closes bars: `wall` when the data is live or shifted onto wall time, `feed` when the
   * feed tells the time by itself with `time` events.
   */
  readonly time: "wall" | "feed";
  /** Tickers that are known before the first trade, so that clients may subscribe to them at once. */
  readonly tickers: readonly string[];
  /**
   * Makes the instruments of tickers that only the source itself can tell, for a feed that is held back
   * until somebody subscribes. False when the feed would fail: it is run at once then, and says why.
   */
  prepare?(context: FeedContext): Promise<boolean>;
  /** Yields batches until the source ends or `signal` aborts; the generator's return value says how it ended. */
  run(context: FeedContext, signal: StopSignal): AsyncGenerator<readonly FeedEvent[], FeedOutcome>;
}

/** A feed that is ready to run, and what the runner has to know about it. */
export interface OpenedFeed {
  readonly feed: Feed;
  /** Whether the feed may be faster than its consumers and has to wait for them. */
  readonly waitsForConsumers: boolean;
  /** Whether it is held back until somebody subscribes to its dataset. */
  readonly waitsForAudience: boolean;
  /** Whether the source begins again when it is run again. */
  readonly isRecording: boolean;
  /** Whether its prices are made up; said aloud at the start. */
  readonly simulated: boolean;
}

/** A kind of feed as one value: what may be written of it in the configuration, and how it is opened. */
export interface FeedKind<Schema extends TSchema = TSchema> {
  /** What is written as `kind`. */
  readonly kind: string;
  /** Checks the feed's part of a dataset, fills in the defaults and documents it; `kind` is in it. */
  readonly configSchema: Schema;
  /** A text says what is wrong with the configuration. */
  open(config: Static<Schema>, publisher: string): OpenedFeed | string;
}

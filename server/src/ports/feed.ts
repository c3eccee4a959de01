/**
 * A feed: where market data comes from.
 *
 * A feed is pulled. It yields batches, and the next batch is not asked for before the last one has
 * been folded and delivered, so a source faster than its consumers slows down instead of filling memory.
 */

import type { TradeVerdict } from "../marketdata/bar-series.ts";
import type { Instrument } from "../marketdata/instrument.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { ImportBatch, ImportOutcome, StoredPosition } from "./dataset-store.ts";
import type { StorageFailure } from "./storage-fault.ts";

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
      /** Told what became of each of them. */
      told?(trade: Trade, verdict: TradeVerdict): void;
    }
  /**
   * The feed's market time has reached `atUs` (microseconds since 1970). Only feeds with
   * `time: "feed"` say this; what was due at or before `atUs` is published before the next event.
   */
  | { readonly kind: "time"; readonly atUs: number }
  /**
   * Data between the two times is missing, of one ticker or of all; what was derived across them may be
   * incomplete.
   */
  | {
      readonly kind: "gap";
      readonly ticker?: string | undefined;
      readonly fromUs: number;
      readonly toUs: number;
      readonly reason: string;
    }
  /**
   * All trades of a ticker from one time to before another have been told. Only feeds that
   * {@link Feed.tellsKnown} say this.
   */
  | {
      readonly kind: "known";
      readonly ticker: string;
      readonly fromUs: number;
      readonly toUs: number;
    };

/** How a feed ended. Failing is a value: it stops this feed and leaves the server up. */
export type FeedOutcome =
  | { readonly kind: "finished" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * What a feed may count. `malformed` could not be read, `skipped` is no trade of the market or of a
 * ticker without room, `late` came when what is later had been told, `outlying` has a time far from
 * all others, `duplicate` was told before.
 */
export type FeedCounter =
  | "trades"
  | "malformed"
  | "skipped"
  | "late"
  | "outlying"
  | "duplicate"
  | "bytes";

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
  /** Up to where a ticker is stored from before this start; undefined where nothing is. */
  remembered(ticker: string): Promise<RememberedTicker | undefined>;
  /** Stores all that was folded; resolves when it is on the disk, or with why it is not. */
  stored(): Promise<FeedStored | StorageFailure>;
  /** What becomes of its trades, for a source that can go to another place of itself; left out where it cannot. */
  readonly fold?: SourceFold;
  /** Puts trades and bars of minutes that are over to the stored past, with their bars folded again. */
  storePast(rows: PastRows): Promise<ImportOutcome | StorageFailure>;
}

/** How far the trades of a run of a source have been folded. */
export interface SourceFold {
  /** How long after its end a bar may change, in microseconds. */
  readonly latenessUs: number;
  /** Whether what is folded is stored: then nothing may be passed over that was not folded before. */
  readonly isStored: boolean;
  /** Trades that were taken, those that were passed over included. */
  taken(): number;
  /** The source goes on from where so many trades had been taken when it came there the last time. */
  passOver(taken: number): void;
}

/** That all is stored. */
export interface FeedStored {
  readonly kind: "stored";
  /** Up to where; undefined where the dataset is not stored at all. */
  readonly position: StoredPosition | undefined;
}

/** Rows of minutes that are over. */
export type PastRows = Pick<ImportBatch, "trades" | "bars">;

/** So many trades of a ticker are known again when a venue tells them once more. */
export const recentTradesMax = 1_000;

/** What is stored of a ticker from before a start. */
export interface RememberedTicker {
  /** Everything before this is stored or told as a gap; microseconds since 1970. */
  readonly knownUntilUs: number;
  /** Its newest trades, oldest first, at most {@link recentTradesMax}. */
  readonly recent: readonly Pick<Trade, "id" | "eventTimeUs">[];
}

/** How one ticker of a live feed is doing. */
export interface WatchedTicker {
  readonly ticker: string;
  /** `connecting` until something is heard, `lost` from a failure to the next try. */
  readonly state: "connecting" | "live" | "lost";
  /** Why it failed last; undefined while it is live. */
  readonly failure: string | undefined;
  /** How often it was watched again after a failure. */
  readonly reconnects: number;
  readonly gaps: number;
  /** Trades that were asked for afterwards, because they were missed. */
  readonly backfilled: number;
  /** When anything was heard of it last, trades or not; 0 before that. */
  readonly heardUs: number;
  /** Receive time minus event time of its newest trade, in microseconds. */
  readonly lagUs: number;
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
   * Whether it says itself, ticker by ticker, what is known and what is missing. Of every other feed
   * everything is known while it runs.
   */
  readonly tellsKnown?: boolean;
  /** Sequence of the batch that it has yielded last, where others have numbered them; else they are counted. */
  readonly sequence?: number | undefined;
  /** How its tickers are doing, where each is watched by itself. */
  readonly watched?: readonly WatchedTicker[];
  /**
   * Makes the instruments of tickers that only the source itself can tell, for a feed that is held back
   * until somebody subscribes; loads what takes long, for one that tells what is known. False when the feed would fail: it is run at once then, and says why.
   */
  prepare?(context: FeedContext): Promise<boolean>;
  /** Yields batches until the source ends or `signal` aborts; the generator's return value says how it ended. */
  run(context: FeedContext, signal: StopSignal): AsyncGenerator<readonly FeedEvent[], FeedOutcome>;
}

/**
 * Where the bars of datasets are kept. Minutes are stored and longer intervals rolled up when they are
 * asked for. What it holds of a dataset is always that of one position: bars, spans and the position itself
 * are stored together or not at all.
 *
 * Where there is no bar, nothing was traded or nothing is known. Which of the two is stored as a fact:
 * a span is known when everything that was traded in it is stored.
 */
import { assert } from "../core/assert.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import type { BarInterval } from "../marketdata/bars/interval.ts";
import type { Span } from "../marketdata/bars/span.ts";
import type { StorageFailure } from "./storage-fault.ts";

/** Most bars that one query answers with. */
export const storedBarsMax = 10_000;

/** Most bars that a query may skip. */
export const storedBarsOffsetMax = 1_000_000;

/** Most bars of one batch. */
export const batchBarsMax = 100_000;

/** Up to where a dataset is stored. */
export interface StoredPosition {
  /** Identity of what is counted; sequences of different epochs cannot be compared. */
  readonly epoch: string;
  /** Of the last batch of trades that is in the bars. */
  readonly sequence: number;
  /** Market time at that moment: bars that end by then were closed. */
  readonly timeUs: number;
}

/** The bar of one minute of a ticker. */
export interface TickerBar {
  readonly ticker: string;
  readonly bar: Bar;
}

/** A time of which everything is stored: of one ticker, or of all of the dataset where none is named. */
export interface KnownSpan extends Span {
  readonly ticker?: string | undefined;
}

/** A time of which something is missing, and why. */
export interface Gap extends KnownSpan {
  readonly reason: string;
}

/** What is stored at once. */
export interface BarBatch {
  readonly dataset: string;
  /**
   * Up to where the dataset is stored with this batch. One that is not after the stored position of the
   * same epoch was stored before: nothing of the batch is stored again. Left out for what was imported,
   * which does not move the position.
   */
  readonly position?: StoredPosition | undefined;
  /** Minutes, open ones included, at most {@link batchBarsMax}. A newer state takes the place of an older one. */
  readonly bars: readonly TickerBar[];
  /** Spans that are known with this batch. They are joined with those that touch them. */
  readonly known: readonly KnownSpan[];
  /** Why something is not known. It is kept until the span is known or forgotten. */
  readonly gaps: readonly Gap[];
}

/** Which bars of one ticker: those whose interval begins from one time to before another one. */
export interface StoredBarQuery extends Span {
  readonly dataset: string;
  readonly ticker: string;
  /** A minute, or whole minutes. */
  readonly interval: BarInterval;
  readonly order: "oldest-first" | "newest-first";
  /** 1 to {@link storedBarsMax}. */
  readonly limit: number;
  /** How many of the first to skip, 0 to {@link storedBarsOffsetMax}. Default: 0. */
  readonly offset?: number | undefined;
}

/** A time of which a query's answer is not the whole truth. */
export interface UnknownSpan extends Span {
  /** Undefined where nothing was ever said of it: before the first batch, after the position. */
  readonly reason: string | undefined;
}

/** The answer to a query. */
export interface StoredBars {
  /** Intervals without trades are left out. One that is not wholly known has what is known of it. */
  readonly bars: readonly Bar[];
  /** What is not known of the time that was asked for, oldest first. */
  readonly unknown: readonly UnknownSpan[];
}

/** A store with one writer for each dataset. */
export interface BarStore {
  /** Up to where a dataset is stored; undefined before its first batch with a position. */
  position(dataset: string): Promise<StoredPosition | undefined | StorageFailure>;
  /** Resolves when all of the batch is durable, or nothing of it is. Batches are stored in the order of the calls. */
  put(batch: BarBatch): Promise<StorageFailure | undefined>;
  /** Sees every batch whose `put` has resolved. */
  read(query: StoredBarQuery): Promise<StoredBars | StorageFailure>;
  /**
   * Forgets a dataset's minutes that begin before a time, and that anything was known before it. The
   * position stays.
   */
  forget(dataset: string, beforeUs: number): Promise<StorageFailure | undefined>;
  /** Waits until what was put is stored, then lets the storage go. Closing again does nothing. */
  close(): Promise<void>;
}

/** Whether a store says that it failed. */
export function isStorageFailure(answer: object | undefined): answer is StorageFailure {
  return answer !== undefined && "kind" in answer && answer.kind === "failure";
}

/**
 * Whether a state of a bar takes the place of the stored one: it has been revised more often, or grown. The same
 * state again does as well, which changes nothing.
 */
export function isNewerBar(bar: Bar, stored: Bar): boolean {
  if (bar.revision !== stored.revision) return bar.revision > stored.revision;
  return bar.tradeCount >= stored.tradeCount;
}

/** Whether a batch is after what is stored of its dataset. */
export function isNewBatch({ position }: BarBatch, stored: StoredPosition | undefined): boolean {
  if (position === undefined || position.epoch !== stored?.epoch) return true;
  return position.sequence > stored.sequence;
}

/** Checks a query; one out of range is a bug of the caller. */
export function assertStoredBarQuery({ fromUs, toUs, limit, offset = 0 }: StoredBarQuery): void {
  assert(Number.isSafeInteger(fromUs) && Number.isSafeInteger(toUs), "times are microseconds");
  assert(Number.isInteger(limit) && limit >= 1, "a page has room for a bar");
  assert(limit <= storedBarsMax, "a page is not larger than its maximum");
  assert(Number.isInteger(offset) && offset >= 0, "an offset is a count");
  assert(offset <= storedBarsOffsetMax, "an offset is not larger than its maximum");
}

/**
 * What is known of the past of datasets: bars, trades, and the times of which nothing is known. There is
 * one reader for all datasets of a server, whoever stores them.
 *
 * Where there is no bar, nothing was traded or nothing is known. Which of the two is stored as a fact:
 * a span is known when everything that was traded in it is stored.
 */
import { assert } from "../core/assert.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import type { BarInterval } from "../marketdata/bars/interval.ts";
import type { Span } from "../marketdata/bars/span.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { Unanswered } from "./history.ts";

/** Most bars or trades that one query answers with. */
export const storedRowsMax = 10_000;

/** Most rows that a query may skip. */
export const storedOffsetMax = 10_000_000;

/** How long a client waits for an answer from the past before they are told that it takes too long, in milliseconds. */
export const pastAnswerMsMax = 20_000;

/** A trade as it is stored. */
export interface StoredTrade extends Omit<Trade, "instrument" | "receiveTimeUs"> {
  readonly ticker: string;
}

/** A time of which everything is stored: of one ticker, or of all of the dataset where none is named. */
export interface KnownSpan extends Span {
  readonly ticker?: string | undefined;
}

/** A time of which something is missing, and why. */
export interface Gap extends KnownSpan {
  readonly reason: string;
}

/** Who asks, and whether they still want to know. */
export interface Asking {
  /** Askers take turns. By default all that name none are one asker. */
  readonly asker?: string | undefined;
  /** Whether nobody waits for the answer any more; work that is not done by then is left, and `busy` answered. */
  readonly isAbandoned?: (() => boolean) | undefined;
}

/** Rows of one ticker: those of a time, page by page. */
interface RowQuery extends Span, Asking {
  readonly dataset: string;
  readonly ticker: string;
  readonly order: "oldest-first" | "newest-first";
  /** 1 to {@link storedRowsMax}. */
  readonly limit: number;
  /** How many of the first to skip, 0 to {@link storedOffsetMax}. Default: 0. */
  readonly offset?: number | undefined;
}

/** Bars whose interval begins from one time to before another one. */
export interface StoredBarQuery extends RowQuery {
  /** A whole number of seconds, weeks or months. Below a minute there are bars where trades are stored. */
  readonly interval: BarInterval;
}

/** A question for bars that names neither dataset nor ticker, because whoever answers it has one of them. */
export type TickerBarQuery = Omit<StoredBarQuery, "dataset" | "ticker">;

/** Trades of event times from one to before another one, by event time, then as they came. */
export type StoredTradeQuery = RowQuery;

/** A time of which a query's answer is not the whole truth. */
export interface UnknownSpan extends Span {
  /** Undefined where nothing was ever said of it: before the first batch, after the position. */
  readonly reason: string | undefined;
}

/** The answer to a query for bars. */
export interface StoredBars {
  /** Intervals without trades are left out. One that is not wholly known has what is known of it. */
  readonly bars: readonly StoredBar[];
  /** What is not known of the time that was asked for, oldest first. */
  readonly unknown: readonly UnknownSpan[];
}

/** What is stored of one ticker. */
export interface StoredTicker {
  readonly ticker: string;
  /** Start of the oldest and of the newest minute with a bar. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly minutes: number;
  readonly trades: number;
}

/** What is known of a dataset in a time, oldest first. */
export interface Coverage {
  readonly known: readonly KnownSpan[];
  readonly gaps: readonly Gap[];
}

/** Which coverage: of everything that concerns a ticker, or of all of the dataset. */
export interface CoverageQuery extends Span, Asking {
  readonly dataset: string;
  readonly ticker?: string | undefined;
}

/**
 * Reads the past. The reader that protocols are given answers with all that was published when it was
 * asked. A dataset or ticker of which nothing is stored has no rows.
 */
export interface DatasetReader {
  bars(query: StoredBarQuery): Promise<StoredBars | Unanswered>;
  trades(query: StoredTradeQuery): Promise<readonly StoredTrade[] | Unanswered>;
  coverage(query: CoverageQuery): Promise<Coverage | Unanswered>;
  /** By name. */
  tickers(dataset: string): Promise<readonly StoredTicker[] | Unanswered>;
}

/** Checks a query; one out of range is a bug of the caller. */
export function assertRowQuery({ fromUs, toUs, limit, offset = 0 }: RowQuery): void {
  assert(Number.isSafeInteger(fromUs) && Number.isSafeInteger(toUs), "times are microseconds");
  assert(Number.isInteger(limit) && limit >= 1, "a page has room for a row");
  assert(limit <= storedRowsMax, "a page is not larger than its maximum");
  assert(Number.isInteger(offset) && offset >= 0, "an offset is a count");
  assert(offset <= storedOffsetMax, "an offset is not larger than its maximum");
}

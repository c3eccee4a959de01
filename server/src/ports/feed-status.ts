/** How feeds are doing, as operators see it. */
import type { WatchedTicker } from "./feed.ts";

/** A dataset's feed. */
export interface FeedStatus {
  readonly dataset: string;
  /** `waiting`, `running`, `restarting`, `finished`, `stopped` or `failed`. */
  readonly state: string;
  /** Why it failed last; undefined when it never did. */
  readonly failure: string | undefined;
  readonly trades: number;
  /** Trades that are in no bar, by kind. */
  readonly unused: Readonly<Record<string, number>>;
  readonly gaps: number;
  readonly restarts: number;
  /** Receive time minus event time of the latest trade, in microseconds. */
  readonly lagUs: number;
  /** None where tickers are not watched one by one. */
  readonly tickers: readonly WatchedTicker[];
}

/** Tells it. */
export type FeedStatuses = () => readonly FeedStatus[];

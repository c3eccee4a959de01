/** Bars as a dataset publishes them, and how often. */
import type { Bar } from "./bars/bar.ts";

/** Length of a bar that is folded from trades, in microseconds; longer ones are rolled up from these. */
export const barIntervalUs = 60_000_000;

/** How often an open bar is sent, in seconds of market time. */
export type PublishPeriodS = 1 | 10 | 60;

/** All publish periods, shortest first. */
export const publishPeriodsS: readonly PublishPeriodS[] = [1, 10, 60];

/** One bit for each publish period, to write a set of them as one number. */
export const periodBit: Readonly<Record<PublishPeriodS, number>> = { 1: 1, 10: 2, 60: 4 };

/** The set of all publish periods. */
export const everyPeriod = 7;

/** The state of one minute of a dataset's ticker at the moment it was published. */
export interface BarUpdate extends Bar {
  /** Code of the dataset, and of who supplied it. */
  readonly dataset: string;
  readonly publisher: string;
  readonly ticker: string;
  readonly takerBuyVolume: number | bigint;
  readonly takerBuyQuoteVolume: number | bigint;
  /** `open` while its minute runs, `closed` when published at its end, `revised` after a late trade. */
  readonly state: "open" | "closed" | "revised";
}

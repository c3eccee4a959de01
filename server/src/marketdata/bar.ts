/** A bar: open, high, low, close and volume of one minute of event time. */
/** Length of a bar in microseconds. */
export const barIntervalUs = 60_000_000;

/** How often an open bar is sent, in seconds of market time. */
export type PublishPeriodS = 1 | 10 | 60;

/** All publish periods, shortest first. */
export const publishPeriodsS: readonly PublishPeriodS[] = [1, 10, 60];

/** One bit for each publish period, to write a set of them as one number. */
export const periodBit: Readonly<Record<PublishPeriodS, number>> = { 1: 1, 10: 2, 60: 4 };

/** The set of all publish periods. */
export const everyPeriod = 7;

/**
 * The state of one bar at the moment it was published. Prices are integers at `priceScale` decimals,
 * volumes at `volumeScale`; what has outgrown a safe integer is a bigint.
 */
export interface Bar {
  /** Code of the dataset, and of who supplied it. */
  readonly dataset: string;
  readonly publisher: string;
  readonly ticker: string;
  /** Start of the minute, in microseconds since 1970. */
  readonly startUs: number;
  readonly priceScale: number;
  readonly open: number | bigint;
  readonly high: number | bigint;
  readonly low: number | bigint;
  readonly close: number | bigint;
  /** Base quantity traded, at `volumeScale` decimals. */
  readonly volume: number | bigint;
  readonly volumeScale: number;
  /** Sum of price × quantity, at `priceScale + volumeScale` decimals. */
  readonly quoteVolume: number | bigint;
  /** Part of `volume` in which the buyer was the aggressor. */
  readonly takerBuyVolume: number | bigint;
  /** Part of `quoteVolume` in which the buyer was the aggressor. */
  readonly takerBuyQuoteVolume: number | bigint;
  /** Trades in the bar; at least 1. */
  readonly tradeCount: number;
  /** `open` while its minute runs, `closed` when published at its end, `revised` after a late trade. */
  readonly state: "open" | "closed" | "revised";
  /** How often the bar changed after it was closed. */
  readonly revision: number;
}

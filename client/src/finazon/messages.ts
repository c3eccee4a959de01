/** What the Finazon stream says, in this package's words. Prices and volumes are exact decimal texts. */

/** How often a running bar is sent. */
export type Frequency = "1s" | "10s" | "1m";

/** A bar of a minute, which is sent again and again while its minute runs: the same `startMs`, a newer state. */
export interface Bar {
  readonly dataset: string;
  readonly publisher: string;
  readonly ticker: string;
  readonly frequency: Frequency;
  /** Beginning of the minute in milliseconds since 1970. */
  readonly startMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** Bars to subscribe to. */
export interface BarsRequest {
  readonly dataset: string;
  readonly tickers: readonly string[];
  /** `1s` when left out. */
  readonly frequency?: Frequency;
}

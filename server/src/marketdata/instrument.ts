/** What is quoted: one ticker of one dataset. */

/** A named collection of tickers that is served together, and who supplied it. */
export interface Dataset {
  /** Code used in requests, for example `huobi`. */
  readonly code: string;
  /** Human-readable name. */
  readonly name: string;
  /** Code of the publisher, for example `huobi`; often the same word as the dataset. */
  readonly publisher: string;
}

/** One ticker of a dataset. */
export interface Instrument {
  readonly dataset: Dataset;
  /** `BASE/QUOTE` for crypto and forex, a plain symbol for stocks. */
  readonly ticker: string;
  /** Position among the dataset's instruments, counted from 0 without gaps: an array index for folds. */
  readonly index: number;
}

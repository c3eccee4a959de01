/** What the Finazon REST interface is asked and answers, in this package's words; numbers are exact decimal texts. */

/** Something that has a code and a name. */
export interface NamedCode {
  readonly code: string;
  readonly name: string;
  /** Of a dataset that gets no more data: why. */
  readonly status?: "finished" | "failed";
}

/** A dataset that the key may use. */
export interface MyDataset extends NamedCode {
  /** The limits of the workspace, in words. */
  readonly limits: readonly { readonly title: string; readonly value: string }[];
}

/** A ticker and who publishes it. */
export interface TickerName {
  readonly ticker: string;
  readonly publisher: string;
}

/** Length of a bar. */
export type BarInterval =
  | `${1 | 2 | 3 | 4 | 5 | 10 | 15 | 20 | 30 | 45}m`
  | `${1 | 2 | 3 | 4 | 8 | 12}h`
  | "1d"
  | "1w"
  | `${1 | 2 | 3 | 4}mo`;

/** A part of the past of a ticker. */
export interface PastRequest {
  readonly dataset: string;
  readonly ticker: string;
  /** From then on and until then, in milliseconds since 1970; the server counts in seconds. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** The newest first when left out. */
  readonly order?: "asc" | "desc";
  /** Counted from 0, or from 1 where the operator chose that. */
  readonly page?: number;
  /** 1 to 1,000. */
  readonly pageSize?: number;
}

/** Bars of the past. */
export interface SeriesRequest extends PastRequest {
  readonly interval: BarInterval;
}

/** A bar of the past. */
export interface PastBar {
  readonly startMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** From a moment to before another one, in milliseconds since 1970. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Bars, and the times among them of which not everything is known. */
export interface KnownBars {
  readonly bars: readonly PastBar[];
  readonly unknown: readonly Span[];
}

/** A trade of the past. */
export interface PastTrade {
  readonly timeMs: number;
  readonly price: string;
  readonly quantity: string;
}

/** Names of the indicators. */
export type Indicator =
  | "atr"
  | "bbands"
  | "ichimoku"
  | "ma"
  | "macd"
  | "obv"
  | "rsi"
  | "sar"
  | "stoch";

/** Values of an indicator at a time, by the names of the wire. */
export interface IndicatorRow {
  readonly timeMs: number;
  readonly values: Readonly<Record<string, string>>;
}

/** How many calls may be made in a minute, nothing for any number, and how many were. */
export interface CallCount {
  readonly limit: number | undefined;
  readonly usage: number;
}

/** Calls of a product in this minute. */
export interface ApiUsage {
  readonly product: string;
  readonly calls: CallCount;
}

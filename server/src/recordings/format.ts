/**
 * What a recording can hold and how it is described: known formats, and columns of others. It says what is
 * wrong with a description before any file is opened.
 */
import type { AggressorSide } from "../marketdata/trade.ts";

/**
 * What the numbers of a time column count, or `iso` where it holds ISO 8601 alone, which is read with
 * every unit. A fraction is allowed and read exactly to the microsecond.
 */
export type TimeUnit = "s" | "ms" | "us" | "ns" | "iso";

/**
 * Which column (or top-level JSON key) holds what. A text is a name in the header, a number is a
 * position counted from 0 in a file that has no header.
 */
export interface ColumnMap<Column> {
  readonly price: Column;
  readonly quantity: Column;
  /** When the trade happened. */
  readonly time: Column;
  /** The venue's trade id; without it duplicates cannot be known. */
  readonly id?: Column | undefined;
  /** Whether ids are texts (`text`) also where they are digits; in a file without it those are numbers. */
  readonly idType?: Column | undefined;
  /** The aggressor's side. */
  readonly side?: Column | undefined;
  /** Whether the buyer was the maker, so that the seller was the aggressor, as Binance has it. */
  readonly buyerMaker?: Column | undefined;
  /** Where the trade happened, where files of several venues are one. */
  readonly venue?: Column | undefined;
  /** The venue's symbol, where one file holds several tickers. */
  readonly ticker?: Column | undefined;
  /** When the recorder received the trade, in the same unit as `time`. */
  readonly receiveTime?: Column | undefined;
}

/** What the numbers of a file count, where they are not moments since 1970 and decimals as they stand. */
export interface NumberOptions {
  /**
   * What 0 in the time columns means, in microseconds since 1970. A file that counts from midnight needs
   * that midnight here. Without it times before 1990 are refused, as those of another unit.
   */
  readonly timeOriginUs?: number | undefined;
  /** Decimals left out in price columns: 4 where 1674200 means 167.42. 0 … 15, default 0. */
  readonly priceDecimals?: number | undefined;
  /** Decimals left out in quantity and volume columns, 0 … 15, default 0. */
  readonly quantityDecimals?: number | undefined;
}

/** How to read a file that no built-in format describes. */
export interface ColumnOptions<Column> extends NumberOptions {
  readonly columns: ColumnMap<Column>;
  readonly timeUnit: TimeUnit;
  /** Words of the side column; default: buy, sell, b, s, unknown in lower, upper or title case. */
  readonly sides?: Readonly<Record<string, AggressorSide>> | undefined;
}

/** Which column or key holds which figure of a bar; else as {@link ColumnMap}. */
export interface BarColumnMap<Column> {
  /** When the bar begins. */
  readonly time: Column;
  readonly open: Column;
  readonly high: Column;
  readonly low: Column;
  readonly close: Column;
  readonly volume: Column;
  /** The last moment of the bar, or the first one after it: it tells how long the bar is. */
  readonly closeTime?: Column | undefined;
  readonly quoteVolume?: Column | undefined;
  readonly trades?: Column | undefined;
  readonly takerBuyVolume?: Column | undefined;
  readonly takerBuyQuoteVolume?: Column | undefined;
  readonly ticker?: Column | undefined;
  readonly firstTime?: Column | undefined;
  readonly lastTime?: Column | undefined;
  readonly revision?: Column | undefined;
}

/** A CSV file with a column map. */
export interface CsvFormat extends ColumnOptions<string | number> {
  readonly kind: "csv";
  /** The character between two columns; default a comma. */
  readonly separator?: string | undefined;
}

/** A file of one JSON object a line. */
export interface NdjsonFormat extends ColumnOptions<string> {
  readonly kind: "ndjson";
}

/** The formats that can be read. README.md describes each. */
export type RecordingFormat =
  | { readonly kind: "binance-trades" }
  | { readonly kind: "binance-aggtrades" }
  | { readonly kind: "tardis-trades" }
  | CsvFormat
  | NdjsonFormat;

/** Bars, in a format whose columns are known or described. */
export type BarFormat =
  | { readonly kind: "binance-klines" }
  | (BarColumns<string | number> & {
      readonly kind: "csv-bars";
      readonly separator?: string | undefined;
    })
  | (BarColumns<string> & { readonly kind: "ndjson-bars" });

interface BarColumns<Column> extends NumberOptions {
  readonly columns: BarColumnMap<Column>;
  readonly timeUnit: TimeUnit;
}

/** Whether files of a format hold bars. */
export function isOfBars(format: FileFormat): format is BarFormat {
  return format.kind === "binance-klines" || format.kind.endsWith("-bars");
}

/** A format that the first lines of the file decide, with what is known of it. */
export interface AutoFormat extends NumberOptions {
  readonly kind: "auto";
  /** Columns by their roles; without them their names are known or guessed. */
  readonly columns?: Readonly<Record<string, string | number>> | undefined;
  readonly timeUnit?: TimeUnit | undefined;
}

/** How a file is to be read. */
export type FileFormat = RecordingFormat | BarFormat | AutoFormat;

/** How rows come into order: in a window in memory, or by sorting each file on disk before it is played. */
export type RowSort = "window" | "disk";

/** Order of rows where none is named. */
export const sortDefault: RowSort = "window";

/** Most decimals that a column may leave out. */
export const hiddenDecimalsMax = 15;

/** What is wrong with a description, in words for the operator; undefined when nothing is. */
export function formatFault(format: RecordingFormat): string | undefined {
  if (format.kind !== "csv" && format.kind !== "ndjson") return undefined;
  return numbersFault(format) ?? (format.kind === "csv" ? csvFault(format) : undefined);
}

function numbersFault({
  priceDecimals = 0,
  quantityDecimals = 0,
  timeOriginUs = 0,
}: NumberOptions): string | undefined {
  for (const decimals of [priceDecimals, quantityDecimals]) {
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > hiddenDecimalsMax) {
      return `decimals left out in a column are a whole number from 0 to ${hiddenDecimalsMax}, not ${decimals}`;
    }
  }
  if (!Number.isSafeInteger(timeOriginUs) || timeOriginUs < 0) {
    return `timeOriginUs is a whole number of microseconds since 1970, not ${timeOriginUs}`;
  }
  return undefined;
}

/** The exponent that puts the point where a column leaves decimals out, as `e-4`; empty where it leaves out none. */
export function hiddenExponent(decimals = 0): string {
  return decimals === 0 ? "" : `e-${decimals}`;
}

function csvFault({ columns, separator = "," }: CsvFormat): string | undefined {
  if (separator.length !== 1 || '"\r\n'.includes(separator)) {
    return "separator is one character, and neither a quote nor a line break";
  }
  for (const [role, column] of Object.entries(columns)) {
    if (typeof column === "number" && (!Number.isInteger(column) || column < 0)) {
      return `columns.${role} is a column's name or its position counted from 0, not ${column}`;
    }
  }
  return undefined;
}

/** Whether rows of this format say which ticker they belong to. */
export function hasTickerColumn(format: FileFormat): boolean {
  if (isOfBars(format)) return "columns" in format && format.columns.ticker !== undefined;
  if (format.kind === "auto") return format.columns?.["ticker"] !== undefined;
  if (format.kind === "csv" || format.kind === "ndjson") return format.columns.ticker !== undefined;
  return format.kind === "tardis-trades";
}

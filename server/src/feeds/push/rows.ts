/**
 * Reads the rows of a batch: one JSON object a line. A row that is wrong is named by its number with what
 * would be right, and then nothing of the batch is taken. It guesses nothing: no units, no defaults but the side.
 */
import { parseWideDecimal, rescaleExactly, type WideDecimal } from "../../core/num/decimal.ts";
import { earlinessMaxUs } from "../../marketdata/bar-series.ts";
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import type { LiveTrade } from "../../ports/live-source.ts";
import { nextTurn } from "../../ports/timers.ts";

/** Rows that are read in one turn of the event loop. */
const sliceRows = 250;

/** Most wrong rows that an answer names. */
export const namedFaultsMax = 10;

/** Longest ticker and longest id, in characters. */
const tickerLengthMax = 64;
const idLengthMax = 128;

/** A row. */
export type PushRow =
  | { readonly kind: "trade"; readonly ticker: string; readonly trade: LiveTrade }
  | { readonly kind: "bar"; readonly ticker: string; readonly bar: StoredBar }
  | {
      readonly kind: "known" | "gap";
      readonly ticker: string;
      readonly fromUs: number;
      readonly toUs: number;
      readonly reason: string;
    };

/** What is wrong with a row, counted from 1. */
export interface RowFault {
  readonly row: number;
  readonly problem: string;
}

/** What the rows are read for. */
export interface RowsOptions {
  readonly venue: string;
  readonly nowUs: number;
  readonly rowsMax: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a batch; with any faults, the first of them instead of rows. */
export async function readRows(
  text: string,
  options: RowsOptions,
): Promise<readonly PushRow[] | { readonly faults: readonly RowFault[] }> {
  const lines = text.split("\n");
  const rows: PushRow[] = [];
  const faults: RowFault[] = [];
  for (let at = 0; at < lines.length && faults.length < namedFaultsMax; at += 1) {
    if (at % sliceRows === sliceRows - 1) await nextTurn();
    const line = lines[at]?.trim() ?? "";
    if (line === "") continue;
    if (rows.length >= options.rowsMax) {
      return { faults: [{ row: at + 1, problem: `a batch has at most ${options.rowsMax} rows` }] };
    }
    const row = readRow(line, options);
    if (typeof row === "string") faults.push({ row: at + 1, problem: row });
    else rows.push(row);
  }
  return faults.length > 0 ? { faults } : rows;
}

function readRow(line: string, options: RowsOptions): PushRow | string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return 'it is no JSON: one object a line, such as {"ticker":"BTC/USDT","id":1,"price":"63000.5","quantity":"0.01","time":1723075200000000}';
  }
  if (!isObject(fields)) return "it is no JSON object";
  const { ticker } = fields;
  if (typeof ticker !== "string" || ticker === "" || ticker.length > tickerLengthMax) {
    return `ticker: a text of 1 to ${tickerLengthMax} characters`;
  }
  for (const kind of ["bar", "known", "gap"] as const) {
    const part = fields[kind];
    if (part === undefined) continue;
    if (!isObject(part)) return `${kind}: an object`;
    return kind === "bar" ? readBar(ticker, part, options) : readSpan(kind, ticker, part);
  }
  return readTrade(ticker, fields, options);
}

function readTrade(
  ticker: string,
  fields: Fields,
  { venue, nowUs }: RowsOptions,
): PushRow | string {
  const { id, side = "unknown" } = fields;
  const isId =
    (typeof id === "string" && id !== "" && id.length <= idLengthMax) || Number.isSafeInteger(id);
  if (!isId)
    return `id: a text of 1 to ${idLengthMax} characters or an integer; it is what a repeated trade is known by`;
  const price = positive(fields["price"]);
  if (price === undefined) return `price: ${decimalUsage("63000.5")}`;
  const quantity = positive(fields["quantity"]);
  if (quantity === undefined) return `quantity: ${decimalUsage("0.01")}`;
  const eventTimeUs = timeOf(fields["time"]);
  if (typeof eventTimeUs === "string") return `time: ${eventTimeUs}`;
  if (eventTimeUs > nowUs + earlinessMaxUs / 2) return "time: it is in the future";
  if (side !== "buy" && side !== "sell" && side !== "unknown") {
    return "side: buy, sell or unknown; that of the order that came and matched";
  }
  const trade: LiveTrade = {
    ...{ venue, id: id as number | string, eventTimeUs, aggressor: side },
    ...{ price: price.coefficient, priceScale: price.scale },
    ...{ quantity: quantity.coefficient, quantityScale: quantity.scale },
  };
  return { kind: "trade", ticker, trade };
}

function readBar(ticker: string, fields: Fields, { nowUs }: RowsOptions): PushRow | string {
  const startUs = timeOf(fields["start"]);
  if (typeof startUs === "string") return `bar.start: ${startUs}`;
  if (startUs % barIntervalUs !== 0) return "bar.start: the start of a minute";
  if (startUs + barIntervalUs > nowUs)
    return "bar.start: its minute has not ended; finished bars only";
  const prices: WideDecimal[] = [];
  for (const name of ["open", "high", "low", "close"]) {
    const price = positive(fields[name]);
    if (price === undefined) return `bar.${name}: ${decimalUsage("63000.5")}`;
    prices.push(price);
  }
  const volume = decimal(fields["volume"]);
  if (volume === undefined) return `bar.volume: ${decimalUsage("12.5")}`;
  const { trades } = fields;
  const isCount = Number.isSafeInteger(trades) && (trades as number) >= 1;
  if (trades !== undefined && !isCount) return "bar.trades: an integer from 1 on, or left out";
  const priceScale = Math.max(...prices.map(({ scale }) => scale));
  const [open = 0, high = 0, low = 0, close = 0] = prices.map(({ coefficient, scale }) =>
    rescaleExactly(coefficient, scale, priceScale),
  );
  if (high < low || open > high || open < low || close > high || close < low) {
    return "bar: open and close lie between low and high";
  }
  const bar: StoredBar = {
    ...{ startUs, priceScale, open, high, low, close },
    ...{ volume: volume.coefficient, volumeScale: volume.scale },
    ...{ quoteVolume: undefined, takerBuyVolume: undefined, takerBuyQuoteVolume: undefined },
    ...{ tradeCount: trades as number | undefined, firstUs: startUs, lastUs: startUs, revision: 0 },
  };
  return { kind: "bar", ticker, bar };
}

function readSpan(kind: "known" | "gap", ticker: string, fields: Fields): PushRow | string {
  const fromUs = timeOf(fields["from"]);
  if (typeof fromUs === "string") return `${kind}.from: ${fromUs}`;
  const toUs = timeOf(fields["to"]);
  if (typeof toUs === "string") return `${kind}.to: ${toUs}`;
  if (toUs <= fromUs) return `${kind}.to: after from`;
  const { reason = "the producer says so" } = fields;
  if (typeof reason !== "string" || reason.length > 200)
    return "gap.reason: a text of at most 200 characters";
  return { kind, ticker, fromUs, toUs, reason };
}

const timeUsage =
  "microseconds since 1970 as an integer, or a text such as 2024-08-08T00:00:00.123456Z";
const isoTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/;
/** 2001 in microseconds, and in milliseconds a time beyond the year 30000: what is less was meant in another unit. */
const earliestUs = 978_307_200_000_000;

function timeOf(value: unknown): number | string {
  if (typeof value === "string") {
    const [, whole, fraction = ""] = isoTime.exec(value) ?? [];
    const ms = whole === undefined ? Number.NaN : Date.parse(`${whole}Z`);
    return Number.isNaN(ms) ? timeUsage : ms * 1_000 + Number(fraction.padEnd(6, "0"));
  }
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return timeUsage;
  if (value < earliestUs) return `${timeUsage}; ${value} is before 2001, or of another unit`;
  return value;
}

function decimalUsage(example: string): string {
  return `a decimal text such as "${example}", more than 0; a text, so that no digit is lost on the way`;
}

function decimal(value: unknown): WideDecimal | undefined {
  if (typeof value !== "string") return undefined;
  const read = parseWideDecimal(value);
  return typeof read === "string" || read.coefficient < 0 ? undefined : read;
}

function positive(value: unknown): WideDecimal | undefined {
  const read = decimal(value);
  return read !== undefined && read.coefficient > 0 ? read : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

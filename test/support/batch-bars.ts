/**
 * Bars of a whole file at once, written independently of the server: plain arrays, unbounded integers
 * at 18 decimals. Slow and simple; it is what the streamed bars are held against.
 */
import type { CsvFormat, RecordingFormat } from "../../server/src/recordings/format.ts";

/** A bar as decimal texts without trailing zeros. */
export interface ExactBar {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

interface Row {
  readonly timeMs: number;
  readonly price: bigint;
  readonly quantity: bigint;
}

const decimals = 18;

/** Bars by start of the minute in Unix seconds, ascending. */
export function batchBars(
  rows: readonly string[][],
  format: RecordingFormat,
): ReadonlyMap<string, ExactBar> {
  const trades = rows.flatMap(reader(format)).sort((a, b) => a.timeMs - b.timeMs);
  const minutes = Map.groupBy(trades, ({ timeMs }) => String(Math.floor(timeMs / 60_000) * 60));
  return new Map(Array.from(minutes, ([minute, inside]) => [minute, bar(inside)]));
}

function bar(trades: readonly Row[]): ExactBar {
  const prices = trades.map(({ price }) => price);
  const ascending = prices.toSorted((a, b) => (a < b ? -1 : 1));
  const volume = trades.reduce((sum, { quantity }) => sum + quantity, 0n);
  return {
    open: text(prices[0] ?? 0n),
    high: text(ascending.at(-1) ?? 0n),
    low: text(ascending[0] ?? 0n),
    close: text(prices.at(-1) ?? 0n),
    volume: text(volume),
  };
}

function reader(format: RecordingFormat): (row: readonly string[]) => readonly Row[] {
  switch (format.kind) {
    case "binance-trades":
      return ([id, price, quantity, time, , type]) =>
        isHeader(id) || (type !== undefined && type.trim() !== "MARKET")
          ? []
          : row(time, price, quantity);
    case "binance-aggtrades":
      return ([id, price, quantity, , , time]) => (isHeader(id) ? [] : row(time, price, quantity));
    case "csv":
      return columns(format);
    default:
      throw new Error(`no tape has the format ${format.kind}`);
  }
}

function columns(format: CsvFormat): (row: readonly string[]) => readonly Row[] {
  const { price, quantity, time } = format.columns;
  const unitMs = format.timeUnit === "s" ? 1_000 : 1;
  const originMs = (format.timeOriginUs ?? 0) / 1_000;
  const shift = 10n ** BigInt(format.priceDecimals ?? 0);
  return (cells) => {
    const timeMs = Number(cells[Number(time)]) * unitMs + originMs;
    const found = row(String(timeMs), cells[Number(price)], cells[Number(quantity)]);
    // A trade of nothing is no trade.
    return found
      .filter((trade) => trade.quantity > 0n)
      .map((trade) => ({ ...trade, price: trade.price / shift }));
  };
}

function row(time = "", price = "", quantity = ""): readonly Row[] {
  return [{ timeMs: Number(time), price: units(price), quantity: units(quantity) }];
}

function isHeader(cell = ""): boolean {
  return !/^\d/.test(cell);
}

function units(decimal: string): bigint {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

function text(value: bigint): string {
  const digits = value.toString().padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, "");
}

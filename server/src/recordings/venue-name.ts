/**
 * What the name of a file tells, as Binance names the history that it publishes: symbol, kind, and the day
 * or month (UTC) that the file holds all of.
 */
import { basename } from "node:path";
import type { Span } from "../marketdata/bars/span.ts";

/** What such a name tells. */
export interface VenueName {
  readonly symbol: string;
  /** Of bars alone, such as `1m`. */
  readonly interval: string | undefined;
  readonly span: Span;
}

const namePattern =
  /^([A-Z0-9_]{2,32})-(?:trades|aggTrades|(\d{1,2}(?:s|m|h|d|w|mo)))-(\d{4})-(\d\d)(?:-(\d\d))?\.(?:zip|csv|csv\.gz|csv\.zst|parquet)$/;

/** Reads the name of a file; undefined where it is another. */
export function venueName(path: string): VenueName | undefined {
  const match = namePattern.exec(basename(path));
  if (match === null) return undefined;
  const [, symbol = "", interval, year, month, day] = match;
  const [y, m] = [Number(year), Number(month) - 1];
  const fromMs = Date.UTC(y, m, Number(day ?? 1));
  const toMs = day === undefined ? Date.UTC(y, m + 1, 1) : Date.UTC(y, m, Number(day) + 1);
  const isDate = m < 12 && new Date(fromMs).getUTCMonth() === m;
  if (!isDate) return undefined;
  return { symbol, interval, span: { fromUs: fromMs * 1_000, toUs: toMs * 1_000 } };
}

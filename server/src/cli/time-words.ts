/** Intervals and moments as they are written on the command line. */
import {
  type BarInterval,
  monthsInterval,
  secondsInterval,
  weekInterval,
} from "../marketdata/bars/interval.ts";
import { createTimeReader, guessTimeUnit } from "../recordings/map-time.ts";

/** What `--interval` asks for: bars of an interval, or trades. */
export interface ExportInterval {
  readonly interval: BarInterval | undefined;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Longest interval of a fixed length, in seconds: a day. */
const secondsMax = 86_400;

/** Reads `trades`, `30s`, `1m`, `4h`, `1d`, `1w` or `3mo`; a text says what would be right. */
export function exportInterval(text: string): ExportInterval | string {
  if (text === "trades") return { interval: undefined };
  if (text === "1w") return { interval: weekInterval };
  const [, count = "", unit = ""] = /^(\d{1,5})(s|m|h|d|mo)$/.exec(text) ?? [];
  const length = Number(count);
  if (unit === "mo" && length >= 1 && 12 % length === 0) {
    return { interval: monthsInterval(length) };
  }
  const seconds = length * (unitSeconds[unit] ?? 0);
  const isWhole = seconds >= 1 && secondsMax % seconds === 0;
  if (isWhole) return { interval: secondsInterval(seconds) };
  return `--interval ${text} is none of trades, 1s, 1m, 5m, 1h, 1d, 1w, 1mo and the like, of which a day or a year is a multiple`;
}

/** A moment in microseconds since 1970, `otherwise` where none is named; a text says what would be right. */
export function momentUs(text: string | undefined, otherwise: number): number | string {
  if (text === undefined) return otherwise;
  const written = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const unit = guessTimeUnit(written);
  const us = unit === undefined ? undefined : createTimeReader(unit).read(written);
  return us ?? `${text} is no time: write 2024-08-08, 2024-08-08T12:30:00Z or seconds since 1970`;
}

/**
 * Reads the time columns of recordings as whole microseconds since 1970. The digits never pass
 * through a fraction in binary; what is finer than a microsecond is cut off.
 */
import { powersOfTen } from "../../core/num/decimal.ts";
import type { TimeUnit } from "./config.ts";
import { digits } from "./digits.ts";

/** A time text in microseconds since 1970; undefined when it is not a time before 2100. */
export type TimeReader = (text: string) => number | undefined;

/** 2100-01-01: a later time means a wrong unit or a damaged row, and would drag market time along. */
export const recordedTimeEndUs = 4_102_444_800_000_000;

/** A Binance time of at least this is in microseconds; as milliseconds it would be the year 5138. */
const binanceMicrosecondsFrom = 100_000_000_000_000;

/** Decimal places from each unit to a microsecond. */
const placesToUs: Readonly<Record<TimeUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };

/** Reads times in `unit`, counted from `originUs` (microseconds since 1970). */
export function createTimeReader(unit: TimeUnit, originUs: number): TimeReader {
  const places = placesToUs[unit];
  return (text) => {
    const us = shiftedDigits(text, places);
    return us === undefined ? undefined : withinRange(us + originUs);
  };
}

/** Reads milliseconds or, as in files since 2025, microseconds; the size of each value tells which. */
export function readBinanceTime(text: string): number | undefined {
  const value = shiftedDigits(text, 0);
  if (value === undefined || text.includes(".")) return undefined;
  return withinRange(value >= binanceMicrosecondsFrom ? value : value * 1000);
}

function withinRange(us: number): number | undefined {
  return us < recordedTimeEndUs ? us : undefined;
}

/** The whole part of `text * 10 ** places`; undefined when the text is not plain decimal digits. */
function shiftedDigits(text: string, places: number): number | undefined {
  const point = text.indexOf(".");
  const wholeEnd = point < 0 ? text.length : point;
  const whole = digits(text, 0, places < 0 ? wholeEnd + places : wholeEnd);
  if (wholeEnd === 0 || whole === undefined) return undefined;
  if (places < 0 && digits(text, Math.max(0, wholeEnd + places), wholeEnd) === undefined) {
    return undefined;
  }
  const scaled = places > 0 ? whole * (powersOfTen[places] ?? 1) : whole;
  if (point < 0) return scaled;

  const fractionAt = wholeEnd + 1;
  if (fractionAt === text.length || digits(text, fractionAt, text.length) === undefined) {
    return undefined;
  }
  if (places <= 0) return scaled;
  const kept = Math.min(places, text.length - fractionAt);
  const fraction = digits(text, fractionAt, fractionAt + kept) ?? 0;
  return scaled + fraction * (powersOfTen[places - kept] ?? 1);
}

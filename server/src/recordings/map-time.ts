/**
 * Reads the time columns of recordings as whole microseconds since 1970: numbers of a unit, with or
 * without a fraction, and ISO 8601. The digits never pass through a fraction in binary; what is finer
 * than a microsecond is cut off. A time that cannot be meant is refused with the unit that would fit.
 */
import { parseWideDecimal, powersOfTen } from "../core/num/decimal.ts";
import { digits } from "./digits.ts";
import type { TimeUnit } from "./format.ts";

/** How the times of a file are read. */
export interface TimeReader {
  /** Microseconds since 1970; undefined when the text is no time that can be meant. */
  read(text: string): number | undefined;
  /** What is wrong with a text that was not read. */
  fault(text: string): TimeFault;
}

/** What is wrong with a time, in words that go on after `time`. */
export type TimeFault = `time ${string}`;

/** 2100-01-01: a later time means a wrong unit or a damaged row, and would drag market time along. */
export const recordedTimeEndUs = 4_102_444_800_000_000;

/** 1990-01-01: an earlier time means a wrong unit, unless a file says from when it counts. */
export const recordedTimeStartUs = 631_152_000_000_000;

/** A Binance time of at least this is in microseconds; as milliseconds it would be the year 5138. */
const binanceMicrosecondsFrom = 100_000_000_000_000;

type NumericUnit = Exclude<TimeUnit, "iso">;

/** Decimal places from each unit to a microsecond. */
const placesToUs: Readonly<Record<NumericUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };

const numericUnits = Object.keys(placesToUs) as NumericUnit[];

/**
 * Reads times in `unit`. Where `originUs` is given they count from there (microseconds since 1970),
 * and may be of any year before 2100.
 */
export function createTimeReader(unit: TimeUnit, originUs?: number): TimeReader {
  const earliestUs = originUs === undefined ? recordedTimeStartUs : 0;
  const places = unit === "iso" ? undefined : placesToUs[unit];
  return {
    read(text) {
      const us = places === undefined ? undefined : numberUs(text, places);
      const meantUs = us === undefined ? isoUs(text) : us + (originUs ?? 0);
      return meantUs !== undefined && isMeant(meantUs, earliestUs) ? meantUs : undefined;
    },
    fault: (text) => timeFault(text, unit, (fitting) => `set timeUnit: ${fitting}`),
  };
}

/** Reads milliseconds or, as in files since 2025, microseconds; the size of each value tells which. */
export const binanceTimes: TimeReader = {
  read(text) {
    const whole = shiftedDigits(text, 0);
    const places = whole !== undefined && whole >= binanceMicrosecondsFrom ? 0 : 3;
    const us = numberUs(text, places) ?? isoUs(text);
    return us !== undefined && isMeant(us, recordedTimeStartUs) ? us : undefined;
  },
  fault: (text) => timeFault(text, "ms", columnsWith),
};

/** Reads the microseconds of Tardis files. */
export const tardisTimes: TimeReader = {
  read: createTimeReader("us").read,
  fault: (text) => timeFault(text, "us", columnsWith),
};

function columnsWith(unit: NumericUnit): string {
  return `describe the columns with format csv and timeUnit: ${unit}`;
}

function isMeant(us: number, earliestUs: number): boolean {
  return us >= earliestUs && us < recordedTimeEndUs;
}

function timeFault(
  text: string,
  unit: TimeUnit,
  remedy: (fitting: NumericUnit) => string,
): TimeFault {
  const fitting = numericUnits.find((other) => {
    const us = numberUs(text, placesToUs[other]);
    return us !== undefined && isMeant(us, recordedTimeStartUs);
  });
  const us = unit === "iso" ? undefined : numberUs(text, placesToUs[unit]);
  if (us === undefined && fitting === undefined) return "time is neither a number nor ISO 8601";
  const read = us === undefined ? "is a number" : `is ${dateOf(us)} as ${unit}`;
  if (fitting === undefined) {
    return `time ${read}, and from 1990 to 2100 in no unit: where it counts from another moment, set timeOriginUs, on the command line --time-origin`;
  }
  const fittingUs = numberUs(text, placesToUs[fitting]) ?? 0;
  return `time ${read}, and ${dateOf(fittingUs)} as ${fitting}: ${remedy(fitting)}`;
}

/** The year 10000, in milliseconds since 1970. */
const farAwayMs = 253_402_300_800_000;

function dateOf(us: number): string {
  const ms = us / 1_000;
  return ms >= farAwayMs ? "after the year 9999" : new Date(ms).toISOString();
}

/** A number of any notation, of a unit that is `places` decimal places from a microsecond. */
function numberUs(text: string, places: number): number | undefined {
  return shiftedDigits(text, places) ?? exponentUs(text, places);
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

/** A number as programs write large ones, `1.7e12`. */
function exponentUs(text: string, places: number): number | undefined {
  if (!/^\d+(\.\d+)?[eE]/.test(text)) return undefined;
  const value = parseWideDecimal(text);
  if (typeof value === "string") return undefined;
  const shift = places - value.scale;
  const coefficient = BigInt(value.coefficient);
  return Number(
    shift >= 0 ? coefficient * 10n ** BigInt(shift) : coefficient / 10n ** BigInt(-shift),
  );
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)[TD ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|UTC|([+-])(\d\d)(?::?(\d\d))?)?$/i;

/** A date and time in ISO 8601, also with a D in its middle as BitMEX writes it, in UTC where it names no zone; undefined for what is none. */
function isoUs(text: string): number | undefined {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const part = (at: number) => Number(match[at] ?? 0);
  const ms = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5), part(6));
  const date = new Date(ms);
  // A date rolls over where a part is out of range; one that does not is what was written.
  const isWritten = date.getUTCDate() === part(3) && date.getUTCHours() === part(4);
  if (!isWritten || part(2) > 12 || part(5) > 59 || part(6) > 59 || part(11) > 59) return undefined;
  const offsetMs = (part(10) * 60 + part(11)) * 60_000 * (match[9] === "-" ? -1 : 1);
  const micros = Number((match[7] ?? "").padEnd(6, "0").slice(0, 6));
  return (ms - offsetMs) * 1_000 + micros;
}

/** The unit in which a text means a time from 1990 to 2100; undefined where there is none, or more than one. */
export function guessTimeUnit(text: string): TimeUnit | undefined {
  if (isoUs(text) !== undefined) return "iso";
  // The spans of the units do not meet: a time of one is a thousand times that of the next.
  return numericUnits.find((unit) => {
    const us = numberUs(text, placesToUs[unit]);
    return us !== undefined && isMeant(us, recordedTimeStartUs);
  });
}

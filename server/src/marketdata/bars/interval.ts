/**
 * How long bars are and where they begin, in UTC. Intervals of a fixed length are counted from 1970;
 * weeks begin on Monday, and months with their first day.
 */
import { assert } from "../../core/assert.ts";

/** An interval, as a plain value. */
export type BarInterval =
  /** Of a fixed length; one begins at `originUs`. */
  | { readonly kind: "fixed"; readonly lengthUs: number; readonly originUs: number }
  /** Of so many calendar months, counted from January. */
  | { readonly kind: "months"; readonly months: number };

const secondUs = 1_000_000;
const dayUs = 86_400 * secondUs;
const weekUs = 7 * dayUs;
/** 1970 began on a Thursday, its first Monday was the fifth of January. */
const firstMondayUs = 4 * dayUs;

/** Intervals of a fixed length, counted from 1970: a day is one of UTC. */
export function secondsInterval(seconds: number): BarInterval {
  assert(Number.isSafeInteger(seconds) && seconds >= 1, "an interval is at least a second long");
  return { kind: "fixed", lengthUs: seconds * secondUs, originUs: 0 };
}

/** Minutes, which are what is stored. */
export const minuteInterval: BarInterval = secondsInterval(60);

/** Days of UTC. */
export const dayInterval: BarInterval = secondsInterval(86_400);

/** Weeks from Monday to Sunday. */
export const weekInterval: BarInterval = {
  kind: "fixed",
  lengthUs: weekUs,
  originUs: firstMondayUs,
};

/** Calendar months, so many at once; their number divides twelve. */
export function monthsInterval(months: number): BarInterval {
  assert(months >= 1 && 12 % months === 0, "a year is a whole number of intervals");
  return { kind: "months", months };
}

/** Start of the interval that a time belongs to. All times are microseconds since 1970 (UTC). */
export function intervalStart(interval: BarInterval, timeUs: number): number {
  if (interval.kind === "fixed") {
    return timeUs - modulo(timeUs - interval.originUs, interval.lengthUs);
  }
  const { months } = interval;
  return monthStartUs(Math.floor(monthOf(timeUs) / months) * months);
}

/** Start of the interval that follows the one which starts at a time. */
export function nextIntervalStart(interval: BarInterval, startUs: number): number {
  if (interval.kind === "fixed") return startUs + interval.lengthUs;
  return monthStartUs(monthOf(startUs) + interval.months);
}

/** Start of the first interval that does not start before a time. */
export function startNotBefore(interval: BarInterval, timeUs: number): number {
  const startUs = intervalStart(interval, timeUs);
  return startUs === timeUs ? timeUs : nextIntervalStart(interval, startUs);
}

/** The remainder, which is not negative. */
function modulo(value: number, divisor: number): number {
  const remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

/** Days of 400 years, after which the calendar repeats. */
const cycleDays = 146_097;
/** Days from 1 March of the year 0 to 1 January 1970. */
const epochDays = 719_468;

/** Months since January of the year 0. Years are counted from March here, so that leap days come last. */
function monthOf(timeUs: number): number {
  const days = Math.floor(timeUs / dayUs) + epochDays;
  const cycle = Math.floor(days / cycleDays);
  const day = days - cycle * cycleDays;
  const leapDays = Math.floor(day / 1_460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  const year = Math.floor((day - leapDays) / 365);
  const dayOfYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  return (cycle * 400 + year) * 12 + monthFromMarch + 2;
}

function monthStartUs(month: number): number {
  const fromMarch = month - 2;
  const year = Math.floor(fromMarch / 12);
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  const dayOfYear = Math.floor((153 * (fromMarch - year * 12) + 2) / 5);
  return (year * 365 + leapDays + dayOfYear - epochDays) * dayUs;
}

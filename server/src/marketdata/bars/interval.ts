/**
 * How long bars are and where they begin, in UTC. Intervals of a fixed length are counted from 1970;
 * weeks begin on Monday, and months with their first day.
 */
import { assert } from "../../core/assert.ts";

/** Times that belong together. All are microseconds since 1970 (UTC). */
export interface BarInterval {
  /** Start of the interval that a time belongs to. */
  startOf(timeUs: number): number;
  /** Start of the interval that follows the one which starts at a time. */
  nextStart(startUs: number): number;
}

const secondUs = 1_000_000;
const dayUs = 86_400 * secondUs;
const weekUs = 7 * dayUs;
/** 1970 began on a Thursday, its first Monday was the fifth of January. */
const firstMondayUs = 4 * dayUs;

/** Intervals of a fixed length, counted from 1970: a day is one of UTC. */
export function secondsInterval(seconds: number): BarInterval {
  assert(Number.isSafeInteger(seconds) && seconds >= 1, "an interval is at least a second long");
  return fixedInterval(seconds * secondUs, 0);
}

/** Weeks from Monday to Sunday. */
export const weekInterval: BarInterval = fixedInterval(weekUs, firstMondayUs);

/** Calendar months, so many at once; they are counted from January, and their number divides twelve. */
export function monthsInterval(months: number): BarInterval {
  assert(months >= 1 && 12 % months === 0, "a year is a whole number of intervals");
  return {
    startOf: (timeUs) => monthStartUs(Math.floor(monthOf(timeUs) / months) * months),
    nextStart: (startUs) => monthStartUs(monthOf(startUs) + months),
  };
}

function fixedInterval(lengthUs: number, originUs: number): BarInterval {
  return {
    startOf: (timeUs) => timeUs - modulo(timeUs - originUs, lengthUs),
    nextStart: (startUs) => startUs + lengthUs,
  };
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

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BarInterval,
  intervalStart,
  monthsInterval,
  nextIntervalStart,
  secondsInterval,
  startNotBefore,
  weekInterval,
} from "./interval.ts";

const us = (text: string) => Date.parse(`${text}Z`) * 1_000;
const text = (timeUs: number) => new Date(timeUs / 1_000).toISOString().slice(0, 16);

/** Where an interval begins and ends, as the calendar has it. */
function calendar(start: (time: Date) => void, next: (time: Date) => void) {
  return (timeUs: number) => {
    const begin = new Date(Math.floor(timeUs / 1_000));
    begin.setUTCHours(0, 0, 0, 0);
    start(begin);
    const end = new Date(begin);
    next(end);
    return [begin.getTime() * 1_000, end.getTime() * 1_000];
  };
}

const months = (count: number) =>
  calendar(
    (time) => time.setUTCMonth(Math.floor(time.getUTCMonth() / count) * count, 1),
    (time) => time.setUTCMonth(time.getUTCMonth() + count),
  );
const weeks = calendar(
  (time) => time.setUTCDate(time.getUTCDate() - ((time.getUTCDay() + 6) % 7)),
  (time) => time.setUTCDate(time.getUTCDate() + 7),
);
const days = calendar(
  () => {},
  (time) => time.setUTCDate(time.getUTCDate() + 1),
);

describe("an interval", () => {
  it.each<[string, BarInterval, ReturnType<typeof calendar>]>([
    ["a day", secondsInterval(86_400), days],
    ["a week, which begins on Monday", weekInterval, weeks],
    ["a month", monthsInterval(1), months(1)],
    ["two months", monthsInterval(2), months(2)],
    ["a quarter", monthsInterval(3), months(3)],
    ["four months", monthsInterval(4), months(4)],
    ["a year", monthsInterval(12), months(12)],
  ])("of %s is the calendar's, in leap years and centuries too", (_, interval, expected) => {
    const time = fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2240, 0) });
    fc.assert(
      fc.property(time, fc.nat({ max: 999 }), (ms, within) => {
        const timeUs = ms * 1_000 + within;
        const startUs = intervalStart(interval, timeUs);

        expect([startUs, nextIntervalStart(interval, startUs)]).toEqual(expected(timeUs));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["1970-01-01T00:00", "1969-12-29T00:00"],
    ["2024-02-29T23:59", "2024-02-26T00:00"],
    ["2024-03-03T23:59", "2024-02-26T00:00"],
    ["2024-03-04T00:00", "2024-03-04T00:00"],
  ])("of a week to which %s belongs begins on %s", (time, start) => {
    expect(text(intervalStart(weekInterval, us(time)))).toBe(start);
  });

  it.each([
    [45 * 60, "2024-01-01T01:29", "2024-01-01T00:45"],
    [10, "2024-01-01T00:00", "2024-01-01T00:00"],
    [604_800, "2024-01-03T23:59", "2023-12-28T00:00"],
    [2_592_000, "2024-01-03T23:59", "2023-12-19T00:00"],
  ])("of %i seconds is counted from 1970", (seconds, time, start) => {
    const interval = secondsInterval(seconds);
    const startUs = intervalStart(interval, us(time));

    expect(text(startUs)).toBe(start);
    expect(startUs % (seconds * 1e6)).toBe(0);
    expect(nextIntervalStart(interval, startUs)).toBe(startUs + seconds * 1e6);
  });

  it("starts at a time, or next after it", () => {
    const month = monthsInterval(1);
    expect(text(startNotBefore(month, us("2024-02-01T00:00")))).toBe("2024-02-01T00:00");
    expect(text(startNotBefore(month, us("2024-02-01T00:01")))).toBe("2024-03-01T00:00");
  });

  it("is at least a second, and months divide a year", () => {
    expect(() => secondsInterval(0)).toThrow("invariant violated");
    expect(() => secondsInterval(0.5)).toThrow("invariant violated");
    expect(() => monthsInterval(5)).toThrow("invariant violated");
    expect(() => monthsInterval(0)).toThrow("invariant violated");
  });
});

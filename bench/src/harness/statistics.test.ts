import { describe, expect, it } from "vitest";
import { pairRatios, percentiles, spread } from "./statistics.ts";

describe("a spread", () => {
  it("of an odd number of values has the middle one as its median, in whatever order they came", () => {
    expect(spread([30, 1, 2])).toEqual({ min: 1, median: 2, max: 30 });
  });

  it("of an even number of values has its median between the two in the middle", () => {
    expect(spread([10, 4, 1, 2])).toEqual({ min: 1, median: 3, max: 10 });
  });

  it("orders numbers as numbers and leaves what it was given alone", () => {
    const values = [9, 10, 1];

    expect(spread(values).max).toBe(10);
    expect(values).toEqual([9, 10, 1]);
  });

  it("of nothing is refused", () => {
    expect(() => spread([])).toThrow(RangeError);
  });
});

describe("percentiles", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => count - at);

  it.each([
    { count: 1, p50: 1, p90: 1, p99: 1, p999: 1, worst: 1 },
    { count: 2, p50: 1, p90: 2, p99: 2, p999: 2, worst: 2 },
    { count: 10, p50: 5, p90: 9, p99: 10, p999: 10, worst: 10 },
    { count: 1_000, p50: 500, p90: 900, p99: 990, p999: 999, worst: 1_000 },
    { count: 10_000, p50: 5_000, p90: 9_000, p99: 9_900, p999: 9_990, worst: 10_000 },
  ])("of 1 … $count are the values at those ranks", (expected) => {
    expect(percentiles(upTo(expected.count))).toEqual(expected);
  });

  it("never hide the worst", () => {
    const values = Array.from({ length: 100_000 }, () => 1);
    values[7] = 4_000;

    expect(percentiles(values)).toMatchObject({ p999: 1, worst: 4_000 });
  });

  it("of nothing are refused", () => {
    expect(() => percentiles([])).toThrow(RangeError);
  });
});

describe("ratios pair by pair", () => {
  it("do not notice what slowed both halves of a pair down", () => {
    expect(pairRatios([2, 20, 4], [1, 10, 2])).toEqual({ min: 2, median: 2, max: 2 });
  });

  it("are those of the pairs, not of the medians", () => {
    expect(pairRatios([1, 2, 9], [3, 2, 1])).toEqual({ min: 1 / 3, median: 1, max: 9 });
  });

  it("need as many references as values", () => {
    expect(() => pairRatios([1, 2], [1])).toThrow(RangeError);
  });
});

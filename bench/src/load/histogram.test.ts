import { describe, expect, it } from "vitest";
import { histogramPercentilesMs, mergeBuckets } from "./histogram.ts";

describe("latencies in buckets", () => {
  it("have percentiles by nearest rank, none above the exact worst", () => {
    const buckets = [
      [1_000_000, 98],
      [2_000_000, 1],
      [9_999_999, 1],
    ] as const;
    expect(histogramPercentilesMs(buckets, 9_000_000)).toEqual({
      ...{ count: 100, p50: 1, p90: 1, p99: 2, p999: 9, worst: 9 },
    });
  });

  it("are the same in one piece and merged from parts", () => {
    expect(
      mergeBuckets([
        [
          [10, 1],
          [30, 2],
        ],
        [
          [5, 1],
          [30, 3],
        ],
      ]),
    ).toEqual([
      [5, 1],
      [10, 1],
      [30, 5],
    ]);
  });

  it("have no percentiles of nothing", () => {
    expect(() => histogramPercentilesMs([], 0)).toThrow(RangeError);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { percentiles } from "../harness/statistics.ts";
import {
  bucketTopOf,
  histogramPercentilesMs,
  LatencyHistogram,
  mergeBuckets,
} from "./histogram.ts";

const latencyNs = fc.integer({ min: 1, max: 60_000_000_000 });

describe("a histogram of latencies", () => {
  it("keeps small latencies exactly and large ones to 1.6 %", () => {
    fc.assert(
      fc.property(latencyNs, (ns) => {
        const top = bucketTopOf(ns);
        expect(top).toBeGreaterThanOrEqual(ns);
        expect(top).toBeLessThanOrEqual(ns < 128 ? ns : ns * (1 + 1 / 64));
      }),
    );
  });

  it("tells percentiles that are never below and hardly above those of the values", () => {
    fc.assert(
      fc.property(fc.array(latencyNs, { minLength: 1, maxLength: 300 }), (values) => {
        const histogram = new LatencyHistogram();
        for (const ns of values) histogram.add(ns);
        const exact = percentiles(values.map((ns) => ns / 1e6));
        const told = histogramPercentilesMs(histogram.buckets(), histogram.worstNs);
        expect(told.count).toBe(exact.count);
        expect(told.worst).toBe(exact.worst);
        for (const name of ["p50", "p90", "p99", "p999"] as const) {
          expect(told[name]).toBeGreaterThanOrEqual(exact[name] * (1 - 1e-12));
          expect(told[name]).toBeLessThanOrEqual(exact[name] * (1 + 1 / 64) + 1e-12);
        }
      }),
    );
  });

  it("is the same in one piece and merged from parts", () => {
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

  it("has no percentiles of nothing", () => {
    expect(() => histogramPercentilesMs([], 0)).toThrow(RangeError);
  });
});

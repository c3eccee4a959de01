/**
 * Latencies as a crowd counts them, in C: in buckets at most 1.6 % wide, the upper end of which
 * stands for all that is in one.
 */
import type { Percentiles } from "../harness/statistics.ts";

/** Largest latency of the bucket in nanoseconds, and how many fell into it; in rising order. */
export type Bucket = readonly [number, number];

const nsPerMs = 1_000_000;

/** Percentiles in milliseconds by nearest rank; the worst is exact. */
export function histogramPercentilesMs(buckets: readonly Bucket[], worstNs: number): Percentiles {
  const count = buckets.reduce((sum, [, inBucket]) => sum + inBucket, 0);
  if (count === 0) throw new RangeError("there is no latency to tell of");
  const at = (share: number) => {
    let left = Math.max(1, Math.ceil(share * count));
    for (const [topNs, inBucket] of buckets) {
      left -= inBucket;
      if (left <= 0) return Math.min(topNs, worstNs) / nsPerMs;
    }
    return worstNs / nsPerMs;
  };
  return {
    count,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    worst: worstNs / nsPerMs,
  };
}

/** Buckets of several histograms in one. */
export function mergeBuckets(histograms: readonly (readonly Bucket[])[]): readonly Bucket[] {
  const counts = new Map<number, number>();
  for (const [topNs, inBucket] of histograms.flat()) {
    counts.set(topNs, (counts.get(topNs) ?? 0) + inBucket);
  }
  return [...counts].sort(([left], [right]) => left - right);
}

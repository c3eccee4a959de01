/** Latencies as a crowd counts them: in buckets, the upper end of which stands for all that is in one. */
import type { Percentiles } from "../harness/statistics.ts";

/** Largest latency of the bucket in nanoseconds, and how many fell into it; in rising order. */
export type Bucket = readonly [number, number];

const nsPerMs = 1_000_000;

/** Six binary digits of each latency are kept, so that a bucket is at most 1.6 % wide. */
const bucketBits = 6;

/** The largest latency, in whole nanoseconds, that is told from this one by nothing. */
export function bucketTopOf(ns: number): number {
  const shift = Math.max(0, Math.floor(Math.log2(Math.max(1, ns))) - bucketBits);
  const width = 2 ** shift;
  return (Math.floor(ns / width) + 1) * width - 1;
}

/** Counts latencies in nanoseconds. */
export class LatencyHistogram {
  readonly #counts = new Map<number, number>();
  #worstNs = 0;

  add(ns: number): void {
    const top = bucketTopOf(ns);
    this.#counts.set(top, (this.#counts.get(top) ?? 0) + 1);
    if (ns > this.#worstNs) this.#worstNs = ns;
  }

  /** The exact worst; 0 when there was none. */
  get worstNs(): number {
    return this.#worstNs;
  }

  buckets(): readonly Bucket[] {
    return [...this.#counts].sort(([left], [right]) => left - right);
  }
}

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

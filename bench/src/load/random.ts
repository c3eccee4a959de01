/** Seeded random numbers: the same seed makes the same load on every machine. Not for secrets. */

import { Random } from "../../../server/src/simulation/random.ts";

/** A source of numbers from 0 up to but not including 1. */
export function createRandom(seed: number): () => number {
  const random = new Random(seed, "load");
  return () => random.between(0, 1);
}

/**
 * A source of ranks from 0 to `count` − 1 in which rank `n` is as frequent as `1 / (n + 1)`: a few
 * are traded all the time, most of them hardly.
 */
export function createZipf(count: number, random: () => number): () => number {
  const cumulative = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank += 1) {
    total += 1 / (rank + 1);
    cumulative[rank] = total;
  }
  return () => {
    const wanted = random() * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

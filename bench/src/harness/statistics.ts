/**
 * The few statistics that results are told in. Nothing is averaged: a mean hides both the quiet
 * machine and the worst moment.
 */

/** The smallest, the middle and the largest of some values. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** How a value is distributed, to the worst. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly worst: number;
}

/** The spread of at least one value; the median of an even number is between the two in the middle. */
export function spread(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const upper = Math.floor(sorted.length / 2);
  const lower = Math.floor((sorted.length - 1) / 2);
  return {
    min: sorted[0]!,
    median: (sorted[lower]! + sorted[upper]!) / 2,
    max: sorted.at(-1)!,
  };
}

/** Percentiles of at least one value, by nearest rank: each is a value that occurred. */
export function percentiles(values: ArrayLike<number>): Percentiles {
  const sorted = ascending(values);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return {
    count: sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    worst: at(1),
  };
}

/**
 * `values` over `references`, pair by pair, so that what slowed the machine down for a while is in
 * both halves of a pair.
 */
export function pairRatios(values: readonly number[], references: readonly number[]): Spread {
  if (values.length !== references.length) throw new RangeError("ratios need pairs");
  return spread(values.map((value, at) => value / references[at]!));
}

function ascending(values: ArrayLike<number>): Float64Array {
  if (values.length === 0) throw new RangeError("there is no statistic of nothing");
  return Float64Array.from(values).sort();
}

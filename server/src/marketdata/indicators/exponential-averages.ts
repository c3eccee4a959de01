/**
 * Exponential averages and what is built of them: EMA, DEMA, TEMA and T3, as TA-Lib's functions of these
 * names have them. Each smoothing begins with the arithmetic mean of its first `period` values.
 */
import type { Fold } from "./indicator.ts";

/** The part that a new value has in an exponential average. */
export function exponentialWeight(period: number): number {
  return 2 / (period + 1);
}

/**
 * Exponential average of any weight; the first is the mean of the first `period` values. With a weight
 * of `1 / period` it is Wilder's smoothing (New Concepts in Technical Trading Systems, 1978).
 */
export class ExponentialAverage implements Fold<number, number> {
  readonly #period: number;
  readonly #weight: number;
  #count = 0;
  #value = 0;

  constructor(period: number, weight: number = exponentialWeight(period)) {
    this.#period = period;
    this.#weight = weight;
  }

  add(value: number): number | undefined {
    if (this.#count >= this.#period) {
      this.#value += this.#weight * (value - this.#value);
      return this.#value;
    }
    this.#count += 1;
    this.#value += value;
    if (this.#count < this.#period) return undefined;
    this.#value /= this.#period;
    return this.#value;
  }
}

/** Averages in a row, each of the one before it. */
class Cascade {
  readonly #averages: readonly ExponentialAverage[];
  readonly values: number[];

  constructor(period: number, length: number) {
    this.#averages = Array.from({ length }, () => new ExponentialAverage(period));
    this.values = new Array<number>(length).fill(0);
  }

  /** Whether all of them have a value. */
  add(input: number): boolean {
    let value: number | undefined = input;
    for (let index = 0; index < this.#averages.length; index += 1) {
      value = this.#averages[index]!.add(value);
      if (value === undefined) return false;
      this.values[index] = value;
    }
    return true;
  }
}

/** How a cascade becomes one value: the sum of its averages times these. */
export const cascadeWeights: Readonly<Record<"DEMA" | "TEMA" | "T3MA", readonly number[]>> = {
  /** P. Mulloy, Smoothing Data with Faster Moving Averages (Stocks & Commodities, January 1994). */
  DEMA: [2, -1],
  /** P. Mulloy, Smoothing Data with Less Lag (Stocks & Commodities, February 1994). */
  TEMA: [3, -3, 1],
  /** T. Tillson, Better Moving Averages (Stocks & Commodities, January 1998). */
  T3MA: tillson(0.7),
};

/** What becomes of `(1 + volume) x - volume x²` applied three times, for `x` an exponential average. */
function tillson(volume: number): readonly number[] {
  const [square, cube] = [volume ** 2, volume ** 3];
  return [
    0,
    0,
    1 + 3 * volume + 3 * square + cube,
    -3 * volume - 6 * square - 3 * cube,
    3 * square + 3 * cube,
    -cube,
  ];
}

/** A weighted sum of exponential averages of each other. */
export class CascadeAverage implements Fold<number, number> {
  readonly #weights: readonly number[];
  readonly #cascade: Cascade;

  constructor(period: number, weights: readonly number[]) {
    this.#weights = weights;
    this.#cascade = new Cascade(period, weights.length);
  }

  add(value: number): number | undefined {
    if (!this.#cascade.add(value)) return undefined;
    return this.#weights.reduce((sum, weight, at) => sum + weight * this.#cascade.values[at]!, 0);
  }
}

/**
 * Kaufman's adaptive average: fast where the price goes one way, slow where it goes to and fro
 * (P. J. Kaufman, Smarter Trading, 1995; TA-Lib KAMA).
 */
import type { Fold } from "./indicator.ts";
import { Lag } from "./rolling.ts";

/** Weights of the exponential averages of 2 and 30 bars, between which it adapts. */
const fastWeight = 2 / 3;
const slowWeight = 2 / 31;

/** The smallest part that a new value can have. */
export const kamaWeightMin: number = slowWeight ** 2;

/** A way that is longer by less than this part of the values is so by the rounding of sums. */
const roundingPart = 1e-12;

/** Begins with the value before the first output. */
export class KaufmanAverage implements Fold<number, number> {
  /** Values and their changes, back to `period` steps ago. */
  readonly #values: Lag;
  readonly #changes: Lag;
  #travelled = 0;
  /** The largest value, whichever its sign. */
  #largest = 0;
  #previous: number | undefined;
  #average: number | undefined;

  constructor(period: number) {
    this.#values = new Lag(period);
    this.#changes = new Lag(period);
  }

  add(value: number): number | undefined {
    const before = this.#previous;
    const change = before === undefined ? 0 : Math.abs(value - before);
    this.#previous = value;
    this.#largest = Math.max(this.#largest, Math.abs(value));
    const oldest = this.#values.push(value);
    if (before === undefined) return undefined;
    this.#travelled += change - (this.#changes.push(change) ?? 0);
    if (oldest === undefined) return undefined;
    this.#average ??= before;
    const weight = this.#efficiency(value - oldest) * (fastWeight - slowWeight) + slowWeight;
    this.#average += weight ** 2 * (value - this.#average);
    return this.#average;
  }

  /** How much of the way was progress, 0 to 1; 1 where nothing moved. */
  #efficiency(progress: number): number {
    const distance = Math.abs(progress);
    const detour = this.#travelled - distance;
    return detour <= this.#largest * roundingPart ? 1 : distance / this.#travelled;
  }
}

/** Averages over a window: SMA, WMA and TRIMA, as TA-Lib's functions of these names have them. */
import type { Fold } from "./indicator.ts";
import { Lag } from "./rolling.ts";

/** Arithmetic mean of the newest `period` values. */
export class SimpleAverage implements Fold<number, number> {
  readonly #period: number;
  readonly #lag: Lag;
  #sum = 0;
  #count = 0;

  constructor(period: number) {
    this.#period = period;
    this.#lag = new Lag(period);
  }

  add(value: number): number | undefined {
    this.#sum += value - (this.#lag.push(value) ?? 0);
    if (this.#count < this.#period) this.#count += 1;
    return this.#count < this.#period ? undefined : this.#sum / this.#period;
  }
}

/** Mean in which the newest of `period` values weighs `period` times as much as the oldest. */
export class WeightedAverage implements Fold<number, number> {
  readonly #period: number;
  readonly #lag: Lag;
  #sum = 0;
  #weighted = 0;
  #count = 0;

  constructor(period: number) {
    this.#period = period;
    this.#lag = new Lag(period);
  }

  add(value: number): number | undefined {
    const period = this.#period;
    const oldest = this.#lag.push(value);
    if (this.#count < period) this.#count += 1;
    // When all is moved down by one place, each value in the window weighs one less, and the oldest leaves.
    if (oldest !== undefined) this.#weighted -= this.#sum;
    this.#sum += value - (oldest ?? 0);
    this.#weighted += value * this.#count;
    return this.#count < period ? undefined : this.#weighted / ((period * (period + 1)) / 2);
  }
}

/** Mean with weights that rise to the middle of the window and fall again: a simple average of a simple average. */
export class TriangularAverage implements Fold<number, number> {
  readonly #first: SimpleAverage;
  readonly #second: SimpleAverage;

  constructor(period: number) {
    this.#first = new SimpleAverage(Math.ceil(period / 2));
    this.#second = new SimpleAverage(Math.floor(period / 2) + 1);
  }

  add(value: number): number | undefined {
    const first = this.#first.add(value);
    return first === undefined ? undefined : this.#second.add(first);
  }
}

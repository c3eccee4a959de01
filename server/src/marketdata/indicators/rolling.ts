/** The newest values of a series, and their extremes. */

/** A queue of a fixed length: each value pushes out the one that is `length` steps older. */
export class Lag {
  readonly #values: Float64Array;
  #at = 0;
  #count = 0;

  /** At least 1. */
  constructor(length: number) {
    this.#values = new Float64Array(length);
  }

  /** The value that was pushed `length` steps ago; undefined as long as there are fewer. */
  push(value: number): number | undefined {
    const length = this.#values.length;
    const oldest = this.#count < length ? undefined : this.#values[this.#at];
    this.#values[this.#at] = value;
    this.#at = this.#at + 1 === length ? 0 : this.#at + 1;
    if (oldest === undefined) this.#count += 1;
    return oldest;
  }

  /** The value that was pushed `steps` before the newest one, 0 to `length - 1`; 0 before the first. */
  at(steps: number): number {
    const length = this.#values.length;
    return this.#values[(this.#at - 1 - steps + 2 * length) % length] as number;
  }
}

/**
 * The largest of the newest `period` values. Kept are those that are not smaller than a later one, so each
 * value comes and goes once, however long the period is. The smallest is that of negated values.
 */
export class RollingMax {
  readonly #period: number;
  readonly #values: Float64Array;
  readonly #indices: Float64Array;
  #head = 0;
  #size = 0;
  #index = -1;

  constructor(period: number) {
    this.#period = period;
    this.#values = new Float64Array(period);
    this.#indices = new Float64Array(period);
  }

  /** The largest with this value; undefined as long as fewer than `period` were there. */
  add(value: number): number | undefined {
    const period = this.#period;
    this.#index += 1;
    if (this.#size > 0 && this.#indices[this.#head] === this.#index - period) {
      this.#head = (this.#head + 1) % period;
      this.#size -= 1;
    }
    while (this.#size > 0 && (this.#values[this.#slot(this.#size - 1)] as number) <= value) {
      this.#size -= 1;
    }
    const slot = this.#slot(this.#size);
    this.#values[slot] = value;
    this.#indices[slot] = this.#index;
    this.#size += 1;
    return this.#index < period - 1 ? undefined : this.#values[this.#head];
  }

  #slot(position: number): number {
    return (this.#head + position) % this.#period;
  }
}

/**
 * The grid of decision times: agents decide at steps of 50 ms of market time and never between, so
 * that what they decide does not depend on when exactly they are asked.
 */

/** Steps in a second of market time. */
export const stepsPerSecond = 20;

const stepUs = 50_000;

/** Steps counted from a start, on a clock that market time outruns by a rate. */
export class Steps {
  readonly #startUs: number;
  readonly #lengthUs: number;

  constructor(startUs: number, rate: number) {
    this.#startUs = startUs;
    this.#lengthUs = Math.round(stepUs / rate);
  }

  /** When a step happens, in microseconds since 1970. */
  timeOf(step: number): number {
    return this.#startUs + step * this.#lengthUs;
  }

  /** The last step at or before a time. */
  stepAt(timeUs: number): number {
    return Math.floor((timeUs - this.#startUs) / this.#lengthUs);
  }

  /** How many steps fit into a time. */
  within(durationUs: number): number {
    return Math.ceil(durationUs / this.#lengthUs);
  }
}

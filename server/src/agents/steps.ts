/**
 * The grid of decision times: agents decide at steps of 50 ms of market time and never between, so
 * that what they decide does not depend on when exactly they are asked.
 */

/** Steps in a second of market time. */
export const stepsPerSecond = 20;

const stepUs = 50_000;

/**
 * Steps counted from a start, on a clock that market time outruns by a rate. What happens at a step does
 * not depend on how far it is from the next one, so the rate may change in between.
 */
export class Steps {
  readonly #rate: number;
  /** A step, and when it happens; the others are counted from it. */
  #fromStep = 0;
  #fromUs: number;
  #lengthUs: number;

  constructor(startUs: number, rate: number) {
    this.#rate = rate;
    this.#fromUs = startUs;
    this.#lengthUs = Math.round(stepUs / rate);
  }

  /** Lets market time go on at this share of the rate from a time on that no step asked for is before. */
  changePace(nowUs: number, share: number): void {
    this.#fromStep = this.stepAt(nowUs);
    this.#fromUs = nowUs;
    this.#lengthUs = Math.round(stepUs / (this.#rate * share));
  }

  /** When a step happens, in microseconds since 1970. */
  timeOf(step: number): number {
    return this.#fromUs + (step - this.#fromStep) * this.#lengthUs;
  }

  /** The last step at or before a time. */
  stepAt(timeUs: number): number {
    return this.#fromStep + Math.floor((timeUs - this.#fromUs) / this.#lengthUs);
  }

  /** How many steps fit into a time. */
  within(durationUs: number): number {
    return Math.ceil(durationUs / this.#lengthUs);
  }
}

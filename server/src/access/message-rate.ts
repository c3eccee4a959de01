/**
 * Counts a connection's messages in fixed windows of one minute (D-F10, D-C52). A window begins with
 * the first message after the one before has ended. It knows no wall-clock minutes and remembers no
 * message.
 */

/** Length of a window, in milliseconds. */
export const rateWindowMs = 60_000;

/**
 * How many times the limit a client may send within one window before it is taken for broken or
 * hostile. Messages between the limit and this are refused one by one.
 */
export const floodFactor = 10;

/** What is to be done with a message: answer it, refuse it, or end the connection. */
export type RateVerdict = "within" | "over" | "flood";

/** The running window of one connection. */
export class MessageRate {
  /** Messages that are answered in one window; infinite where there is no limit. */
  readonly perMinuteMax: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(perMinuteMax: number) {
    this.perMinuteMax = perMinuteMax;
  }

  /** Counts one message, of whatever kind. */
  count(nowMs: number): RateVerdict {
    const ageMs = nowMs - this.#windowStartMs;
    // A wall clock that was set back must not stretch the window.
    if (ageMs >= rateWindowMs || ageMs < 0) {
      this.#windowStartMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= this.perMinuteMax) return "within";
    return this.#count <= this.perMinuteMax * floodFactor ? "over" : "flood";
  }
}

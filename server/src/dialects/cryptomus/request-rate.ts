/**
 * Counts a connection's requests in fixed windows of one minute (D-C52). A window begins with the
 * first request after the one before has ended. It remembers no request.
 */

/** Length of a window, in milliseconds. */
export const rateWindowMs = 60_000;

/**
 * How many times the limit a client may send within one window before it is taken for broken or
 * hostile. Requests between the limit and this are refused one by one.
 */
export const floodFactor = 10;

/** What is to be done with a request: answer it, refuse it, or end the connection. */
export type RateVerdict = "within" | "over" | "flood";

/** The running window of one connection. */
export class RequestRate {
  readonly #perMinuteMax: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `perMinuteMax` requests are answered in each window; `off` means all of them. */
  constructor(perMinuteMax: number | "off") {
    this.#perMinuteMax = perMinuteMax === "off" ? Number.POSITIVE_INFINITY : perMinuteMax;
  }

  /** Counts one request, of whatever kind. */
  count(nowMs: number): RateVerdict {
    const ageMs = nowMs - this.#windowStartMs;
    // A wall clock that was set back must not stretch the window.
    if (ageMs >= rateWindowMs || ageMs < 0) {
      this.#windowStartMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= this.#perMinuteMax) return "within";
    return this.#count <= this.#perMinuteMax * floodFactor ? "over" : "flood";
  }
}

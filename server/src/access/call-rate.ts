/**
 * How often callers may do something: so many a second in the long run, and so many at once after a
 * pause. It holds one number for each caller of the last moments, and none of those who have paused.
 */

/** Most callers who are told apart; what comes beside them counts together until some have paused. */
export const ratedCallersMax = 1_000_000;

/** Stands for all callers beyond {@link ratedCallersMax}. */
const everybodyElse = "";

/** What callers may do. */
export interface CallRateOptions {
  /** How many a second in the long run, at least one; infinite for no limit. */
  readonly perSecondMax: number;
  /** How many at once after a pause, at least one. */
  readonly burstMax: number;
  /** Most callers who are told apart; {@link ratedCallersMax} when left out. */
  readonly callersMax?: number;
}

/** Counts what callers do, as a bucket that refills steadily. */
export class CallRate {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  readonly #callersMax: number;
  /** When the bucket of each caller will be full again; in the future for everyone who is here. */
  readonly #fullAtMs = new Map<string, number>();

  constructor({ perSecondMax, burstMax, callersMax = ratedCallersMax }: CallRateOptions) {
    this.#intervalMs = 1_000 / perSecondMax;
    this.#burstMs = burstMax * this.#intervalMs;
    this.#callersMax = callersMax;
  }

  /** In how many milliseconds a caller may go on; 0 when now. Counts nothing. */
  waitMs(caller: string, nowMs: number): number {
    const emptyForMs = this.#fullAt(this.#nameOf(caller), nowMs) - nowMs;
    return Math.max(0, emptyForMs + this.#intervalMs - this.#burstMs);
  }

  /** Counts one more, whether the caller had to wait or not. */
  count(caller: string, nowMs: number): void {
    if (this.#intervalMs === 0) return;
    const name = this.#nameOf(caller);
    this.#fullAtMs.set(name, this.#fullAt(name, nowMs) + this.#intervalMs);
  }

  /** Forgets who has paused for long enough. Meant to be called about every second. */
  refresh(nowMs: number): void {
    for (const [caller, fullAtMs] of this.#fullAtMs) {
      if (fullAtMs <= nowMs) this.#fullAtMs.delete(caller);
    }
  }

  #fullAt(name: string, nowMs: number): number {
    const fullAtMs = this.#fullAtMs.get(name) ?? nowMs;
    // More than a whole bucket ahead, when the clock was set back: nobody waits for it to catch up.
    return fullAtMs > nowMs + this.#burstMs + this.#intervalMs ? nowMs : Math.max(fullAtMs, nowMs);
  }

  #nameOf(caller: string): string {
    if (this.#fullAtMs.size < this.#callersMax || this.#fullAtMs.has(caller)) return caller;
    return everybodyElse;
  }
}

/**
 * A clock that stands still until it is told to advance, for tests and simulations. It never waits
 * and knows nothing of the real time.
 */
import { assert } from "../core/assert.ts";
import type { Clock } from "../ports/clock.ts";

/** Most timers that may wait at once. */
export const timersMax = 100_000;

/** Most timers that one advance may run; more means that a task sets itself again without delay. */
export const runsPerAdvanceMax = 1_000_000;

/** Where a virtual clock starts unless told otherwise: 2020-01-01T00:00:00Z, in microseconds. */
export const defaultStartUs = 1_577_836_800_000_000;

interface Timer {
  readonly dueUs: number;
  readonly task: () => void;
}

/** Time that passes only by {@link advanceBy}. Starts at a whole minute, with the monotonic time at 0. */
export class VirtualClock implements Clock {
  /** Wall time of monotonic time 0. */
  #originUs: number;
  #elapsedUs = 0;
  /** Soonest first; among equals, in the order in which they were set. */
  readonly #timers: Timer[] = [];

  constructor(startUs: number = defaultStartUs) {
    assert(Number.isSafeInteger(startUs), "wall time is a safe integer");
    this.#originUs = startUs;
  }

  nowUs(): number {
    return this.#originUs + this.#elapsedUs;
  }

  monotonicMs(): number {
    return this.#elapsedUs / 1_000;
  }

  after(delayMs: number, task: () => void): () => void {
    assert(delayMs >= 0 && delayMs <= Number.MAX_SAFE_INTEGER, "a timer's delay is not negative");
    assert(this.#timers.length < timersMax, "virtual timers are bounded");
    const timer = { dueUs: this.#elapsedUs + Math.ceil(delayMs * 1_000), task };
    const later = this.#timers.findLastIndex((other) => other.dueUs <= timer.dueUs) + 1;
    this.#timers.splice(later, 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /**
   * Lets `us` microseconds pass. Timers that become due run in order, each at its own time, also those
   * that are set meanwhile.
   */
  advanceBy(us: number): void {
    assert(Number.isSafeInteger(us) && us >= 0, "time passes in whole microseconds, forward");
    const untilUs = this.#elapsedUs + us;
    for (let runs = 0; ; runs += 1) {
      const next = this.#timers[0];
      if (next === undefined || next.dueUs > untilUs) break;
      assert(runs < runsPerAdvanceMax, "one advance runs a bounded number of timers");
      this.#timers.shift();
      this.#elapsedUs = next.dueUs;
      next.task();
    }
    this.#elapsedUs = untilUs;
  }

  /** Sets the wall time forward or back, as an operator or NTP would; timers do not notice. */
  stepWallBy(us: number): void {
    assert(Number.isSafeInteger(us), "wall time is a safe integer");
    this.#originUs += us;
  }

  /** How many timers wait; 0 when everything was given back. */
  get pendingTimers(): number {
    return this.#timers.length;
  }
}

/** The machine's clock for a server in the test's own process, with a wall clock that can be set. */
import { systemClock } from "../../server/src/adapters/clock/system-clock.ts";
import type { Clock } from "../../server/src/ports/clock.ts";

/** Real time and timers, moved by what the test asks for. */
export class SteppedClock implements Clock {
  readonly #system = systemClock();
  #wallUs = 0;
  #passedMs = 0;

  nowUs(): number {
    return this.#system.nowUs() + this.#wallUs;
  }

  monotonicMs(): number {
    return this.#system.monotonicMs() + this.#passedMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#system.after(delayMs, task);
  }

  /** Sets the wall clock forward or back, as an operator or NTP would. */
  step(seconds: number): void {
    this.#wallUs += seconds * 1e6;
  }

  /** Lets time pass on both clocks at once; timers do not notice. */
  pass(seconds: number): void {
    this.step(seconds);
    this.#passedMs += seconds * 1e3;
  }
}

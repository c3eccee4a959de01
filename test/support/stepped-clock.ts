/** The machine's clock for a server in the test's own process, with a wall clock that can be set. */
import { systemClock } from "../../server/src/adapters/clock/system-clock.ts";
import type { Clock } from "../../server/src/ports/clock.ts";

/** Stands still unless it is told otherwise, while timers run: nothing grows old, however long a start takes. */
export class StandingClock implements Clock {
  readonly #system = systemClock();
  #nowUs: number;
  #monotonicMs = this.#system.monotonicMs();

  /** Begins now, or at a moment that is the same each time. */
  constructor(startUs?: number) {
    this.#nowUs = startUs ?? this.#system.nowUs();
  }

  nowUs(): number {
    return this.#nowUs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#system.after(delayMs, task);
  }

  /** Lets time pass; timers do not notice. */
  pass(seconds: number): void {
    this.#nowUs += Math.round(seconds * 1e6);
    this.#monotonicMs += seconds * 1e3;
  }
}

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

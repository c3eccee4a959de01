/** Ticks: when they are due, and how they are numbered. */
import type { Clock } from "../ports/clock.ts";
import { type Tick, tickUs } from "../ports/released.ts";

/** The tick at `timeUs`, after the command with this sequence: the same for everybody. */
export function tickAt(sequence: number, timeUs: number): Tick {
  return { sequence, timeUs, tick: Math.floor(timeUs / tickUs) };
}

/** Calls `due` soon after each whole tenth of a second of the clock's time, until it is stopped. */
export class TickTimer {
  readonly #clock: Clock;
  readonly #due: () => void;
  #cancel: () => void = () => {};

  constructor(clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
    this.#schedule();
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(): void {
    const untilUs = tickUs - (this.#clock.nowUs() % tickUs);
    this.#cancel = this.#clock.after(Math.ceil(untilUs / 1_000), () => {
      // Before the call, which may stop it.
      this.#schedule();
      this.#due();
    });
  }
}

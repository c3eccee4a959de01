/** Work that is done at every so many ticks. */
import { type Tick, tickUs } from "../ports/released.ts";

/**
 * A rhythm of market time: due at the first tick of each interval, counted from 1970. Whoever sees the same
 * ticks thus does the same at each of them, no matter when they began.
 */
export class TickRhythm {
  readonly #everyTicks: number;
  readonly #task: () => void;
  /** The interval of the last tick. */
  #interval: number | undefined;

  /** Intervals are rounded up to whole ticks. */
  constructor(intervalMs: number, task: () => void) {
    this.#everyTicks = Math.max(1, Math.ceil((intervalMs * 1_000) / tickUs));
    this.#task = task;
  }

  tick({ tick }: Tick): void {
    const interval = Math.floor(tick / this.#everyTicks);
    const isFirst = this.#interval === undefined && tick % this.#everyTicks !== 0;
    const isDue = !isFirst && interval !== this.#interval;
    this.#interval = interval;
    if (isDue) this.#task();
  }
}

/**
 * What was released, on its way to the streams. It is told in order and in slices, so that the
 * consequences of one command, ten thousand fills perhaps, let everybody else in between.
 */
import type { Released } from "../ports/released.ts";
import { ReleasedQueue } from "./released-queue.ts";

/** Most events that are told in one turn of the event loop: a few milliseconds' work. */
export const toldEventsMax = 1_024;

/** Events that may wait to be told, about 150 bytes each; with more the exchange answers `busy`. */
export const untoldEventsMax = 500_000;

/** Options of a line. */
export interface ReleaseLineOptions {
  /** Runs `task` once others have had their turn. */
  schedule(task: () => void): void;
  /** Told of each slice, in order. */
  tell(slice: readonly Released[]): void;
}

/** A line of released commands whose events are still to be told. */
export class ReleaseLine {
  readonly #options: ReleaseLineOptions;
  readonly #waiting = new ReleasedQueue();
  #isScheduled = false;

  constructor(options: ReleaseLineOptions) {
    this.#options = options;
  }

  /** Events that wait to be told. */
  get untoldEvents(): number {
    return this.#waiting.events;
  }

  /** Whether more may be released. */
  get hasRoom(): boolean {
    return this.#waiting.events < untoldEventsMax;
  }

  /** Takes what is durable; where nothing waits, a first slice of it is told before this returns. */
  take(released: readonly Released[]): void {
    for (const entry of released) this.#waiting.push(entry);
    if (!this.#isScheduled) this.#work();
  }

  /** Tells all that waits, at once. */
  finish(): void {
    while (this.#waiting.length > 0) this.#tellSlice();
  }

  #work(): void {
    this.#tellSlice();
    if (this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#options.schedule(() => {
      this.#isScheduled = false;
      this.#work();
    });
  }

  #tellSlice(): void {
    const { released } = this.#waiting.take(toldEventsMax);
    if (released.length > 0) this.#options.tell(released);
  }
}

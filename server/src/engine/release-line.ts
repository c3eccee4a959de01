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
  /** One for each call of {@link take}, oldest first. */
  readonly #waiting: ReleasedQueue[] = [];
  #events = 0;
  #isScheduled = false;

  constructor(options: ReleaseLineOptions) {
    this.#options = options;
  }

  /** Events that wait to be told. */
  get untoldEvents(): number {
    return this.#events;
  }

  /** Whether more may be released. */
  get hasRoom(): boolean {
    return this.#events < untoldEventsMax;
  }

  /**
   * Takes what is durable, one batch of the log; where nothing waits, a first slice of it is told before
   * this returns. No slice is of two batches: where messages are cut thus depends on the log alone, and is
   * the same at all who follow it.
   */
  take(released: readonly Released[]): void {
    const batch = new ReleasedQueue();
    for (const entry of released) batch.push(entry);
    this.#waiting.push(batch);
    this.#events += batch.events;
    if (!this.#isScheduled) this.#work();
  }

  /** Tells all that waits, at once. */
  finish(): void {
    while (this.#waiting.length > 0) this.#tellSlice();
  }

  #work(): void {
    for (let told = 0; told < toldEventsMax && this.#waiting.length > 0; ) {
      told += this.#tellSlice();
    }
    if (this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#options.schedule(() => {
      this.#isScheduled = false;
      this.#work();
    });
  }

  /** Tells the next slice of the oldest batch; how many events it had, one for each command without any. */
  #tellSlice(): number {
    const batch = this.#waiting[0];
    if (batch === undefined) return 0;
    const waited = batch.events;
    const { released } = batch.take(toldEventsMax);
    this.#events -= waited - batch.events;
    if (batch.length === 0) this.#waiting.shift();
    if (released.length > 0) this.#options.tell(released);
    return Math.max(1, waited - batch.events);
  }
}

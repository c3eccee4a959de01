/**
 * Shares the event loop between those who have shown who they are and strangers: work for strangers
 * takes at most so much of each turn and waits in order otherwise, so that everybody else's does not.
 * Without load nothing waits. One piece of work for each connection bounds the queue.
 */

/** Options of turns. */
export interface TurnsOptions {
  /** Milliseconds of each turn of the event loop for strangers. */
  readonly msPerTurn: number;
  monotonicMs(): number;
  /** Runs a task in the next turn, behind what has come in meanwhile. */
  nextTurn(task: () => void): void;
}

/** The queue of strangers' work. */
export class Turns {
  readonly #options: TurnsOptions;
  #queue: (() => void)[] = [];
  #spentMs = 0;
  #isScheduled = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Pieces of work that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs a task now if there is time for it in this turn, else in one of the next. */
  run(task: () => void): void {
    this.#schedule();
    if (this.#queue.length > 0 || this.#spentMs >= this.#options.msPerTurn) {
      this.#queue.push(task);
      return;
    }
    this.#spend(task);
  }

  #spend(task: () => void): void {
    const startMs = this.#options.monotonicMs();
    task();
    this.#spentMs += this.#options.monotonicMs() - startMs;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#spentMs = 0;
    if (this.#queue.length === 0) return;
    this.#schedule();
    let done = 0;
    while (done < this.#queue.length && this.#spentMs < this.#options.msPerTurn) {
      const task = this.#queue[done]!;
      done += 1;
      this.#spend(task);
    }
    this.#queue = this.#queue.slice(done);
  }
}

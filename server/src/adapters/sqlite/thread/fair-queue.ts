/**
 * Tasks that wait for one worker, of many askers who take turns: whoever asks for much delays the
 * others by one task each time, however many of their own wait.
 */

/** How many tasks may wait. */
export interface FairQueueBounds {
  readonly perAskerMax: number;
  readonly totalMax: number;
}

/** The waiting tasks. */
export class FairQueue<Task> {
  readonly #bounds: FairQueueBounds;
  /** By asker, whose turn is next first. Nobody is in it without a task. */
  readonly #waiting = new Map<string, Task[]>();
  #count = 0;

  constructor(bounds: FairQueueBounds) {
    this.#bounds = bounds;
  }

  /** Takes a task, or says whose bound it would exceed. */
  add(asker: string, task: Task): "this" | "all" | undefined {
    const own = this.#waiting.get(asker);
    if (own !== undefined && own.length >= this.#bounds.perAskerMax) return "this";
    if (this.#count >= this.#bounds.totalMax) return "all";
    if (own === undefined) this.#waiting.set(asker, [task]);
    else own.push(task);
    this.#count += 1;
    return undefined;
  }

  /** The next task; undefined when none waits. */
  take(): Task | undefined {
    for (const [asker, [task, ...later]] of this.#waiting) {
      this.#waiting.delete(asker);
      if (later.length > 0) this.#waiting.set(asker, later);
      this.#count -= 1;
      return task;
    }
    return undefined;
  }
}

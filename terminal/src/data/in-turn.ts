/** What somebody does with a clock, one thing after another: the answer to a step must not stop what plays since. */

/** Most tasks that wait; who presses a key for long is not followed for minutes afterwards. */
export const waitingTasksMax = 20;

/** See the head of the file. */
export class InTurn {
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** Does a task when all before it are over, however they ended; false, and nothing, where too many wait. */
  do(task: () => Promise<void>): boolean {
    if (this.#waiting >= waitingTasksMax) return false;
    this.#waiting += 1;
    const over = () => {
      this.#waiting -= 1;
    };
    this.#last = this.#last.then(task).then(over, over);
    return true;
  }
}

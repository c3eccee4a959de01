/** Repeated work on the house's clock. The returned functions stop it. */
import type { Clock } from "./clock.ts";

const secondUs = 1_000_000;

/** Runs a task at each whole second of wall time. */
export function everySecond(clock: Clock, task: (nowUs: number) => void): () => void {
  const untilNextMs = () => Math.ceil((secondUs - (clock.nowUs() % secondUs)) / 1_000);
  return repeat(clock, untilNextMs, () => task(clock.nowUs()));
}

/** Runs a task again and again, `intervalMs` after the last time. */
export function every(clock: Clock, intervalMs: number, task: () => void): () => void {
  return repeat(clock, () => intervalMs, task);
}

/** Runs a task again and again as {@link every} does, and leaves it out while the one before is under way. */
export function everyUnlessBusy(
  clock: Clock,
  intervalMs: number,
  task: () => Promise<unknown>,
): () => void {
  let isBusy = false;
  return every(clock, intervalMs, () => {
    if (isBusy) return;
    isBusy = true;
    void task().finally(() => {
      isBusy = false;
    });
  });
}

// Every runtime that this runs on has it; layers without the types of Node use it through this file.
declare const setImmediate: (task: () => void) => unknown;

/** Runs a task once everything else of this turn of the event loop is done. */
export function afterThisTurn(task: () => void): void {
  setImmediate(task);
}

/** Resolves once others have had their turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise(afterThisTurn);
}

/** Does work that yields wherever it may be interrupted, a part of it in each turn of the event loop. */
export async function inTurns<Result>(work: Generator<void, Result>): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await nextTurn();
  }
}

/** Runs a task again and again, each time so much later as is said then, in milliseconds. */
export function repeat(clock: Clock, delayMs: () => number, task: () => void): () => void {
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(delayMs(), () => {
      task();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

/** Counters of what is counted elsewhere. */
import type { Counter, Labels } from "../ports/meter.ts";

/** A counter that follows a number kept elsewhere, where counting must cost nothing. */
export function follow(counter: Counter, read: () => number, labels: Labels = {}): () => void {
  let seen = 0;
  counter.add(0, labels);
  return () => {
    const now = read();
    counter.add(now - seen, labels);
    seen = now;
  };
}

/** One task that does several, one after another. */
export function oneAfterAnother(tasks: readonly (() => void)[]): () => void {
  return () => {
    for (const task of tasks) task();
  };
}

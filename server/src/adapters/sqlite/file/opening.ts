/**
 * Opens files that several processes have open. At the moment at which one makes such a file, or lets
 * go of it, another one finds half of it: a name without contents, a write-ahead log of which it has
 * not seen the database, a lock that SQLite does not wait for. That passes within milliseconds; what
 * does not pass is told as it is.
 */
import { StoreError, type StoreFault, toStoreError } from "./store-error.ts";

/** How often it is tried, and how long before each further time, in milliseconds. */
const attemptsMax = 10;
const againMs = 20;

/** Whoever waited for a lock as long as SQLite does waits no more: no attempt is begun after so long, in milliseconds. */
const lastAttemptMs = 1_000;

/** What another process at work may cause. */
const passing: ReadonlySet<StoreFault> = new Set([
  "busy",
  "failed",
  "lost-log",
  "not-a-database",
] satisfies StoreFault[]);

const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Gives what `open` gives, or raises what it raised the last time. */
export function openBesideOthers<Opened>(open: () => Opened): Opened {
  const startMs = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return open();
    } catch (error) {
      const isOver = attempt === attemptsMax || performance.now() - startMs > lastAttemptMs;
      if (isOver || !mayPass(error)) throw error;
      Atomics.wait(pause, 0, 0, againMs);
    }
  }
}

function mayPass(error: unknown): boolean {
  const known = toStoreError(error, "");
  return known instanceof StoreError && passing.has(known.fault);
}

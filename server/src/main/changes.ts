/** Looks about every second for what other processes have changed in the stores, and whether they are still there. */
import { StoreError } from "../adapters/sqlite/file/store-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { every } from "../ports/timers.ts";
import { lookForStores } from "./start/warnings.ts";

/** Interval at which changes such as key revocations are picked up, in milliseconds. */
const lookIntervalMs = 1_000;

/** What is checked. */
export interface WatchedStores {
  readonly log: Log;
  /** What has become of the stores, in words; undefined while they are where they were. */
  lost(): string | undefined;
  /** Each reads a store, whether or not another one could be read. */
  readonly refreshes: readonly (() => void)[];
}

/** Watches the stores of a server. */
export class StoreWatch {
  /** What has become of the stores, in words; undefined while they are where they were. */
  fault: string | undefined;

  /** Begins to look; the returned function ends that. */
  start(clock: Clock, { log, lost, refreshes }: WatchedStores): () => void {
    return every(clock, lookIntervalMs, () => {
      this.fault = lookForStores(log, this.fault, lost());
      for (const refresh of refreshes) lookForChanges(log, refresh);
    });
  }
}

function lookForChanges(log: Log, refresh: () => void): void {
  try {
    refresh();
  } catch (error) {
    // The disk may be full or the file locked for long; the next look is a second away.
    if (!(error instanceof StoreError)) throw error;
    log.error("revoked keys could not be looked for", { reason: error.message });
  }
}

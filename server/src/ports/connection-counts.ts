/** How many connections are open at once, counted by whose they are. */
import type { Awaitable } from "./awaitable.ts";

/** Counts of open connections. */
export interface ConnectionCounts {
  /** Takes one place of an owner, who may have `max`. */
  take(owner: string, max: number): Awaitable<ConnectionLease | NoPlace>;
}

/**
 * Why there is no place: the owner has as many as they may, all places of all owners are taken, or nobody
 * can be asked at present.
 */
export type NoPlace = "owner-has-all" | "all-taken" | "unavailable";

/** A place that is taken until it is given back, or until the process that took it is gone. */
export interface ConnectionLease {
  /** Gives the place back; calling it again does nothing. */
  release(): void;
}

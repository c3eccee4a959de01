/** How often something may be done within the running minute, counted by who does it. */
import type { Awaitable } from "./awaitable.ts";

/** Counts of the running minute; each begins again at the start of a minute of wall time. */
export interface Quota {
  /** Counts one more; false, and not counted, when `max` were counted in this minute. */
  take(caller: string, max: number | undefined, nowMs: number): Awaitable<boolean>;
  /** How many of a caller's were counted in this minute. */
  count(caller: string, nowMs: number): Awaitable<number>;
  /** Forgets the counts of minutes that are over. Meant to be called about every second. */
  refresh(nowMs: number): void;
}

/**
 * Counts what callers do within the running minute: REST calls, new connections. The count starts over
 * at the start of each minute of wall time (docs/protocols/finazon), it is not a sliding window.
 */
import type { Quota } from "../ports/quota.ts";

const minuteMs = 60_000;

/** In how many milliseconds counts begin again. */
export function nextMinuteMs(nowMs: number): number {
  return minuteMs - (nowMs % minuteMs);
}

/** Counts of the running minute. Holds one number per caller, a workspace or a user, that was let in. */
export class MinuteQuota implements Quota {
  readonly #counts = new Map<string, number>();
  #minute = 0;

  /** Counts one more; false, and not counted, when `max` were counted in this minute. */
  take(caller: string, max: number | undefined, nowMs: number): boolean {
    this.refresh(nowMs);
    const count = this.#counts.get(caller) ?? 0;
    if (max !== undefined && count >= max) return false;
    this.#counts.set(caller, count + 1);
    return true;
  }

  count(caller: string, nowMs: number): number {
    this.refresh(nowMs);
    return this.#counts.get(caller) ?? 0;
  }

  /** Forgets the counts when another minute has begun; also when the clock was set back to one. */
  refresh(nowMs: number): void {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#counts.clear();
  }
}

/**
 * Counts REST calls per workspace within the running minute. The count starts anew at the start of
 * each minute of wall time (protocol.md 2.7 "Quota"), it is not a sliding window.
 */

const minuteMs = 60_000;

/** Calls of the running minute. Holds one number per workspace that called in it. */
export class RestQuota {
  readonly #calls = new Map<string, number>();
  #minute = 0;

  /** Counts one call; false, and not counted, when `max` calls were made in this minute. */
  take(workspace: string, max: number | undefined, nowMs: number): boolean {
    this.refresh(nowMs);
    const calls = this.#calls.get(workspace) ?? 0;
    if (max !== undefined && calls >= max) return false;
    this.#calls.set(workspace, calls + 1);
    return true;
  }

  /** Forgets the counts when another minute has begun; also when the clock was set back to one. */
  refresh(nowMs: number): void {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#calls.clear();
  }
}

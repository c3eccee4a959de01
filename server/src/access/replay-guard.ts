/**
 * Remembers the signatures that were accepted, so that none is accepted twice while its time stamp is
 * still good. When it is full it refuses to remember more rather than forget one too early.
 */

/** Most signatures remembered at once: 10,000 signed requests a second with the usual window. */
export const rememberedSignaturesMax = 100_000;

/** The accepted signatures of the last while. */
export class ReplayGuard {
  readonly #retentionMs: number;
  readonly #limit: number;
  /** When each was accepted, oldest first. */
  readonly #acceptedAtMs = new Map<string, number>();

  /** A signature is remembered for `retentionMs` milliseconds after it was accepted, and longer. */
  constructor(retentionMs: number, limit: number = rememberedSignaturesMax) {
    this.#retentionMs = retentionMs;
    this.#limit = limit;
  }

  has(signature: string): boolean {
    return this.#acceptedAtMs.has(signature);
  }

  /** Remembers an accepted signature; false when there is no room for it. */
  remember(signature: string, nowMs: number): boolean {
    this.sweep(nowMs);
    if (this.#acceptedAtMs.size >= this.#limit) return false;
    this.#acceptedAtMs.set(signature, nowMs);
    return true;
  }

  /**
   * Forgets what is old enough; costs as much as there is to forget. After the clock was set back
   * signatures stay until it has caught up, because their time stamps are good again until then.
   */
  sweep(nowMs: number): void {
    for (const [signature, acceptedAtMs] of this.#acceptedAtMs) {
      if (nowMs - acceptedAtMs <= this.#retentionMs) return;
      this.#acceptedAtMs.delete(signature);
    }
  }
}

/**
 * Upgrades that are still being decided, because others have to be asked. How many there may be and how
 * long each is waited for is bounded; what is decided too late is given back at once.
 */
import type { Clock } from "../../ports/clock.ts";
import type { UpgradeDecision } from "../../ports/dialect.ts";

/** Most upgrades that are waited for at once. */
export const openingsMax = 1_000;

/** How long one is waited for, in milliseconds. */
export const openingWaitMaxMs = 5_000;

/** Waits for decisions. */
export class Openings {
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #waiting = 0;

  /** `failed` is told why a decision could not be made. */
  constructor(clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Upgrades that are undecided, those that nobody waits for any more included. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The decision; undefined when it could not be made in time, and nothing of it is held then. */
  async decided(deciding: Promise<UpgradeDecision>): Promise<UpgradeDecision | undefined> {
    this.#waiting += 1;
    let isLate = false;
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#clock.after(openingWaitMaxMs, () => {
      isLate = true;
      late.resolve(undefined);
    });
    const settled = this.#settled(deciding).then((decision) => {
      cancel();
      if (isLate) giveBack(decision);
      return decision;
    });
    return await Promise.race([settled, late.promise]);
  }

  async #settled(deciding: Promise<UpgradeDecision>): Promise<UpgradeDecision | undefined> {
    try {
      return await deciding;
    } catch (error) {
      this.#failed(error);
      return undefined;
    } finally {
      this.#waiting -= 1;
    }
  }
}

/** Ends what nobody will connect to. */
export function giveBack(decision: UpgradeDecision | undefined): void {
  if (decision?.kind === "accepted") decision.session.ended();
}

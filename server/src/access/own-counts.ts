/** Counts connections and calls in memory, for a process that lets people in on its own. */
import type { AdmissionCounts } from "../ports/admission-counts.ts";
import type { ConnectionCounts, ConnectionLease, NoPlace } from "../ports/connection-counts.ts";
import { MinuteQuota } from "./minute-quota.ts";

/** Counts of one process. */
export const ownCounts: AdmissionCounts = {
  connections: (_name, allMax) => new OwnConnections(allMax),
  quota: () => new MinuteQuota(),
};

/** Holds one number for each owner who has connections. */
class OwnConnections implements ConnectionCounts {
  readonly #allMax: number;
  readonly #counts = new Map<string, number>();
  #all = 0;

  constructor(allMax: number) {
    this.#allMax = allMax;
  }

  take(owner: string, max: number): ConnectionLease | NoPlace {
    const count = this.#counts.get(owner) ?? 0;
    if (count >= max) return "owner-has-all";
    if (this.#all >= this.#allMax) return "all-taken";
    this.#counts.set(owner, count + 1);
    this.#all += 1;
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#release(owner);
        isHeld = false;
      },
    };
  }

  #release(owner: string): void {
    const count = (this.#counts.get(owner) ?? 0) - 1;
    this.#all -= 1;
    if (count > 0) this.#counts.set(owner, count);
    else this.#counts.delete(owner);
  }
}

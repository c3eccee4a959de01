/**
 * How many places each owner has, here and at other nodes, in one record for each owner. A change of it names
 * the revision that it replaces, so that two nodes never give the last place twice. Those who ask for a place of
 * one owner at the same time are served by one change.
 */
import type { ConnectionLease, NoPlace } from "../ports/connection-counts.ts";
import { isUnreachable, type SharedBucket, type Unreachable } from "../ports/shared-bucket.ts";
import { bytesOf, fieldsOf, isWhole } from "./record-fields.ts";

/** Attempts to change a record that others change at the same time. */
const attemptsMax = 20;

/** Whether another node is there. */
export type Alive = "alive" | "gone" | "unknown";

/** What it works with. */
export interface OwnersPlacesOptions {
  /** Name of this node. */
  readonly node: string;
  readonly places: SharedBucket;
  readonly isAlive: (node: string) => Promise<Alive>;
  readonly keyOf: (owner: string) => string;
}

/** One who waits for a place. */
interface Asker {
  readonly max: number;
  resolve(outcome: ConnectionLease | NoPlace): void;
}

/** An owner with places here, or who is asking for one. */
interface Owner {
  held: number;
  readonly askers: Asker[];
  /** Whether the record may say something else than what is held. */
  isDue: boolean;
  isAtWork: boolean;
}

/** Places by node. */
type Counts = Map<string, number>;

/** The places of all owners. */
export class OwnersPlaces {
  readonly #options: OwnersPlacesOptions;
  /** Those who have a place here, or a record that has to be put right. */
  readonly #owners = new Map<string, Owner>();

  constructor(options: OwnersPlacesOptions) {
    this.#options = options;
  }

  take(name: string, max: number): Promise<ConnectionLease | NoPlace> {
    const owner = this.#ownerOf(name);
    return new Promise((resolve) => {
      owner.askers.push({ max, resolve });
      this.#begin(name, owner);
    });
  }

  /** No record is known to be right any more. */
  doubtAll(): void {
    for (const owner of this.#owners.values()) owner.isDue = true;
  }

  /** Puts some of the records right that are not. */
  async mend(max: number): Promise<void> {
    let left = max;
    for (const [name, owner] of this.#owners) {
      if (!owner.isDue || owner.isAtWork) continue;
      if (left === 0) return;
      left -= 1;
      await this.#work(name, owner);
      if (owner.isDue) return;
    }
  }

  #ownerOf(name: string): Owner {
    const known = this.#owners.get(name);
    if (known !== undefined) return known;
    const owner = { held: 0, askers: [], isDue: false, isAtWork: false };
    this.#owners.set(name, owner);
    return owner;
  }

  #begin(name: string, owner: Owner): void {
    // Whoever asks or gives back in the same turn is served by the same change.
    if (!owner.isAtWork) queueMicrotask(() => void this.#work(name, owner));
  }

  async #work(name: string, owner: Owner): Promise<void> {
    if (owner.isAtWork) return;
    owner.isAtWork = true;
    let isReached = true;
    while (isReached && (owner.isDue || owner.askers.length > 0)) {
      isReached = await this.#change(name, owner);
    }
    owner.isAtWork = false;
    const isOver = owner.held === 0 && !owner.isDue && this.#owners.get(name) === owner;
    if (isOver) this.#owners.delete(name);
  }

  /** Serves those who ask now, and says what is held; false where nobody can be asked. */
  async #change(name: string, owner: Owner): Promise<boolean> {
    const askers = owner.askers.splice(0);
    owner.isDue = true;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const outcome = await this.#attempt(name, owner, askers);
      if (outcome === "changed") continue;
      if (outcome === "unreachable") break;
      return true;
    }
    for (const { resolve } of askers) resolve("unavailable");
    return false;
  }

  async #attempt(
    name: string,
    owner: Owner,
    askers: readonly Asker[],
  ): Promise<"done" | "changed" | "unreachable"> {
    const { places, keyOf, node } = this.#options;
    const key = keyOf(name);
    const found = await places.get(key);
    if (isUnreachable(found)) return "unreachable";
    const counts: Counts = found ? countsOf(found.value) : new Map();
    const before = counts.get(node) ?? 0;
    counts.delete(node);
    const { held } = owner;
    let served = servedOf(askers, held + sumOf(counts));
    if (served.length < askers.length && (await this.#dropGone(counts))) {
      served = servedOf(askers, held + sumOf(counts));
    }
    const own = held + served.length;
    if (own > 0) counts.set(node, own);
    if (own !== before) {
      const put = await this.#put(key, counts, found?.revision);
      if (put === "changed") return put;
      if (isUnreachable(put)) return "unreachable";
    }
    // What was given back meanwhile is said next.
    owner.isDue = owner.held !== held;
    for (const asker of askers) {
      asker.resolve(served.includes(asker) ? this.#lease(name, owner) : "owner-has-all");
    }
    return "done";
  }

  async #put(
    key: string,
    counts: Counts,
    revision: number | undefined,
  ): Promise<"put" | "changed" | Unreachable> {
    const { places } = this.#options;
    if (counts.size === 0) {
      const removed = await places.remove(key, revision);
      if (isUnreachable(removed)) return removed;
      return removed ? "put" : "changed";
    }
    const put = await places.put(key, bytesOf(Object.fromEntries(counts)), revision ?? 0);
    return typeof put === "number" ? "put" : put;
  }

  /** Takes out what nodes have that are gone; whether there was any. */
  async #dropGone(counts: Counts): Promise<boolean> {
    const nodes = [...counts.keys()];
    const alive = await Promise.all(nodes.map((node) => this.#options.isAlive(node)));
    const gone = nodes.filter((_, at) => alive[at] === "gone");
    for (const node of gone) counts.delete(node);
    return gone.length > 0;
  }

  #lease(name: string, owner: Owner): ConnectionLease {
    owner.held += 1;
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        owner.held -= 1;
        owner.isDue = true;
        this.#begin(name, owner);
      },
    };
  }
}

/** Which of those who ask have a place, when so many are taken. */
function servedOf(askers: readonly Asker[], takenBefore: number): readonly Asker[] {
  let taken = takenBefore;
  return askers.filter(({ max }) => {
    if (taken >= max) return false;
    taken += 1;
    return true;
  });
}

function sumOf(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

function countsOf(value: Uint8Array): Counts {
  const counts: Counts = new Map();
  for (const [node, count] of Object.entries(fieldsOf(value))) {
    if (isWhole(count) && count > 0) counts.set(node, count);
  }
  return counts;
}

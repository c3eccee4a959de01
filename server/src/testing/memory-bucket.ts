/** Shared records in memory, for tests of several nodes in one process: each of them holds the same bucket. */
import { assert } from "../core/assert.ts";
import {
  type SharedBucket,
  type SharedChange,
  type SharedRecord,
  type SharedWatch,
  sharedKeyPattern,
  sharedValueBytesMax,
  type Unreachable,
} from "../ports/shared-bucket.ts";

const away: Unreachable = { kind: "unreachable", message: "the broker is away" };

/** A bucket in memory. */
export class MemoryBucket implements SharedBucket {
  /** Whether nobody can reach it. */
  isAway = false;
  readonly #newest = new Map<string, SharedChange>();
  readonly #watches = new Set<() => void>();
  #revision = 0;

  /** How many records there are. */
  get size(): number {
    return [...this.#newest.values()].filter(({ value }) => value !== undefined).length;
  }

  async get(key: string): Promise<SharedRecord | undefined | Unreachable> {
    assertKey(key);
    if (this.isAway) return away;
    return this.#record(key);
  }

  async put(
    key: string,
    value: Uint8Array,
    revision?: number,
  ): Promise<number | "changed" | Unreachable> {
    assertKey(key);
    assert(value.length <= sharedValueBytesMax, "a shared value is bounded");
    if (this.isAway) return away;
    const isWanted = revision === undefined || (this.#record(key)?.revision ?? 0) === revision;
    return isWanted ? this.#change(key, value) : "changed";
  }

  async remove(key: string, revision?: number): Promise<boolean | Unreachable> {
    assertKey(key);
    if (this.isAway) return away;
    const found = this.#record(key);
    if (found === undefined || (revision !== undefined && found.revision !== revision))
      return false;
    this.#change(key, undefined);
    return true;
  }

  watch(listener: (change: SharedChange) => void): SharedWatch {
    let seen = 0;
    let caughtUp = () => {};
    const look = () => {
      if (this.isAway) return;
      if (this.#revision < seen) seen = 0;
      const changes = [...this.#newest.values()].filter(({ revision }) => revision > seen);
      for (const change of changes.toSorted((left, right) => left.revision - right.revision)) {
        seen = change.revision;
        listener(change);
      }
      caughtUp();
    };
    const told = new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
    const later = () => queueMicrotask(() => this.#watches.has(later) && look());
    this.#watches.add(later);
    later();
    return {
      caughtUp: told,
      look: async () => {
        if (this.#watches.has(later)) look();
      },
      stop: () => this.#watches.delete(later),
    };
  }

  /** It can be reached again; whoever watches is told what they missed. */
  back(): void {
    this.isAway = false;
    for (const tell of this.#watches) tell();
  }

  /** Loses everything, as a broker that keeps it in memory does when it is started again. */
  lose(): void {
    this.#newest.clear();
    this.#revision = 0;
  }

  #record(key: string): SharedRecord | undefined {
    const found = this.#newest.get(key);
    if (found?.value === undefined) return undefined;
    return { key, value: found.value, revision: found.revision };
  }

  #change(key: string, value: Uint8Array | undefined): number {
    this.#revision += 1;
    this.#newest.set(key, { key, value: value?.slice(), revision: this.#revision });
    for (const tell of this.#watches) tell();
    return this.#revision;
  }
}

function assertKey(key: string): void {
  assert(sharedKeyPattern.test(key), "a shared record has a key of letters, digits, - and _");
}

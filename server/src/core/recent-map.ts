/** A map that remembers the last keys only: the oldest one is forgotten when it is full. */
import { assert } from "./assert.ts";

/** Values by text, at most `limit` of them, oldest first. */
export class RecentMap<V> {
  readonly #limit: number;
  readonly #entries = new Map<string, V>();
  /** Goes on from where it was: a new one would pass all that was forgotten, each time. */
  readonly #oldest = this.#entries.keys();
  #lastForgotten: V | undefined;

  constructor(limit: number) {
    assert(limit > 0, "a recent map remembers something");
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** Remembers a key as the newest one. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const oldest = this.#oldest.next();
    assert(oldest.done !== true, "a map with entries has an oldest one");
    this.#lastForgotten = this.#entries.get(oldest.value);
    this.#entries.delete(oldest.value);
  }

  /**
   * Remembers entries of an earlier map, oldest first. What that one had forgotten cannot be known, so
   * a full map counts `assumed` as the value that was forgotten last.
   */
  restore(entries: Iterable<readonly [string, V]>, assumed: V): void {
    for (const [key, value] of entries) this.set(key, value);
    if (this.#entries.size === this.#limit) this.#lastForgotten = assumed;
  }

  /** Value of the key that was forgotten last; undefined while none was. */
  get lastForgotten(): V | undefined {
    return this.#lastForgotten;
  }

  /** All entries, oldest first. */
  entries(): [string, V][] {
    return [...this.#entries];
  }
}

/** A map that remembers the last keys only: the oldest one is forgotten when it is full. */
import { assert } from "./assert.ts";

/** Values by text, at most `limit` of them, oldest first. */
export class RecentMap<V> {
  readonly #limit: number;
  readonly #entries = new Map<string, V>();

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
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** The key that is forgotten next; undefined while there is room for more. */
  get nextForgotten(): string | undefined {
    return this.#entries.size < this.#limit ? undefined : this.#entries.keys().next().value;
  }

  /** All entries, oldest first. */
  entries(): [string, V][] {
    return [...this.#entries];
  }
}

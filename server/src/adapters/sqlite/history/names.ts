/**
 * Numbers for the names of users, markets and currencies, so that a row need not repeat them. A name
 * keeps its number for ever; names are never forgotten, as the exchange never forgets a user.
 */
import { assert } from "../../../core/assert.ts";

/** Most names: the exchange bounds users and markets well below it. */
export const namesMax: number = 2 ** 24;

/** Names by number and numbers by name; the first name has number 1. */
export class Names {
  readonly #texts: string[];
  readonly #numbers: Map<string, number>;
  #told: number;

  /** Takes over the names of a file, in the order of their numbers. */
  constructor(texts: readonly string[]) {
    this.#texts = [...texts];
    this.#numbers = new Map(texts.map((text, index) => [text, index + 1]));
    this.#told = texts.length;
  }

  /** The number of a name, new or known. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    assert(this.#texts.length < namesMax, "the number of names is bounded");
    const number = this.#texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  /** How many names there are, which is the number of the last one. */
  get count(): number {
    return this.#texts.length;
  }

  /** The number of a known name. */
  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  /** The name of a number that was read; undefined when there is none. */
  textOf(number: unknown): string | undefined {
    return typeof number === "number" ? this.#texts[number - 1] : undefined;
  }

  /** The names that came up since this was asked last. */
  takeNew(): readonly string[] {
    const fresh = this.#texts.slice(this.#told);
    this.#told = this.#texts.length;
    return fresh;
  }
}

/**
 * A digest of plain data: 64 bits over every number and text in the order in which they stand. It
 * finds differences between replicas; it is no protection against somebody who seeks a collision.
 */
import { assert, ensureNever } from "../assert.ts";

/** What can be digested: everything that JSON can hold, with safe integers as the only numbers. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/**
 * 16 hexadecimal digits. Records count by their values in order: their keys are fixed by the type, and
 * hashing them would cost more than the values.
 */
export function hashOf(value: object): string {
  const hash = new Hash();
  hash.add(value as Plain);
  return hash.digest();
}

const twoTo32 = 2 ** 32;

/** Markers keep neighbours apart: `["a", "b"]` is not `["ab"]`. */
const tags = { text: 1, number: 2, true: 3, false: 4, null: 5, list: 6, record: 7 } as const;

class Hash {
  // `| 0` keeps a lane a signed 32-bit integer, which the engine need not box.
  #left = 0x243f6a88;
  #right = 0x85a308d3 | 0;

  add(value: Plain): void {
    if (typeof value === "string") this.#addText(value);
    else if (typeof value === "number") this.#addNumber(value);
    else if (typeof value === "boolean") this.#mix(value ? tags.true : tags.false);
    else if (value === null) this.#mix(tags.null);
    else if (isList(value)) this.#addList(value);
    else if (typeof value === "object") this.#addRecord(value);
    else ensureNever(value);
  }

  digest(): string {
    this.#mix(this.#left ^ this.#right);
    return [this.#left, this.#right]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }

  #addText(text: string): void {
    this.#mix(tags.text);
    this.#mix(text.length);
    for (let index = 0; index < text.length; index += 1) this.#mix(text.charCodeAt(index));
  }

  #addNumber(value: number): void {
    assert(Number.isSafeInteger(value), "numbers of the state are safe integers");
    this.#mix(tags.number);
    this.#mix(Math.floor(value / twoTo32));
    this.#mix(value % twoTo32);
  }

  #addList(list: readonly Plain[]): void {
    this.#mix(tags.list);
    this.#mix(list.length);
    for (const item of list) this.add(item);
  }

  #addRecord(record: { readonly [key: string]: Plain }): void {
    const values = Object.values(record);
    this.#mix(tags.record);
    this.#mix(values.length);
    for (const value of values) this.add(value);
  }

  /** Two multiply-and-rotate lanes that feed each other. */
  #mix(word: number): void {
    const left = Math.imul(this.#left ^ word, 0x9e3779b1);
    const right = Math.imul(this.#right ^ word, 0x85ebca77);
    this.#left = ((left << 13) | (left >>> 19)) ^ right;
    this.#right = (((right << 17) | (right >>> 15)) + left) | 0;
  }
}

/** `Array.isArray` does not narrow read-only lists. */
function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

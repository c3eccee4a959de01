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

/** A list that is digested while it is read. Its items may be lists of this kind, and records that have such. */
export class ReadList {
  readonly count: number | (() => Generator<void, number>);
  readonly items: () => Iterable<unknown>;

  /** Counting its items may take pauses. */
  constructor(count: number | (() => Generator<void, number>), items: () => Iterable<unknown>) {
    this.count = count;
    this.items = items;
  }
}

/** A record whose values may be {@link ReadList}s. */
export class ReadRecord {
  readonly fields: object;

  constructor(fields: object) {
    this.fields = fields;
  }
}

/** Numbers and characters after which a digest in parts pauses: about a millisecond's work. */
const wordsOfPart = 20_000;

/** The digest of the same data as {@link hashOf} has of it, made in parts. */
export function* hashInParts(value: ReadRecord): Generator<void, string> {
  const hash = new Hash();
  yield* hash.addInParts(value);
  return hash.digest();
}

const twoTo32 = 2 ** 32;

/** Markers keep neighbours apart: `["a", "b"]` is not `["ab"]`. */
const tags = { text: 1, number: 2, true: 3, false: 4, null: 5, list: 6, record: 7 } as const;

class Hash {
  // `| 0` keeps a lane a signed 32-bit integer, which the engine need not box.
  #left = 0x243f6a88;
  #right = 0x85a308d3 | 0;
  #words = 0;

  add(value: Plain): void {
    if (typeof value === "string") this.#addText(value);
    else if (typeof value === "number") this.#addNumber(value);
    else if (typeof value === "boolean") this.#mix(value ? tags.true : tags.false);
    else if (value === null) this.#mix(tags.null);
    else if (isList(value)) this.#addList(value);
    else if (typeof value === "object") this.#addRecord(value);
    else ensureNever(value);
  }

  *addInParts(value: ReadRecord): Generator<void> {
    const values = Object.values(value.fields);
    this.#begin(tags.record, values.length);
    for (const each of values) {
      if (each instanceof ReadList) yield* this.#addReadList(each);
      else this.add(each as Plain);
    }
  }

  *#addReadList(list: ReadList): Generator<void> {
    const { count, items } = list;
    this.#begin(tags.list, typeof count === "number" ? count : yield* count());
    for (const item of items()) {
      if (item instanceof ReadRecord) yield* this.addInParts(item);
      else this.add(item as Plain);
      if (this.#words < wordsOfPart) continue;
      this.#words = 0;
      yield;
    }
  }

  #begin(tag: number, count: number): void {
    this.#mix(tag);
    this.#mix(count);
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
    this.#begin(tags.list, list.length);
    for (const item of list) this.add(item);
  }

  #addRecord(record: { readonly [key: string]: Plain }): void {
    const values = Object.values(record);
    this.#begin(tags.record, values.length);
    for (const value of values) this.add(value);
  }

  /** Two multiply-and-rotate lanes that feed each other. */
  #mix(word: number): void {
    this.#words += 1;
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

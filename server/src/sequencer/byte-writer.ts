/**
 * Writes the few kinds of values that commands are made of, into one growing buffer: whole numbers in
 * as many bytes as they need, and texts, each different one once.
 */
import { assert } from "../core/assert.ts";

/** Room that a new buffer has, in bytes. */
const firstCapacity = 4_096;

/** Most different texts of one buffer. */
export const textsMax = 1_000_000;

/** A growing buffer of bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(firstCapacity);
  #length = 0;
  readonly #texts = new Map<string, number>();

  /** A copy of what was written, of exactly its length. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Begins anew; the room is kept. */
  clear(): void {
    this.#length = 0;
    this.#texts.clear();
  }

  byte(value: number): void {
    assert(value >= 0 && value <= 255, "a byte is between 0 and 255");
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A safe integer, 0 or more: seven bits a byte, lowest first, the high bit says that more follow. */
  whole(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, "a whole number is a safe integer from 0 on");
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length] = (rest % 128) + 128;
      this.#length += 1;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  /** A text: its number if it was written before, else the next number and its UTF-16 units. */
  text(value: string): void {
    const known = this.#texts.get(value);
    if (known !== undefined) {
      this.whole(known);
      return;
    }
    assert(this.#texts.size < textsMax, "the texts of one buffer are bounded");
    this.whole(this.#texts.size);
    this.#texts.set(value, this.#texts.size);
    this.whole(value.length);
    for (let at = 0; at < value.length; at += 1) this.whole(value.charCodeAt(at));
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

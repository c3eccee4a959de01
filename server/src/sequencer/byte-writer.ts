/**
 * Writes the few kinds of values that commands are made of, into one growing buffer: whole numbers in
 * as many bytes as they need, and texts, each different one once.
 */
import { assert } from "../core/assert.ts";

/** Room that a new buffer has, in bytes. */
const firstCapacity = 4_096;

/** Most different texts of one buffer. */
export const textsMax = 1_000_000;

/** Longest text, in UTF-16 units; the core's own bounds are narrower. */
export const textLengthMax = 1_024;

/** Amounts have at most 40 digits. */
export const amountMax: bigint = 10n ** 40n - 1n;

/** A growing buffer of bytes, filled entry by entry; only whole and good entries stay in it. */
export class ByteWriter {
  #bytes = new Uint8Array(firstCapacity);
  #length = 0;
  readonly #texts = new Map<string, number>();
  #faulty = false;
  /** How far the entries go that were kept, and how many texts they have. */
  #keptLength = 0;
  #keptTexts = 0;
  /** The same before the last of them. */
  #lengthBefore = 0;
  #textsBefore = 0;

  /** Length of the entries that were kept, in bytes. */
  get length(): number {
    return this.#keptLength;
  }

  /** A copy of the entries that were kept, of exactly their length. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#keptLength);
  }

  /** Begins again; the room is kept. */
  clear(): void {
    this.#keptLength = 0;
    this.#keptTexts = 0;
    this.#texts.clear();
    this.begin();
  }

  /** Begins an entry; whatever was written and not kept is gone. */
  begin(): void {
    this.#faulty = false;
    this.#length = this.#keptLength;
    if (this.#texts.size > this.#keptTexts) this.#forgetTexts();
  }

  /** Ends an entry; false, and it is not kept, when something in it could not be written. */
  keep(): boolean {
    if (this.#faulty) return false;
    this.#lengthBefore = this.#keptLength;
    this.#textsBefore = this.#keptTexts;
    this.#keptLength = this.#length;
    this.#keptTexts = this.#texts.size;
    return true;
  }

  /** Takes the entry out again that was kept last; only one can be taken out. */
  undo(): void {
    this.#keptLength = this.#lengthBefore;
    this.#keptTexts = this.#textsBefore;
  }

  /** A number from 0 to 255. */
  byte(value: number): void {
    if (!(value >= 0 && value <= 255)) this.#faulty = true;
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A safe integer, 0 or more: seven bits a byte, lowest first, the high bit says that more follow. */
  whole(value: number): void {
    if (!(Number.isSafeInteger(value) && value >= 0)) {
      this.#faulty = true;
      return;
    }
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

  /** A whole number of either sign that is at most half of the largest safe integer: 0, -1, 1, -2, … */
  signed(value: number): void {
    this.whole(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /**
   * A text of at most {@link textLengthMax} UTF-16 units: its number if it was written before, else
   * the next number and its units.
   */
  text(value: string): void {
    const known = this.#texts.get(value);
    if (known !== undefined) {
      this.whole(known);
      return;
    }
    if (value.length > textLengthMax) {
      this.#faulty = true;
      return;
    }
    assert(this.#texts.size < textsMax, "the texts of one buffer are bounded");
    this.whole(this.#texts.size);
    this.#texts.set(value, this.#texts.size);
    this.whole(value.length);
    for (let at = 0; at < value.length; at += 1) this.whole(value.charCodeAt(at));
  }

  /** An amount of money as its digits: at least 0 and at most {@link amountMax}. */
  amount(value: bigint): void {
    if (value < 0n || value > amountMax) this.#faulty = true;
    else this.text(String(value));
  }

  #forgetTexts(): void {
    for (const [text, number] of this.#texts) {
      if (number >= this.#keptTexts) this.#texts.delete(text);
    }
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

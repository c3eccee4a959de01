/** Reads what `ByteWriter` wrote. What it did not write is a value, `undefined`, never an exception. */
import { textLengthMax } from "./byte-writer.ts";

/** Bytes of the largest whole number. */
const wholeBytesMax = 8;

/** A position in bytes. Once anything was not right, `faulty` stays true and reads give zeros. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #texts: string[] = [];
  #at = 0;
  #faulty = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether anything that was read is not what a writer wrote. */
  get faulty(): boolean {
    return this.#faulty;
  }

  /** Whether everything was read. */
  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    this.#at += 1;
    return value ?? this.#fault();
  }

  whole(): number {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < wholeBytesMax; count += 1) {
      const byte = this.byte();
      value += (byte % 128) * unit;
      if (byte < 128) return Number.isSafeInteger(value) ? value : this.#fault();
      unit *= 128;
    }
    return this.#fault();
  }

  signed(): number {
    const value = this.whole();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const number = this.whole();
    const known = this.#texts[number];
    if (known !== undefined) return known;
    const length = this.whole();
    if (number !== this.#texts.length || length > textLengthMax) {
      this.#fault();
      return "";
    }
    const units: number[] = [];
    for (let at = 0; at < length; at += 1) units.push(this.whole());
    const text = String.fromCharCode(...units);
    this.#texts.push(text);
    return text;
  }

  #fault(): number {
    this.#faulty = true;
    return 0;
  }
}

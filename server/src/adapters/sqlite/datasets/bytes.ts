/**
 * Numbers and texts as few bytes: what blocks of trades and bars are made of. All of it is exact; what is
 * read past the end of its bytes is found out by whoever asks for {@link ByteReader.end}.
 */
const encoder = new TextEncoder();
const utf8 = new TextDecoder();

/** Below this, integers are taken apart by the bit. */
const bitwiseMax = 2 ** 31;

/** Bytes that grow. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1_024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A safe integer that is not negative: seven bits a byte, the lowest first. */
  uint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= bitwiseMax) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A safe integer of either sign, which the first byte has. */
  int(value: number): void {
    const sign = value < 0 ? 64 : 0;
    const size = Math.abs(value);
    if (size < 64) {
      this.byte(size | sign);
      return;
    }
    this.byte((size % 64) | sign | 128);
    this.uint(Math.floor(size / 64));
  }

  /** A number or a bigint, which is told with it. */
  exact(value: number | bigint): void {
    if (typeof value === "number") {
      this.byte(0);
      this.int(value);
    } else {
      this.byte(1);
      this.bigint(value);
    }
  }

  /** An integer of any size. */
  bigint(value: bigint): void {
    const parts: number[] = [];
    const isNegative = value < 0n;
    for (let rest = isNegative ? -value : value; rest > 0n; rest >>= 32n) {
      parts.push(Number(rest & 0xffff_ffffn));
    }
    this.int(isNegative ? -parts.length : parts.length);
    for (const part of parts) this.uint(part);
  }

  /** A text, halves of surrogate pairs included. */
  text(value: string): void {
    const isWellFormed = value.isWellFormed();
    const coded = isWellFormed ? encoder.encode(value) : Buffer.from(value, "utf16le");
    this.uint(coded.length * 2 + (isWellFormed ? 0 : 1));
    this.bytes(coded);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A copy of what was written. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Begins again, in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** What is read is not what was written. */
export class DamagedBytes extends Error {
  override readonly name = "DamagedBytes";
}

/** Reads what a {@link ByteWriter} wrote, in the same order. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, from = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  uint(): number {
    const first = this.#bytes[this.at++] ?? 0;
    if (first < 128) return first;
    let value = first & 127;
    let factor = 128;
    for (;;) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      if (factor > Number.MAX_SAFE_INTEGER) throw new DamagedBytes("a number is too long");
    }
  }

  int(): number {
    const first = this.#bytes[this.at++] ?? 0;
    const size = first < 128 ? first & 63 : (first & 63) + this.uint() * 64;
    return (first & 64) === 0 ? size : -size;
  }

  exact(): number | bigint {
    return this.byte() === 0 ? this.int() : this.bigint();
  }

  bigint(): bigint {
    const parts = this.int();
    let value = 0n;
    const count = this.count(Math.abs(parts));
    for (let part = 0; part < count; part += 1) {
      value |= BigInt(this.uint()) << BigInt(32 * part);
    }
    return parts < 0 ? -value : value;
  }

  text(): string {
    const head = this.uint();
    const coded = this.bytes(Math.floor(head / 2));
    return head % 2 === 0 ? utf8.decode(coded) : Buffer.from(coded).toString("utf16le");
  }

  bytes(length: number): Uint8Array {
    const from = this.at;
    this.at += this.count(length);
    return this.#bytes.subarray(from, this.at);
  }

  /** A number of things of which each takes a byte at least. */
  count(value: number): number {
    if (this.at + value > this.#end) throw new DamagedBytes("it ends too early");
    return value;
  }

  /** Says that all was read, and no more than that. */
  end(): void {
    if (this.at !== this.#end) throw new DamagedBytes("it does not end where it should");
  }
}

/** Whether a number is an integer that takes the short form. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/**
 * An exact sum kept in two slots of a `Float64Array`, for tables of many sums: 16 bytes each instead
 * of an object. Unlike `ExactSum` it is bounded: whoever adds has looked at `approximate` before.
 */
import { assert } from "../assert.ts";

const limb = 2 ** 53;
const limbBits = 53n;
const lowMask = (1n << limbBits) - 1n;

/** What a packed sum must stay below. */
export const packedSumLimit: number = 2 ** 106;

/** Where the sums of one column of a table are, in slots. */
export interface PackedColumn {
  readonly first: number;
  readonly stride: number;
  readonly end: number;
}

/** A handle on the non-negative sum `slots[at] * 2 ** 53 + slots[at + 1]`; slots of zero are the sum zero. */
export class PackedSum {
  readonly #slots: Float64Array;
  readonly #at: number;

  constructor(slots: Float64Array, at: number) {
    this.#slots = slots;
    this.#at = at;
  }

  /** The sum as a double: exact while it is a safe integer, else rounded. */
  get approximate(): number {
    return this.#slots[this.#at]! * limb + this.#slots[this.#at + 1]!;
  }

  /** Adds a non-negative safe integer. */
  add(value: number): void {
    const slots = this.#slots;
    const low = slots[this.#at + 1]!;
    // Subtracting the limb first keeps every intermediate value below 2 ** 53, so it is exact.
    const reduced = low - limb + value;
    if (reduced >= 0) this.#assign(slots[this.#at]! + 1, reduced);
    else slots[this.#at + 1] = low + value;
  }

  /** Adds a non-negative integer of any size. */
  addBigInt(value: bigint): void {
    this.#assignBig(this.toBigInt() + value);
  }

  /** Adds `left * right`, both non-negative safe integers. */
  addProduct(left: number, right: number): void {
    const product = left * right;
    // A rounded product within the safe range is the true product.
    if (product <= Number.MAX_SAFE_INTEGER) this.add(product);
    else this.addBigInt(BigInt(left) * BigInt(right));
  }

  /** Adds all sums of one column of a table: those at `first`, `first + stride` … below `end`. */
  addColumn(slots: Float64Array, { first, stride, end }: PackedColumn): void {
    let high = this.#slots[this.#at]!;
    let low = this.#slots[this.#at + 1]!;
    for (let at = first; at < end; at += stride) {
      high += slots[at]!;
      const reduced = low - limb + slots[at + 1]!;
      if (reduced >= 0) high += 1;
      low = reduced >= 0 ? reduced : reduced + limb;
    }
    this.#assign(high, low);
  }

  /** Multiplies by a safe integer. */
  multiply(factor: number): void {
    this.#assignBig(this.toBigInt() * BigInt(factor));
  }

  toBigInt(): bigint {
    return (BigInt(this.#slots[this.#at]!) << limbBits) + BigInt(this.#slots[this.#at + 1]!);
  }

  /** The sum as a number where that is exact, else as a bigint: what `formatDecimal` takes. */
  value(): number | bigint {
    return this.#slots[this.#at] === 0 ? this.#slots[this.#at + 1]! : this.toBigInt();
  }

  #assignBig(value: bigint): void {
    this.#assign(Number(value >> limbBits), Number(value & lowMask));
  }

  #assign(high: number, low: number): void {
    assert(high < limb, "a packed sum stays below its limit");
    this.#slots[this.#at] = high;
    this.#slots[this.#at + 1] = low;
  }
}

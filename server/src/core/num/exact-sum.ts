/**
 * Sums of integers that never lose a digit. The usual case, in which all of them are safe integers,
 * costs one addition; a sum has no upper bound.
 *
 * There are three forms of one arithmetic: {@link ExactSum} for a sum that grows, {@link plusExactly} for
 * two values, and {@link columnSum} for sums that tables keep in slots of a `Float64Array`.
 */
import { assert } from "../assert.ts";

const limb = 2 ** 53;
const limbBits = 53n;
const lowMask = (1n << limbBits) - 1n;
const safeMax = BigInt(Number.MAX_SAFE_INTEGER);

/** An exact, growing, non-negative sum without an upper bound: `high * 2 ** 53 + low`. */
export class ExactSum {
  #high = 0n;
  #low = 0;

  /** Adds a non-negative safe integer, or a bigint where a value has outgrown one. */
  add(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#high += value >> limbBits;
      this.#addLow(Number(value & lowMask));
    } else {
      this.#addLow(value);
    }
  }

  /** Adds `left * right`, both not negative. */
  addProduct(left: number | bigint, right: number | bigint): void {
    const areNumbers = typeof left === "number" && typeof right === "number";
    const product = areNumbers ? left * right : Number.POSITIVE_INFINITY;
    // A rounded product within the safe range is the true product.
    if (product <= Number.MAX_SAFE_INTEGER) this.#addLow(product);
    else this.add(BigInt(left) * BigInt(right));
  }

  /** Multiplies by `10 ** places`, for a sum whose unit becomes finer. */
  shiftDecimal(places: number): void {
    assert(places >= 0, "a sum's unit only becomes finer");
    const value = this.toBigInt() * 10n ** BigInt(places);
    this.#high = value >> limbBits;
    this.#low = Number(value & lowMask);
  }

  /** The sum. */
  toBigInt(): bigint {
    return (this.#high << limbBits) + BigInt(this.#low);
  }

  /** The sum as a number where that is exact, else as a bigint: what `formatDecimal` takes. */
  value(): number | bigint {
    return this.#high === 0n ? this.#low : this.toBigInt();
  }

  /** The sum as a double: exact while it is a safe integer, else rounded. */
  get approximate(): number {
    return this.#high === 0n ? this.#low : Number(this.#high) * limb + this.#low;
  }

  /** Writes the sum to `limbs` slots from `at` on, for {@link columnSum}. */
  store(slots: Float64Array, at: number, limbs: number): void {
    let high = this.#high;
    slots[at + limbs - 1] = this.#low;
    for (let slot = at + limbs - 2; slot >= at; slot -= 1) {
      slots[slot] = high === 0n ? 0 : Number(high & lowMask);
      high >>= limbBits;
    }
    assert(high === 0n, "a stored sum fits its slots");
  }

  #addLow(value: number): void {
    // Subtracting the limb first keeps every intermediate value below 2 ** 53, so it is exact.
    const reduced = this.#low - limb + value;
    if (reduced >= 0) {
      this.#low = reduced;
      this.#high += 1n;
    } else {
      this.#low += value;
    }
  }
}

/**
 * The exact sum of two integers, of which one may be negative while the sum is not: a number where
 * it is a safe integer, else a bigint. Equal sums are thus equal by `===`.
 */
export function plusExactly(left: number | bigint, right: number | bigint): number | bigint {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    // A rounded sum within the safe range is the true sum.
    if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return narrowed(BigInt(left) + BigInt(right));
}

/** The exact product of two non-negative integers: a number where it is a safe integer, else a bigint. */
export function timesExactly(left: number | bigint, right: number | bigint): number | bigint {
  if (typeof left === "number" && typeof right === "number") {
    const product = left * right;
    if (product <= Number.MAX_SAFE_INTEGER) return product;
  }
  return narrowed(BigInt(left) * BigInt(right));
}

/** A non-negative bigint as a number where that is exact. */
export function narrowed(value: bigint): number | bigint {
  return value <= safeMax ? Number(value) : value;
}

/** Where the sums of one column of a table are: every `stride` slots from `first` to below `end`. */
export interface SumColumn {
  readonly first: number;
  readonly stride: number;
  readonly end: number;
  /** Slots of each sum, 1 … 3. */
  readonly limbs: number;
}

/** The sum of all stored sums of a column; there are fewer than 2 ** 50 of them. */
export function columnSum(slots: Float64Array, column: SumColumn): number | bigint {
  const { first, stride, end, limbs } = column;
  let [top, high, low] = [0, 0, 0];
  for (let at = first; at < end; at += stride) {
    let carry = 0;
    const lowest = low - limb + slots[at + limbs - 1]!;
    if (lowest >= 0) carry = 1;
    low = lowest >= 0 ? lowest : lowest + limb;
    if (limbs === 1) {
      high += carry;
      continue;
    }
    const middle = high - limb + slots[at + limbs - 2]! + carry;
    carry = middle >= 0 ? 1 : 0;
    high = middle >= 0 ? middle : middle + limb;
    top += limbs === 2 ? carry : slots[at]! + carry;
  }
  assert(top < limb, "a sum of a column stays within its slots");
  if (top === 0 && high === 0) return low;
  return (BigInt(top) << (2n * limbBits)) + (BigInt(high) << limbBits) + BigInt(low);
}

/**
 * A sum of non-negative integers, or of products of two of them, that never loses a digit and costs
 * one addition in the usual case, in which all of them are safe integers.
 */
import { assert } from "../assert.ts";

const limb = 2 ** 53;
const limbBits = 53n;
const lowMask = (1n << limbBits) - 1n;

/** An exact, growing, non-negative sum without an upper bound: `high * 2 ** 53 + low`. */
export class ExactSum {
  #high = 0n;
  #low = 0;

  /** Adds a non-negative safe integer, or a bigint where a value has outgrown one. */
  add(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#assign(this.toBigInt() + value);
      return;
    }
    // Subtracting the limb first keeps every intermediate value below 2 ** 53, so it is exact.
    const reduced = this.#low - limb + value;
    if (reduced >= 0) {
      this.#low = reduced;
      this.#high += 1n;
    } else {
      this.#low += value;
    }
  }

  /** Adds `left * right`, both not negative. */
  addProduct(left: number | bigint, right: number | bigint): void {
    const areNumbers = typeof left === "number" && typeof right === "number";
    const product = areNumbers ? left * right : Number.POSITIVE_INFINITY;
    // A rounded product within the safe range is the true product.
    this.add(product <= Number.MAX_SAFE_INTEGER ? product : BigInt(left) * BigInt(right));
  }

  /** Multiplies by `10 ** places`, for a sum whose unit becomes finer. */
  shiftDecimal(places: number): void {
    assert(places >= 0, "a sum's unit only becomes finer");
    this.#assign(this.toBigInt() * 10n ** BigInt(places));
  }

  /** The sum. */
  toBigInt(): bigint {
    return (this.#high << limbBits) + BigInt(this.#low);
  }

  /** The sum as a number where that is exact, else as a bigint: what `formatDecimal` takes. */
  value(): number | bigint {
    return this.#high === 0n ? this.#low : this.toBigInt();
  }

  #assign(value: bigint): void {
    this.#high = value >> limbBits;
    this.#low = Number(value & lowMask);
  }
}

/**
 * A sum of non-negative safe integers, or of products of two of them, that never loses a digit and
 * costs one addition in the usual case. Volumes outgrow a safe integer, prices and quantities do not.
 */
import { assert } from "../assert.ts";
import { powersOfTen } from "./decimal.ts";

const limb = 2 ** 53;
const limbBits = 53n;
const lowMask = (1n << limbBits) - 1n;

/** An exact, growing, non-negative sum without an upper bound: `high * 2 ** 53 + low`. */
export class ExactSum {
  #high = 0n;
  #low = 0;

  /** Adds a non-negative safe integer. */
  add(value: number): void {
    // Subtracting the limb first keeps every intermediate value below 2 ** 53, so it is exact.
    const reduced = this.#low - limb + value;
    if (reduced >= 0) {
      this.#low = reduced;
      this.#high += 1n;
    } else {
      this.#low += value;
    }
  }

  /** Adds `left * right`, both non-negative safe integers. */
  addProduct(left: number, right: number): void {
    const product = left * right;
    // A rounded product within the safe range is the true product.
    if (product <= Number.MAX_SAFE_INTEGER) this.add(product);
    else this.#addBig(BigInt(left) * BigInt(right));
  }

  /** Multiplies by `10 ** places`, for a sum whose unit becomes finer. */
  shiftDecimal(places: number): void {
    const factor = powersOfTen[places];
    assert(factor !== undefined, "a decimal shift is between 0 and 15 places");
    this.#assign(this.toBigInt() * BigInt(factor));
  }

  /** The sum. */
  toBigInt(): bigint {
    return (this.#high << limbBits) + BigInt(this.#low);
  }

  /** The sum as a number where that is exact, else as a bigint: what `formatDecimal` takes. */
  value(): number | bigint {
    return this.#high === 0n ? this.#low : this.toBigInt();
  }

  #addBig(value: bigint): void {
    this.#assign(this.toBigInt() + value);
  }

  #assign(value: bigint): void {
    this.#high = value >> limbBits;
    this.#low = Number(value & lowMask);
  }
}

/**
 * Money: integers of the smallest unit, 16 decimals for every currency, so that each amount of the
 * wire and each price × quantity is exact. Rounding happens only in the two functions that say so.
 */
import { assert } from "../assert.ts";
import { decimalTextMax, formatDecimal } from "./decimal.ts";

declare const atomsBrand: unique symbol;

/** An amount of a currency in units of 10⁻¹⁶; never negative in a wallet. */
export type Atoms = bigint & { readonly [atomsBrand]: true };

/** Decimals of {@link Atoms}. */
export const atomsScale = 16;

/** Atoms in one whole unit of a currency. */
export const atomsPerUnit: Atoms = (10n ** 16n) as Atoms;

/** Largest amount that is accepted: 10¹⁸ whole units. Sums of wallets stay far below what bigint holds. */
export const atomsMax: Atoms = (10n ** 34n) as Atoms;

/** Nothing. */
export const noAtoms: Atoms = 0n as Atoms;

/** Brands an amount that is known to be one: 0 … {@link atomsMax}. */
export function atoms(value: bigint): Atoms {
  assert(value >= 0n && value <= atomsMax, "an amount of money is between 0 and its maximum");
  return value as Atoms;
}

/** The sum; an assertion failure above {@link atomsMax}. */
export function plus(left: Atoms, right: Atoms): Atoms {
  const sum = left + right;
  assert(sum <= atomsMax, "a sum of money stays below its maximum");
  return sum as Atoms;
}

/** The difference; an assertion failure below 0: nothing in the exchange can be owed. */
export function minus(left: Atoms, right: Atoms): Atoms {
  assert(left >= right, "money never becomes negative");
  return (left - right) as Atoms;
}

/** The smaller amount. */
export function lesser(left: Atoms, right: Atoms): Atoms {
  return left < right ? left : right;
}

/** `value × numerator ÷ denominator`, rounded towards zero; all of them 0 or more. */
export function mulDivDown(value: bigint, numerator: bigint, denominator: bigint): bigint {
  return (value * numerator) / denominator;
}

/** `value × numerator ÷ denominator`, rounded away from zero; all of them 0 or more. */
export function mulDivUp(value: bigint, numerator: bigint, denominator: bigint): bigint {
  return (value * numerator + denominator - 1n) / denominator;
}

const amountPattern = /^(\d+)(?:\.(\d*?)0*)?$/;

/**
 * Reads a plain, unsigned decimal such as `12.5`. Undefined when it is not one, has more than 16
 * decimals that are not zero, or is above {@link atomsMax}.
 */
export function parseAtoms(text: string): Atoms | undefined {
  if (text.length > decimalTextMax) return undefined;
  const match = amountPattern.exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  if (fraction.length > atomsScale) return undefined;
  const value = BigInt(whole + fraction.padEnd(atomsScale, "0"));
  return value <= atomsMax ? (value as Atoms) : undefined;
}

/** Writes an amount without trailing zeros. */
export function formatAtoms(amount: Atoms): string {
  return formatDecimal(amount, atomsScale);
}

/**
 * Amounts as clients write them, read exactly: plain or exponent form, any number of digits that
 * money can hold. Nothing is rounded; what does not fit says in which direction.
 */
import { decimalTextMax } from "../../core/num/decimal.ts";
import { type Atoms, atomsMax, atomsScale } from "../../core/num/money.ts";

/** A positive amount; or one that has more decimals, or is larger, than anything that can be asked for. */
export type Amount = Atoms | "too-fine" | "too-large";

/** Why a text is no amount. */
export type AmountFault = "not-a-number" | "not-positive";

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads an amount such as `12.5` or `1e-7`. */
export function readAmount(text: string): Amount | AmountFault {
  const match = text.length <= decimalTextMax ? pattern.exec(text) : null;
  if (match === null) return "not-a-number";
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return "not-a-number";
  const digits = BigInt(whole + fraction);
  if (sign === "-" || digits === 0n) return "not-positive";

  const places = atomsScale + Number(exponent) - fraction.length;
  const unit = 10n ** BigInt(Math.abs(places));
  if (places < 0 && digits % unit !== 0n) return "too-fine";
  const amount = places < 0 ? digits / unit : digits * unit;
  return amount <= atomsMax ? (amount as Atoms) : "too-large";
}

/** How many steps of `step` atoms an amount is, when that is a whole number and a safe integer. */
export function countSteps(amount: Amount, step: bigint): number | "too-fine" | "too-large" {
  if (typeof amount === "string") return amount;
  if (amount % step !== 0n) return "too-fine";
  const count = amount / step;
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : "too-large";
}

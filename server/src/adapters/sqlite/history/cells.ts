/** What a column of the history may hold, checked on the way out; it turns nothing into something else. */
import { decimalTextMax } from "../../../core/num/decimal.ts";

const sumPattern = /^(\d+)(?:\.(\d+))?$/;

/** A count, a time, a price or a quantity; undefined when it cannot have been written as one. */
export function integerOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/**
 * A sum that `formatDecimal` wrote with this scale. Unlike an amount of money it has no maximum but
 * the length of its text. Undefined when it cannot have been written as one.
 */
export function sumOf(value: unknown, scale: number): bigint | undefined {
  if (typeof value !== "string" || value.length > decimalTextMax) return undefined;
  const match = sumPattern.exec(value);
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  if (fraction.length > scale) return undefined;
  return BigInt(whole + fraction.padEnd(scale, "0"));
}

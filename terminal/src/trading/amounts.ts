/** Small words over exact decimals that the ticket needs, and what people type made into one. */
import { add, compare, isDecimal, normalized, roundToStep, subtract } from "@openbourse/client";

/** Most characters that are read as a number. */
const typedMax = 40;

/** The lesser of two. */
export function least(left: string, right: string): string {
  return compare(left, right) < 0 ? left : right;
}

/** Whether a number is more than 0. */
export function isPositive(value: string): boolean {
  return compare(value, "0") > 0;
}

/** The largest multiple of a step that is not more, and not below 0. */
export function floorTo(value: string, step: string): string {
  return isPositive(value) ? roundToStep(value, step, "down") : "0";
}

/** Whether a number is a multiple of a step. */
export function isMultiple(value: string, step: string): boolean {
  return compare(value, roundToStep(value, step, "down")) === 0;
}

/**
 * A number that somebody typed or pasted: spaces are left out, a comma is not guessed about. Undefined where it is no
 * decimal that is 0 or more.
 */
export function typedDecimal(text: string): string | undefined {
  const plain = text.replace(/[\s\u2009\u202f']/g, "").replace(/^\./, "0.");
  const isPlain = plain.length > 0 && plain.length <= typedMax && /^\d+\.?\d*$/.test(plain);
  return isPlain && isDecimal(plain) ? normalized(plain) : undefined;
}

/**
 * A price so many steps away. A price between two steps goes to the next one in that direction first. It stays at one step
 * or more.
 */
export function stepPrice(price: string, tick: string, steps: number): string {
  const isUp = steps > 0;
  const start = roundToStep(price, tick, isUp ? "down" : "up");
  let moved = start;
  for (let step = 0; step < Math.abs(steps); step += 1)
    moved = isUp ? add(moved, tick) : subtract(moved, tick);
  return compare(moved, tick) < 0 ? normalized(tick) : moved;
}

/** With so many decimals at least, so that figures of a column stand in line: `0.5` with 3 is `0.500`. */
export function withDecimals(value: string, decimals: number): string {
  const [whole = "", fraction = ""] = normalized(value).split(".");
  const padded = fraction.padEnd(decimals, "0");
  return padded === "" ? whole : `${whole}.${padded}`;
}

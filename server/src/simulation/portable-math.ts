/**
 * Exponential and logarithm from the four basic operations alone, which IEEE 754 fixes to the last
 * bit. `Math.exp` and `Math.log` may differ between engines and versions, so the simulator uses neither.
 */
import { assert } from "../core/assert.ts";

const twoTo31 = 2_147_483_648;

/** Largest magnitude that {@link exponential} takes; e to the 20 is far beyond any factor of the model. */
export const exponentMax = 20;

/** `e ** x` for |x| ≤ {@link exponentMax}, to about nine digits. */
export function exponential(x: number): number {
  assert(Math.abs(x) <= exponentMax, "an exponent of the model is small");
  const doublings = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - doublings * Math.LN2;
  // Taylor's series of degree 8 on |r| ≤ ln 2 / 2, innermost factor first.
  let sum = 1 + r / 8;
  for (let n = 7; n >= 1; n -= 1) sum = 1 + (r / n) * sum;
  return doublings >= 0 ? sum * (1 << doublings) : sum / (1 << -doublings);
}

/** `-ln(word / 2 ** 32)` for an integer word in 1 … 2³² − 1, to about eight digits. */
export function negativeLog(word: number): number {
  assert(word >= 1, "the logarithm of zero is not finite");
  const leadingZeros = Math.clz32(word);
  const mantissa = ((word << leadingZeros) >>> 0) / twoTo31;
  // ln m = 2 artanh((m − 1) / (m + 1)), whose argument is below 1/3 for m in [1, 2).
  const t = (mantissa - 1) / (mantissa + 1);
  const square = t * t;
  let sum = 1 / 13;
  for (let n = 11; n >= 1; n -= 2) sum = 1 / n + square * sum;
  return (leadingZeros + 1) * Math.LN2 - 2 * t * sum;
}

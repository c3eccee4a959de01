/**
 * Exact decimals: a safe integer and the number of decimal places it carries.
 *
 * `parseDecimal` reads the text of a feed or a client and `formatDecimal` writes it back; between the
 * two no value ever becomes a fraction in binary. What does not fit is a fault value, not a rounding.
 */
import { assert } from "../assert.ts";

/** A decimal number: `coefficient / 10 ** scale`. */
export interface Decimal {
  /** Safe integer: at most 15 to 16 significant digits. */
  readonly coefficient: number;
  /** Decimal places, 0 … {@link scaleMax}; the last digit of the coefficient is not zero unless the scale is 0. */
  readonly scale: number;
}

/** A decimal number of as many digits as a source writes. */
export interface WideDecimal {
  /** A safe integer where that is exact, else a bigint. */
  readonly coefficient: number | bigint;
  /** Decimal places, 0 … {@link wideScaleMax}. */
  readonly scale: number;
}

/** Why a text is not a usable decimal. */
export type DecimalFault = "not a decimal number" | "more digits than fit exactly";

/** Most decimal places a number may have; the wire formats here use at most 16. */
export const scaleMax = 18;

/** Most decimal places, and most digits before the point, of a {@link WideDecimal}. */
export const wideScaleMax = 64;

/** Longest text that is looked at; a longer one cannot be a number of this field. */
export const decimalTextMax = 64;

const safeMax = Number.MAX_SAFE_INTEGER;
const digitZero = 48;
const digitNine = 57;
const dot = 46;
const minus = 45;
const plus = 43;

/** Powers of ten that a safe integer can hold: `powersOfTen[n]` is `10 ** n` for n in 0 … 15. */
export const powersOfTen: readonly number[] = Array.from({ length: 16 }, (_, n) => 10 ** n);

/**
 * Reads a decimal: optional sign, digits, optional fraction, optional exponent (`-12.50`, `1e-7`).
 * Trailing zeros of the fraction are not kept.
 */
export function parseDecimal(text: string): Decimal | DecimalFault {
  if (text.length > decimalTextMax) return "not a decimal number";
  const first = text.charCodeAt(0);
  const start = first === minus || first === plus ? 1 : 0;
  const pointAt = digitsEnd(text, start);
  const hasPoint = text.charCodeAt(pointAt) === dot;
  const fractionAt = hasPoint ? pointAt + 1 : pointAt;
  const end = hasPoint ? digitsEnd(text, fractionAt) : pointAt;
  if (pointAt - start + (end - fractionAt) === 0) return "not a decimal number";

  let lastDigit = end;
  while (lastDigit > fractionAt && text.charCodeAt(lastDigit - 1) === digitZero) lastDigit -= 1;
  const whole = appendDigits(0, text, start, pointAt);
  const magnitude = appendDigits(whole, text, fractionAt, lastDigit);
  const scale = lastDigit - fractionAt;
  if (magnitude > safeMax) return "more digits than fit exactly";

  const coefficient = first === minus && magnitude !== 0 ? -magnitude : magnitude;
  if (end < text.length) return applyExponent(coefficient, scale, text.slice(end));
  return scale > scaleMax ? "more digits than fit exactly" : { coefficient, scale };
}

const widePattern = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal as {@link parseDecimal} does, and what is longer than a safe integer holds as well:
 * every number of up to 64 digits on either side of the point, exactly.
 */
export function parseWideDecimal(text: string): WideDecimal | DecimalFault {
  const decimal = parseDecimal(text);
  return decimal === "more digits than fit exactly" ? parseLongDecimal(text) : decimal;
}

function parseLongDecimal(text: string): WideDecimal | DecimalFault {
  const [, sign, whole = "", fraction = "", exponent = "0"] = widePattern.exec(text) ?? [];
  if (sign === undefined) return "not a decimal number";
  const places = fraction.length - Number(exponent);
  const written = (whole + fraction).replace(/^0+/, "");
  const kept = written.replace(/0+$/, "");
  const scale = Math.max(0, places - (written.length - kept.length));
  const zeros = scale - places + (written.length - kept.length);
  if (scale > wideScaleMax || kept.length + zeros - scale > wideScaleMax) {
    return "more digits than fit exactly";
  }
  const value = BigInt(`${kept}${"0".repeat(zeros)}`) * (sign === "-" ? -1n : 1n);
  const isSafe = value >= BigInt(-safeMax) && value <= BigInt(safeMax);
  return { coefficient: isSafe ? Number(value) : value, scale };
}

/** Index of the first character at or after `from` that is not a digit. */
function digitsEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < digitZero || code > digitNine) break;
  }
  return at;
}

/** Appends decimal digits to a number; a result above the safe range stays above it. */
function appendDigits(head: number, text: string, from: number, to: number): number {
  let value = head;
  for (let at = from; at < to; at += 1) value = value * 10 + (text.charCodeAt(at) - digitZero);
  return value;
}

const exponentPattern = /^[eE]([+-]?\d{1,3})$/;

function applyExponent(
  coefficient: number,
  scale: number,
  exponentText: string,
): Decimal | DecimalFault {
  const exponent = exponentPattern.exec(exponentText)?.[1];
  if (exponent === undefined) return "not a decimal number";
  return normalise(coefficient, scale - Number(exponent));
}

/** Brings a scale into range without changing the value; a fault when that is impossible. */
function normalise(coefficient: number, scale: number): Decimal | DecimalFault {
  if (coefficient === 0) return { coefficient: 0, scale: 0 };
  let value = coefficient;
  let places = scale;
  while (places > 0 && value % 10 === 0) {
    value /= 10;
    places -= 1;
  }
  while (places < 0) {
    value *= 10;
    places += 1;
    if (Math.abs(value) > safeMax) return "more digits than fit exactly";
  }
  return places > scaleMax ? "more digits than fit exactly" : { coefficient: value, scale: places };
}

/**
 * Writes `coefficient / 10 ** scale` as plain decimal digits: no exponent, no trailing zeros, no
 * `-0`. Accepts a bigint where a sum may have outgrown a safe integer.
 */
export function formatDecimal(coefficient: number | bigint, scale: number): string {
  const fixed = formatFixed(coefficient, scale);
  if (scale === 0) return fixed;
  let end = fixed.length;
  while (fixed.charCodeAt(end - 1) === digitZero) end -= 1;
  if (fixed.charCodeAt(end - 1) === dot) end -= 1;
  return fixed.slice(0, end);
}

/** Writes exactly `scale` decimals, zeros included: `formatFixed(150n, 2)` is `"1.50"`. */
export function formatFixed(coefficient: number | bigint, scale: number): string {
  assert(scale >= 0, "a decimal scale is not negative");
  const text = coefficient.toString();
  if (scale === 0) return text;
  const sign = text.charCodeAt(0) === minus ? "-" : "";
  const digits = text.slice(sign.length).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/**
 * The coefficient of the same value at a finer scale, or undefined when it would not be a safe
 * integer any more.
 */
export function rescale(
  coefficient: number,
  fromScale: number,
  toScale: number,
): number | undefined {
  assert(toScale >= fromScale, "rescaling never drops digits");
  if (toScale === fromScale) return coefficient;
  const factor = powersOfTen[toScale - fromScale];
  if (factor === undefined) return coefficient === 0 ? 0 : undefined;
  const scaled = coefficient * factor;
  return Number.isSafeInteger(scaled) ? scaled : undefined;
}

/** The coefficient of the same value at a finer scale, as a bigint where a safe integer cannot hold it. */
export function rescaleExactly(
  coefficient: number | bigint,
  fromScale: number,
  toScale: number,
): number | bigint {
  if (fromScale === toScale) return coefficient;
  const scaled = typeof coefficient === "number" && rescale(coefficient, fromScale, toScale);
  if (typeof scaled === "number") return scaled;
  return BigInt(coefficient) * 10n ** BigInt(toScale - fromScale);
}

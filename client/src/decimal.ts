/**
 * Exact arithmetic with decimal texts, the form in which prices, quantities and money come and go. Nothing here
 * becomes a float. Texts are plain: digits, at most one point, a minus sign at most; never an exponent.
 */
import { ClientError } from "./fault.ts";

/** A decimal number as text, such as `107152.55`. */
export type Decimal = string;

/** Which multiple of a step a number is rounded to. */
export type Rounding = "down" | "up" | "half-up";

/** Most characters of a number. */
const lengthMax = 400;
const pattern = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/;

interface Parts {
  /** The number times ten to the power of {@link scale}. */
  readonly units: bigint;
  readonly scale: number;
}

/** -1, 0 or 1: whether the first is less than, equal to or more than the second. */
export function compare(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const [a, b] = aligned(left, right);
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Whether a text is a decimal number of this form. */
export function isDecimal(text: string): boolean {
  return text.length <= lengthMax && pattern.test(text);
}

/** Sum of both. */
export function add(left: Decimal, right: Decimal): Decimal {
  const [a, b, scale] = aligned(left, right);
  return textOf(a + b, scale);
}

/** The first less the second. */
export function subtract(left: Decimal, right: Decimal): Decimal {
  const [a, b, scale] = aligned(left, right);
  return textOf(a - b, scale);
}

/** Product of both, with all its digits. */
export function multiply(left: Decimal, right: Decimal): Decimal {
  const a = partsOf(left);
  const b = partsOf(right);
  return textOf(a.units * b.units, a.scale + b.scale);
}

/**
 * The multiple of `step` next to a number: towards less (`down`), towards more (`up`), or the nearer one, the
 * larger one of two equally near (`half-up`). Throws for a step that is not more than 0.
 */
export function roundToStep(value: Decimal, step: Decimal, rounding: Rounding): Decimal {
  const [a, b, scale] = aligned(value, step);
  if (b <= 0n) throw notADecimal(step, "a step is more than 0");
  const rest = ((a % b) + b) % b;
  const down = a - rest;
  const goesUp = rounding === "up" ? rest > 0n : rounding === "half-up" && rest * 2n >= b;
  return textOf(goesUp ? down + b : down, scale);
}

/** The first divided by the second, cut to so many decimals. Throws for a divisor of 0. */
export function divide(left: Decimal, right: Decimal, decimals: number): Decimal {
  const [a, b] = aligned(left, right);
  if (b === 0n) throw notADecimal(right, "nothing can be divided by 0");
  return textOf((a * 10n ** BigInt(decimals)) / b, decimals);
}

/** The number without zeros at its beginning or end: `0.10` becomes `0.1`. */
export function normalized(value: Decimal): Decimal {
  const { units, scale } = partsOf(value);
  return textOf(units, scale);
}

/** The step of numbers with so many decimals: `0.01` for 2. */
export function stepOf(decimals: number): Decimal {
  return textOf(1n, decimals);
}

function aligned(left: Decimal, right: Decimal): readonly [bigint, bigint, number] {
  const a = partsOf(left);
  const b = partsOf(right);
  const scale = Math.max(a.scale, b.scale);
  const at = ({ units, scale: own }: Parts) => units * 10n ** BigInt(scale - own);
  return [at(a), at(b), scale];
}

function partsOf(text: Decimal): Parts {
  const [, sign, whole = "", fraction = ""] =
    (text.length <= lengthMax && pattern.exec(text)) || [];
  if (sign === undefined) throw notADecimal(text, "expected digits with at most one point");
  const units = BigInt(whole + fraction);
  return { units: sign === "-" ? -units : units, scale: fraction.length };
}

function textOf(units: bigint, scale: number): Decimal {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return sign + whole + (fraction === "" ? "" : `.${fraction}`);
}

function notADecimal(text: string, why: string): ClientError {
  return new ClientError({
    kind: "misuse",
    message: `"${text.slice(0, 40)}" is no decimal: ${why}`,
  });
}

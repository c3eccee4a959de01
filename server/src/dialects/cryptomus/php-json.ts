/**
 * Writes a JSON text as PHP would after reading it, because the service that we stand in for checks
 * signatures over its own re-encoding of a body (D-C26). It is no JSON parser: what
 * JavaScript does not read has no re-encoding, nor has a text too long to be an order.
 */
import { assert } from "../../core/assert.ts";

/** Longest text that is written again, in UTF-16 units; an order has a few hundred. */
export const reencodedLengthMax = 2_048;

/** How a PHP program may have been written; the defaults of PHP are `[]` and no fraction. */
interface PhpStyle {
  /** Read as a PHP array, an empty object becomes an empty list. */
  readonly emptyObject: "[]" | "{}";
  /** `JSON_PRESERVE_ZERO_FRACTION`, which Symfony's encoder sets: `1.0` stays `1.0`, and is not `1`. */
  readonly keepsZeroFraction: boolean;
}

/** Every way of writing that is looked at, the most likely one first. */
const styles: readonly PhpStyle[] = [
  { emptyObject: "[]", keepsZeroFraction: false },
  { emptyObject: "[]", keepsZeroFraction: true },
  { emptyObject: "{}", keepsZeroFraction: false },
  { emptyObject: "{}", keepsZeroFraction: true },
];

/** How many ways of writing there are. */
export const phpStyleCount: number = styles.length;

/** The parts of a valid JSON text that PHP may write in another way; all others stay as they are. */
const changingParts = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|\{\s*\}|\s+/g;

/** Whether a text can be written again: JSON of at most {@link reencodedLengthMax}. */
export function isReencodable(text: string): boolean {
  return text.length <= reencodedLengthMax && isJson(text);
}

/**
 * The text that PHP's `json_encode` makes, in one of its {@link phpStyleCount} ways, of what
 * `json_decode` read from `json`: compact, `/` as `\/`, everything beyond ASCII as `\uXXXX`. Not
 * followed: PHP forgets all but the last of equal keys, and writes an object with the keys 0, 1, 2 …
 * as a list. Otherwise compared with PHP 8.3 over random texts. `json` is {@link isReencodable}.
 */
export function phpReencoding(json: string, styleIndex: number): string {
  const style = styles[styleIndex];
  assert(style !== undefined, "a way of writing is one of those that there are");
  return json.replace(changingParts, (part) => rewrite(part, style));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function rewrite(part: string, style: PhpStyle): string {
  if (part.startsWith('"')) return phpString(part);
  if (part.startsWith("{")) return style.emptyObject;
  if (/^\s/.test(part)) return "";
  return phpNumber(part, style.keepsZeroFraction);
}

/** JavaScript escapes quotes, backslashes and control characters as PHP does; the rest is added. */
function phpString(part: string): string {
  return JSON.stringify(JSON.parse(part)).replace(/[/\u0080-\uffff]/g, (character) => {
    if (character === "/") return "\\/";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Digits and sign of the longest integer that PHP holds exactly, which has 64 bits. */
const integerLengthMax = 20;

function phpNumber(part: string, keepsZeroFraction: boolean): string {
  if (isPhpInteger(part)) return part === "-0" ? "0" : part;
  const text = phpDouble(part);
  return keepsZeroFraction && !text.includes(".") ? `${text}.0` : text;
}

function isPhpInteger(part: string): boolean {
  if (part.length > integerLengthMax || !/^-?\d+$/.test(part)) return false;
  const value = BigInt(part);
  return BigInt.asIntN(64, value) === value;
}

/** Where PHP begins to write an exponent: before the fourth zero, and beyond seventeen digits. */
const pointMin = -3;
const pointMax = 17;

/**
 * A number as PHP writes its double (`serialize_precision` −1, the default since PHP 7.1): the fewest
 * digits that tell it from its neighbours. This is the one place where a float is right, because it is
 * PHP's float; its text goes into a digest and nowhere else.
 */
function phpDouble(part: string): string {
  const value = Number(part);
  // PHP refuses to write an infinite number, so no signature can be over what stands here.
  if (!Number.isFinite(value)) return part;
  const sign = part.startsWith("-") ? "-" : "";
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential().split("e");
  return sign + placePoint(mantissa.replace(".", ""), Number(exponent) + 1);
}

/** Writes 0.`digits` × 10^`point`. */
function placePoint(digits: string, point: number): string {
  if (point < pointMin || point > pointMax) {
    const exponent = point - 1;
    const sign = exponent < 0 ? "-" : "+";
    return `${digits.charAt(0)}.${digits.slice(1) || "0"}e${sign}${Math.abs(exponent)}`;
  }
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, "0");
  const fraction = digits.slice(point);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Reads runs of decimal digits. Signs, points and exponents are not its business. */

const digitZero = 48;

/**
 * The digits of `text` from `from` up to `to` as a number, 0 for none; undefined when one is no
 * digit. More than 15 digits may be rounded: callers bound the result or the length.
 */
export function digits(text: string, from: number, to: number): number | undefined {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - digitZero;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

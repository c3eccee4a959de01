/** Reads JSON without losing digits: numbers come out as the texts that stand there. */

const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
/** Largest exponent that is written out. */
const exponentMax = 100;

/** A JSON text with every number outside of strings as a decimal text. Throws a SyntaxError as `JSON.parse` does. */
export function parseExact(text: string): unknown {
  const quoted = text.replace(stringOrNumber, (found) =>
    found[0] === '"' ? found : `"${withoutExponent(found)}"`,
  );
  return JSON.parse(quoted);
}

function withoutExponent(number: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([-+]?\d+)$/.exec(number);
  if (match === null) return number;
  const [, sign = "", whole = "", fraction = "", exponentText] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > exponentMax) return number;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** An object's fields, or none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

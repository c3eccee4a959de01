/**
 * Parses JSON so that amounts keep the digits that the client wrote: `2000.10` and `1e-7` never pass
 * through a double (decision D-C49, the other way round). It judges nothing.
 */

type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context: { source?: string },
) => unknown;

/**
 * The value of a JSON text, where each number that the outermost object has under a name that
 * `isDecimal` is the text of that number; undefined when the text is not JSON, or is nested deeper
 * than can be read.
 */
export function parse(text: string, isDecimal: (name: string) => boolean): unknown {
  const keepDigits: Reviver = (key, value, { source }) =>
    typeof value === "number" && source !== undefined && isDecimal(key) ? source : value;
  try {
    const value: unknown = JSON.parse(text);
    // A reviver takes several times as long, and most clients write amounts as texts.
    if (!hasNumber(value, isDecimal)) return value;
    // The type of `JSON.parse` does not know the third parameter of its reviver yet.
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

function hasNumber(value: unknown, isDecimal: (name: string) => boolean): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === "number" && isDecimal(name)) return true;
  }
  return false;
}

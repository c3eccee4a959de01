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
 * The value of a JSON text, where each number under one of the names `decimals` is the text of that
 * number; undefined when the text is not JSON, or is nested deeper than can be read.
 */
export function parse(text: string, decimals: readonly string[]): unknown {
  const keepDigits: Reviver = (key, value, { source }) =>
    typeof value === "number" && source !== undefined && decimals.includes(key) ? source : value;
  try {
    // The type of `JSON.parse` does not know the third parameter of its reviver yet.
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

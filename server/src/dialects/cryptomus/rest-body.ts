/**
 * Parses JSON so that amounts keep the digits that the client wrote: `2000.10` and `1e-7` never pass
 * through a double (decision D-C49, the other way round). It judges nothing.
 */
import { fieldTexts } from "../kit/field-texts.ts";

/**
 * The value of a JSON text, where each number that the outermost object has under a name that
 * `isDecimal` is the text of that number; undefined when the text is not JSON.
 */
export function parse(text: string, isDecimal: (name: string) => boolean): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return value;
  const isAmount = (name: string) => typeof value[name] === "number" && isDecimal(name);
  // Most clients write amounts as texts, and then there is nothing to look for.
  if (!Object.keys(value).some(isAmount)) return value;
  return { ...value, ...Object.fromEntries(fieldTexts(text, isAmount)) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Values that several kinds of commands are made of. */
import type { Atoms } from "../core/num/money.ts";
import type { ByteReader } from "./byte-reader.ts";

/** An amount; 0 for digits that no writer wrote. */
export function readAtoms(reader: ByteReader): Atoms {
  const text = reader.text();
  return (/^\d{1,40}$/.test(text) ? BigInt(text) : 0n) as Atoms;
}

/** The value at a position; the first one for a position that no writer wrote. */
export function pick<Value>(
  values: readonly [Value, ...Value[]] | readonly Value[],
  position: number,
): Value {
  return values[position] ?? (values[0] as Value);
}

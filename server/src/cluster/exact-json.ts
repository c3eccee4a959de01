/**
 * JSON in which whole numbers of any size keep their digits. What is undefined is left out, and so is
 * undefined to whoever reads it.
 */

/** Begins texts that stand for something else, and those that would look like one. */
const mark = "~";
const numberPattern = /^-?\d{1,200}$/;

/** Writes plain values: objects, lists, texts, finite numbers, bigints, booleans and null. */
export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${mark}n${inner}`;
    return typeof inner === "string" && inner.startsWith(mark) ? `${mark}s${inner}` : inner;
  });
}

/** Reads what {@link toExactJson} has written; undefined for anything else. */
export function fromExactJson(text: string): unknown {
  let isRight = true;
  const revive = (_: string, inner: unknown): unknown => {
    if (typeof inner !== "string" || !inner.startsWith(mark)) return inner;
    const [kind, rest] = [inner[1], inner.slice(2)];
    if (kind === "s") return rest;
    if (kind === "n" && numberPattern.test(rest)) return BigInt(rest);
    isRight = false;
    return undefined;
  };
  try {
    const value: unknown = JSON.parse(text, revive);
    return isRight ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Texts of random tests. */
import fc from "fast-check";

const surrogates = { from: 0xd800, count: 0x800 };

/**
 * Any character of Unicode, as `unit` of `fc.string`. It has what fast-check's own unit "binary" has, which makes a table of
 * them all before it draws the first: that takes a second.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat({ max: 0x10ffff - surrogates.count })
  .map(
    (place) => String.fromCodePoint(place < surrogates.from ? place : place + surrogates.count),
    placeOf,
  );

function placeOf(text: unknown): number {
  const [character = "", ...others] = typeof text === "string" ? text : [];
  const code = character.codePointAt(0);
  if (code === undefined || others.length > 0 || !character.isWellFormed()) {
    throw new Error("no character");
  }
  return code < surrogates.from ? code : code - surrogates.count;
}

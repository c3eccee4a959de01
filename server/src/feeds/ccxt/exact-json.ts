/**
 * Keeps the digits of a venue: JSON numbers that a double would not hold are put between quotes, before
 * anybody parses them. Up to 15 significant digits come back from a double as they were written.
 */

/** Digits that every double gives back. */
const digitsKept = 15;

const mayBeLong = /\d[\d.]{15,}/;
/** A string, to be passed over, or a number. */
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** The same JSON with long numbers as texts. */
export function exactJson(text: string): string {
  if (!mayBeLong.test(text)) return text;
  return text.replace(token, (found) => {
    if (found.length <= digitsKept || found.startsWith('"')) return found;
    const [written = ""] = found.split(/[eE]/, 1);
    const digits = written.replace(/[-.]/g, "").replace(/^0+/, "");
    const significant = written.includes(".") ? digits.replace(/0+$/, "") : digits;
    return significant.length > digitsKept ? `"${found}"` : found;
  });
}

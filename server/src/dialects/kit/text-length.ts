/** Lengths of texts as people count them, for limits that are documented in characters. */

/**
 * Whether a text has no more than so many characters. One outside of the basic plane is two units of
 * a text and yet one character. Takes no longer for a longer text.
 */
export function hasAtMost(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return true;
  return text.length <= 2 * charactersMax && [...text].length <= charactersMax;
}

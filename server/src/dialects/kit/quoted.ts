/** Repeats what a client sent in an answer to it, bounded in length. */

/** Most characters of a client's text that are repeated. */
export const quotedTextMax = 64;

/** The client's text, cut to {@link quotedTextMax} characters. */
export function quoted(text: string): string {
  return text.length > quotedTextMax ? `${text.slice(0, quotedTextMax)}…` : text;
}

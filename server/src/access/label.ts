/** The operator's note on a key or a user: what it may look like. It says nothing about who may do what. */

/** Longest label, in UTF-16 units. */
export const labelLengthMax = 64;

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether a text may be a label: at most {@link labelLengthMax} printable characters, or none. */
export function validLabel(text: string): boolean {
  return text.length <= labelLengthMax && !unprintable.test(text);
}

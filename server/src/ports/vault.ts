/** Encryption at rest for texts that have to be read again, such as the keys that signatures are made with. */

/** Seals texts under one key; what was sealed for one context does not open for another. */
export interface Vault {
  /** The text, encrypted and authenticated; printable. Sealing a text twice gives two results. */
  seal(text: string, context: string): string;
  /** The text; undefined when the key or the context is another one, or the sealed text was changed. */
  open(sealed: string, context: string): string | undefined;
}

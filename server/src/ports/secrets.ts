/** Randomness and digests, so that layers without Node's built-ins can use both. */

/** Cryptographic primitives. */
export interface Secrets {
  /** Lower-case hex of `bytes` random bytes from the system's CSPRNG. */
  randomHex(bytes: number): string;
  /** Lower-case hex SHA-256 of the UTF-8 bytes of `text`. */
  sha256Hex(text: string): string;
  /** Compares two texts in time that depends on their length only. */
  equal(left: string, right: string): boolean;
}

/** Randomness and digests, so that layers without Node's built-ins can use both. */

/** Cryptographic primitives. */
export interface Secrets {
  /** Lower-case hex of `bytes` random bytes from the system's CSPRNG. */
  randomHex(bytes: number): string;
  /** A random UUID, version 4, lower case. */
  randomUuid(): string;
  /** Lower-case hex SHA-256 of the UTF-8 bytes of `text`. */
  sha256Hex(text: string): string;
  /** Lower-case hex MD5 of the UTF-8 bytes of `text`. For protocols that ask for it; it protects nothing. */
  md5Hex(text: string): string;
  /** Lower-case hex HMAC-SHA-256 of the UTF-8 bytes of `text` under those of `key`. */
  hmacSha256Hex(key: string, text: string): string;
  /** Base64, with padding, of the UTF-8 bytes of `text`. */
  base64(text: string): string;
  /** Compares two texts in time that depends on their length only. */
  equal(left: string, right: string): boolean;
}

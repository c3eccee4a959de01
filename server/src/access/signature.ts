/**
 * The two ways of signing a request with an API key. It computes and compares in time that depends on
 * what the caller sent, never on the key or on which form of the body was signed.
 */
import type { Secrets } from "../ports/secrets.ts";
import type { SignedMessage } from "./identity.ts";
import { phpReencodings } from "./php-json.ts";

/** Time stamp and nonce of a request, as the caller sent them. */
export interface Stamp {
  readonly timestamp: string;
  /** Empty where there is none. */
  readonly nonce: string;
}

/**
 * Whether `signature` is `md5(base64(X) + key)` in lower-case hex, where X is the body, one of its PHP
 * re-encodings, or nothing when the body is empty or `{}` (protocol 3.2, D-C26).
 */
export function hasMd5Signature(
  secrets: Secrets,
  key: string,
  signed: { readonly body: string; readonly signature: string },
): boolean {
  let isSigned = false;
  for (const form of signedForms(signed.body)) {
    const expected = secrets.md5Hex(secrets.base64(form) + key);
    // No early end: the time must not tell which form fits.
    isSigned = secrets.equal(signed.signature, expected) || isSigned;
  }
  return isSigned;
}

/** Every text that the signature of a body may be made over, each once; depends on the body alone. */
function signedForms(body: string): ReadonlySet<string> {
  return new Set([body, body === "{}" ? "" : body, ...phpReencodings(body)]);
}

/**
 * Signature of our own scheme: lower-case hex HMAC-SHA-256 under the key of time stamp, nonce,
 * method, target and body, joined by line feeds.
 */
export function hmacSignature(
  secrets: Secrets,
  key: string,
  signed: { readonly stamp: Stamp; readonly message: SignedMessage },
): string {
  const { timestamp, nonce } = signed.stamp;
  const { method, target, body } = signed.message;
  return secrets.hmacSha256Hex(key, [timestamp, nonce, method, target, body].join("\n"));
}

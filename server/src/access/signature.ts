/**
 * The two ways of signing a request with an API key. It compares in time that does not depend on the
 * key, and looks at every form of a body before it refuses a signature.
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
  const { body, signature } = signed;
  const fits = (form: string): boolean =>
    secrets.equal(signature, secrets.md5Hex(secrets.base64(form) + key));
  // Most clients sign what they send. Which form fits is no secret to somebody who can sign, and
  // nobody else sees an early end.
  return fits(body) || otherForms(body).some(fits);
}

/** The further texts that the signature of a body may be made over, each once. */
function otherForms(body: string): readonly string[] {
  const forms = new Set([body === "{}" ? "" : body, ...phpReencodings(body)]);
  forms.delete(body);
  return [...forms];
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

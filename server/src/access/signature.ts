/**
 * The two ways of signing a request with an API key. It compares in time that does not depend on the
 * key; which forms of a body are looked at is for the caller to say.
 */
import type { Secrets } from "../ports/secrets.ts";
import type { SignedMessage } from "./identity.ts";
import { phpReencoding } from "./php-json.ts";

/** Time stamp and nonce of a request, as the caller sent them. */
export interface Stamp {
  readonly timestamp: string;
  /** Empty where there is none. */
  readonly nonce: string;
}

/** What a request signed with MD5 shows. */
export interface Md5Signed {
  readonly body: string;
  /** Lower-case hex. */
  readonly signature: string;
}

/**
 * Whether a signature is `md5(base64(X) + key)`, where X is the body as it was sent, or nothing when
 * the body is `{}` (docs/protocols/cryptomus, Signing, D-C26).
 */
export function signsBody(secrets: Secrets, key: string, { body, signature }: Md5Signed): boolean {
  if (isSigned(secrets, key, { body, signature })) return true;
  return body === "{}" && isSigned(secrets, key, { body: "", signature });
}

/**
 * Whether a signature is over the body as PHP writes it in one of its ways. It costs several times
 * as much as {@link signsBody}, so whoever calls it has to bound how often.
 */
export function signsPhpBody(
  secrets: Secrets,
  key: string,
  { body, signature, style }: Md5Signed & { readonly style: number },
): boolean {
  return isSigned(secrets, key, { body: phpReencoding(body, style), signature });
}

function isSigned(secrets: Secrets, key: string, { body, signature }: Md5Signed): boolean {
  return secrets.equal(signature, secrets.md5Hex(secrets.base64(body) + key));
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

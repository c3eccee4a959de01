/** Proves who sends a request, in either of the two ways that the server takes (docs/protocols/cryptomus, Signing). */
import type { Platform } from "../platform.ts";
import { md5Hex } from "./md5.ts";

/** A user and their key. */
export interface CryptomusUser {
  readonly userId: string;
  readonly apiKey: string;
}

/** What is signed. */
export interface Signed {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly target: string;
  /** Empty where there is none. */
  readonly body: string;
  /** The server's time in milliseconds since 1970, as well as it is known. */
  readonly timeMs: number;
}

/** Makes the headers of a request. */
export type Signer = (
  signed: Signed,
  platform: Platform,
) => Promise<Readonly<Record<string, string>>>;

/** HMAC-SHA-256: recommended. A request can be taken once only. */
export function hmacSigner({ userId, apiKey }: CryptomusUser): Signer {
  return async ({ method, target, body, timeMs }, platform) => {
    const timestamp = String(Math.round(timeMs));
    const nonce = platform.randomHex(12);
    const text = [timestamp, nonce, method, target, body].join("\n");
    const signature = await platform.hmacSha256Hex(apiKey, text);
    return { userId, timestamp, nonce, signature };
  };
}

/** MD5, the only way of the service itself; needs no secure context, and TLS all the more. */
export function md5Signer({ userId, apiKey }: CryptomusUser): Signer {
  return ({ body }) => {
    const text = base64(utf8(body)) + apiKey;
    return Promise.resolve({ userId, sign: md5Hex(utf8(text)) });
  };
}

function utf8(text: string): Uint8Array {
  const escaped = unescapeBytes(encodeURIComponent(text));
  return Uint8Array.from(escaped, (char) => char.charCodeAt(0));
}

function unescapeBytes(encoded: string): string {
  return encoded.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    for (let place = 0; place < 4; place += 1) {
      const isPadding = place > bytes.length - at;
      text += isPadding ? "=" : digits[(group >>> (18 - place * 6)) & 63];
    }
  }
  return text;
}

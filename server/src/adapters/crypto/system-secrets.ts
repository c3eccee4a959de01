/** Randomness and digests from Node's crypto module. It keeps no state and no secrets. */
import { createHmac, hash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { Secrets } from "../../ports/secrets.ts";

/** The system's CSPRNG and digests. */
export function systemSecrets(): Secrets {
  return {
    randomHex: (bytes) => randomBytes(bytes).toString("hex"),
    randomUuid: () => randomUUID(),
    sha256Hex: (text) => hash("sha256", text, "hex"),
    md5Hex: (text) => hash("md5", text, "hex"),
    hmacSha256Hex: (key, text) => createHmac("sha256", key).update(text, "utf8").digest("hex"),
    base64: (text) => Buffer.from(text, "utf8").toString("base64"),
    equal: equalInConstantTime,
  };
}

function equalInConstantTime(left: string, right: string): boolean {
  // UTF-16 keeps every text as it is; UTF-8 would make all lone surrogates the same.
  const leftBytes = Buffer.from(left, "utf16le");
  const rightBytes = Buffer.from(right, "utf16le");
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}

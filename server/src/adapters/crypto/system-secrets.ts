/** Randomness and digests from Node's crypto module. It keeps no state and no secrets. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Secrets } from "../../ports/secrets.ts";

/** The system's CSPRNG and SHA-256. */
export function systemSecrets(): Secrets {
  return {
    randomHex: (bytes) => randomBytes(bytes).toString("hex"),
    sha256Hex: (text) => hash("sha256", text, "hex"),
    equal: equalInConstantTime,
  };
}

function equalInConstantTime(left: string, right: string): boolean {
  // UTF-16 keeps every text as it is; UTF-8 would make all lone surrogates the same.
  const leftBytes = Buffer.from(left, "utf16le");
  const rightBytes = Buffer.from(right, "utf16le");
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}

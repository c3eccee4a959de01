/**
 * The vault: AES-256-GCM from Node's crypto module under one master key. It refuses to open what was
 * changed, cut, sealed for another context or sealed under another key, and does not say which.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { assert } from "../../core/assert.ts";
import type { Vault } from "../../ports/vault.ts";
import { isMasterKey } from "./master-key.ts";

const algorithm = "aes-256-gcm";

/** A random nonce is safe for 2³² texts under one key (NIST SP 800-38D, section 8.3). */
const nonceBytes = 12;
const tagBytes = 16;

/** Begins every sealed text, so that another way of sealing can be told apart later. */
const versionMark = "v1.";

/**
 * A vault under a master key of 64 hex digits. A sealed text is `v1.` and the unpadded base64url of
 * nonce, ciphertext and tag; the context is authenticated with it but not part of it.
 */
export function createVault(masterKeyHex: string): Vault {
  assert(isMasterKey(masterKeyHex), "a master key has 64 hex digits");
  const key = Buffer.from(masterKeyHex, "hex");
  return {
    seal: (text, context) => seal(key, text, context),
    open: (sealed, context) => open(key, sealed, context),
  };
}

function seal(key: Buffer, text: string, context: string): string {
  // Lone surrogates have no UTF-8 form: what is sealed would not be what is opened.
  assert(text.isWellFormed() && context.isWellFormed(), "sealed texts are well-formed Unicode");
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(context, "utf8"));
  const parts = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return versionMark + Buffer.concat(parts).toString("base64url");
}

function open(key: Buffer, sealed: string, context: string): string | undefined {
  const bytes = sealedBytes(sealed);
  if (bytes === undefined || !context.isWellFormed()) return undefined;
  const nonce = bytes.subarray(0, nonceBytes);
  const tag = bytes.subarray(bytes.length - tagBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(tag);
  const text = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes));
  try {
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // This is how Node says that the tag does not fit; nothing else can fail here.
    return undefined;
  }
}

/** The bytes of a sealed text; undefined when it is none, or is not written in the one way we write it. */
function sealedBytes(sealed: string): Buffer | undefined {
  if (!sealed.startsWith(versionMark)) return undefined;
  const text = sealed.slice(versionMark.length);
  const bytes = Buffer.from(text, "base64url");
  const isOurs = bytes.length >= nonceBytes + tagBytes && bytes.toString("base64url") === text;
  return isOurs ? bytes : undefined;
}

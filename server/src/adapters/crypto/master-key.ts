/**
 * The master key that users' API keys are sealed under: given by the operator, or kept in a file that
 * is made at the first start. It refuses a key file that others can read, and never shows a key.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, linkSync, openSync, readSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { syncPath, writePrivately } from "../files/private-file.ts";

/** A master key has 32 bytes, written as hex digits. */
const keyBytes = 32;
const keyDigits = 2 * keyBytes;

/** The permissions of everybody else. */
const othersMask = 0o077;

/** As much of a file as is looked at: a key, white space around it, and proof that there is more. */
const readBytesMax = 256;

/** What can be wrong with a master key. */
export type MasterKeyFault =
  /** Something other than hex digits is in it. */
  | "not-hex"
  /** It has more or fewer than 64 digits. */
  | "wrong-length"
  /** Others than its owner may read or write the file. */
  | "readable-by-others"
  /** The file cannot be read. */
  | "cannot-read"
  /** There was no file and none can be made. */
  | "cannot-write";

/** A master key, or why there is none in words that an operator can act on. */
export type MasterKeyResult =
  | { readonly kind: "key"; readonly hex: string }
  | { readonly kind: "fault"; readonly fault: MasterKeyFault; readonly message: string };

/** Whether a text is a master key: 64 hex digits, lower case or upper. */
export function isMasterKey(text: string): boolean {
  return text.length === keyDigits && isHex(text);
}

/**
 * Reads a master key from a text with white space around it or none. `source` names where the text
 * comes from, for the message of a fault: an environment variable, a file.
 */
export function parseMasterKey(text: string, source: string): MasterKeyResult {
  const hex = text.trim();
  if (!isHex(hex)) {
    return fault("not-hex", `${source} holds something other than hex digits; ${wanted}`);
  }
  if (hex.length !== keyDigits) {
    const found = hex.length < keyDigits ? `only ${hex.length}` : `more than ${keyDigits}`;
    return fault("wrong-length", `${source} holds ${found} hex digits; ${wanted}`);
  }
  return { kind: "key", hex: hex.toLowerCase() };
}

const wanted = `a master key has exactly ${keyDigits} of them`;

/**
 * Reads the master key in `file`. A missing file is made with a new random key, for its owner only;
 * its folder has to exist. When two processes do so at once, both return the key of the one file.
 */
export function loadMasterKey(file: string): MasterKeyResult {
  const kept = readKeyFile(file);
  if (kept !== "no-file") return kept;
  const failure = makeKeyFile(file);
  if (failure !== undefined) return failure;
  const made = readKeyFile(file);
  return made === "no-file" ? cannot("read", file, "it is gone again") : made;
}

function readKeyFile(file: string): MasterKeyResult | "no-file" {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const othersMay = fstatSync(descriptor).mode & othersMask;
    if (othersMay !== 0) {
      const message = `others may read or change ${file}; make it yours alone with: chmod 600 ${file}`;
      return fault("readable-by-others", message);
    }
    const buffer = Buffer.alloc(readBytesMax);
    const length = readSync(descriptor, buffer, 0, readBytesMax, 0);
    return parseMasterKey(buffer.toString("latin1", 0, length), file);
  } catch (error) {
    const { code, message } = systemError(error);
    return code === "ENOENT" ? "no-file" : cannot("read", file, message);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Makes the file unless there is one. It appears whole or not at all: it is written under another name. */
function makeKeyFile(file: string): MasterKeyResult | undefined {
  const draft = `${file}.${randomBytes(8).toString("hex")}.new`;
  try {
    writePrivately(draft, `${randomBytes(keyBytes).toString("hex")}\n`);
    linkUnlessThere(draft, file);
    rmSync(draft);
    syncPath(dirname(file));
    return undefined;
  } catch (error) {
    rmSync(draft, { force: true });
    return cannot("write", file, systemError(error).message);
  }
}

/** Gives the draft its name. A link, unlike a renaming, never takes the name from another process. */
function linkUnlessThere(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (systemError(error).code !== "EEXIST") throw error;
  }
}

function isHex(text: string): boolean {
  return /^[0-9a-f]*$/i.test(text);
}

function fault(kind: MasterKeyFault, message: string): MasterKeyResult {
  return { kind: "fault", fault: kind, message };
}

function cannot(what: "read" | "write", file: string, detail: string): MasterKeyResult {
  const message = `cannot ${what} the master key in ${file}: ${detail}; check the file and its folder`;
  return fault(`cannot-${what}`, message);
}

/** What the system said; anything else that was thrown is a bug and is thrown on. */
function systemError(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) throw error;
  return { code: String(error.code), message: error.message };
}

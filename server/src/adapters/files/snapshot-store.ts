/**
 * Snapshots as files of one folder, each written aside, made durable and then renamed into place. It
 * does not lock the folder: whoever holds the command log is the only one to use it.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { assert } from "../../core/assert.ts";
import type {
  ReadSnapshot,
  Snapshot,
  SnapshotDamage,
  SnapshotEntry,
  SnapshotStore,
} from "../../ports/snapshot-store.ts";
import {
  type StorageFailure,
  storageFailure,
  storageFaultOfCode,
} from "../../ports/storage-fault.ts";
import { formatHeader, headerBytes, parseHeader, sealHeader } from "./snapshot-header.ts";

/** Where snapshots are kept, and how many. */
export interface SnapshotStoreOptions {
  readonly folder: string;
  /** How many of the newest are kept, at least 1. Default: {@link keptDefault}. */
  readonly kept?: number | undefined;
}

/** How many snapshots are kept unless told otherwise: two may be damaged before the log is all there is. */
export const keptDefault = 3;

/** An open store, or why there is none. */
export type OpenedSnapshotStore =
  | { readonly kind: "opened"; readonly store: SnapshotStore }
  | StorageFailure;

/** The state is written, read and hashed in pieces, so that nothing else waits long: about 2 ms. */
const pieceBytes = 2 * 1_024 * 1_024;

/** Sixteen digits hold every safe integer, and make the order of names that of sequences. */
const sequenceDigits = 16;
const namePattern = /^state-(\d{16})\.snapshot$/;
const leftoverPattern = /^state-\d{16}\.snapshot\.tmp$/;

/** Opens the folder, which is made for its owner's eyes only, and removes what a crash left half written. */
export async function openSnapshotStore(
  options: SnapshotStoreOptions,
): Promise<OpenedSnapshotStore> {
  const { kept = keptDefault } = options;
  assert(Number.isSafeInteger(kept) && kept >= 1, "at least one snapshot is kept");
  const folder = resolve(options.folder);
  return await attempt(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const leftovers = (await readdir(folder)).filter((name) => leftoverPattern.test(name));
    for (const name of leftovers) await rm(join(folder, name), { force: true });
    return { kind: "opened", store: new FileSnapshotStore(folder, kept) };
  });
}

/** A snapshot's file, and the place of the state in it; undefined where the header cannot be read. */
export interface SnapshotTrace {
  readonly file: string;
  readonly of: { readonly epoch: string; readonly sequence: number } | undefined;
}

/** Looks which snapshots there are, and changes nothing. Reads their headers only. */
export function traceSnapshots(folder: string): readonly SnapshotTrace[] {
  const path = resolve(folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path).filter((name) => namePattern.test(name));
  return names.map((name) => {
    const file = join(path, name);
    return { file, of: placeIn(file) };
  });
}

function placeIn(file: string): SnapshotTrace["of"] {
  try {
    const descriptor = openSync(file, "r");
    try {
      const start = Buffer.alloc(headerBytes);
      readSync(descriptor, start, 0, headerBytes, 0);
      const header = parseHeader(start.toString("latin1"))?.header;
      return header && { epoch: header.epoch, sequence: header.sequence };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

class FileSnapshotStore implements SnapshotStore {
  readonly #folder: string;
  readonly #kept: number;
  #isWriting = false;

  constructor(folder: string, kept: number) {
    this.#folder = folder;
    this.#kept = kept;
  }

  async write(snapshot: Snapshot): Promise<"stored" | StorageFailure> {
    assert(!this.#isWriting, "one snapshot is written at a time");
    this.#isWriting = true;
    try {
      const file = this.#fileOf(snapshot.sequence);
      return await attempt<"stored">(file, async () => {
        await writeAtomically(file, snapshot);
        await this.#removeOldest();
        return "stored";
      });
    } finally {
      this.#isWriting = false;
    }
  }

  async list(): Promise<readonly SnapshotEntry[] | StorageFailure> {
    return await attempt(this.#folder, async () => {
      const entries: SnapshotEntry[] = [];
      for (const sequence of await this.#sequences()) {
        const { size } = await stat(this.#fileOf(sequence));
        entries.push({ sequence, bytes: size });
      }
      return entries;
    });
  }

  async read(sequence: number): Promise<ReadSnapshot | SnapshotDamage> {
    const file = this.#fileOf(sequence);
    const found = await attempt(file, () => readChecked(file));
    if (found.kind === "snapshot" && found.sequence === sequence) return found;
    const detail =
      found.kind === "snapshot" ? `it is the snapshot of ${found.sequence}` : found.message;
    return { kind: "damage", sequence, message: `${file} cannot be used: ${detail}` };
  }

  #fileOf(sequence: number): string {
    const digits = String(sequence).padStart(sequenceDigits, "0");
    return join(this.#folder, `state-${digits}.snapshot`);
  }

  /** Newest first. */
  async #sequences(): Promise<readonly number[]> {
    const names = await readdir(this.#folder);
    const found = names.flatMap((name) => namePattern.exec(name)?.[1] ?? []);
    return found.map(Number).sort((left, right) => right - left);
  }

  async #removeOldest(): Promise<void> {
    const superfluous = (await this.#sequences()).slice(this.#kept);
    for (const sequence of superfluous) await rm(this.#fileOf(sequence), { force: true });
  }
}

async function writeAtomically(file: string, snapshot: Snapshot): Promise<void> {
  const aside = `${file}.tmp`;
  try {
    await using handle = await open(aside, "w", 0o600);
    await writeSnapshot(handle, snapshot);
    await handle.sync();
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  await using folder = await open(join(file, ".."), "r");
  await folder.sync();
}

/** Writes the state and then, when its hash is known, the header before it. */
async function writeSnapshot(handle: FileHandle, snapshot: Snapshot): Promise<void> {
  const { state, ...names } = snapshot;
  const lines = formatHeader({ ...names, length: state.length });
  const hash = createHash("sha256").update(lines);
  for (let at = 0; at < state.length; at += pieceBytes) {
    const piece = state.subarray(at, at + pieceBytes);
    hash.update(piece);
    await writeFully(handle, piece, headerBytes + at);
  }
  const header = Buffer.from(sealHeader(lines, hash.digest("hex")), "latin1");
  await writeFully(handle, header, 0);
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** What is wrong with a file that could be read. */
interface Flaw {
  readonly kind: "flaw";
  readonly message: string;
}

async function readChecked(file: string): Promise<ReadSnapshot | Flaw> {
  await using handle = await open(file, "r");
  const { size } = await handle.stat();
  const start = Buffer.alloc(headerBytes);
  await readFully(handle, start, 0);
  const parsed = parseHeader(start.toString("latin1"));
  if (parsed === undefined) return flaw("its header is damaged or of another version");
  const { length, ...names } = parsed.header;
  if (size !== headerBytes + length) {
    return flaw(`it has ${size} bytes instead of ${headerBytes + length}`);
  }
  const state = new Uint8Array(length);
  const hash = createHash("sha256").update(parsed.lines);
  for (let at = 0; at < length; at += pieceBytes) {
    const piece = state.subarray(at, at + pieceBytes);
    await readFully(handle, piece, headerBytes + at);
    hash.update(piece);
  }
  if (hash.digest("hex") !== parsed.sha256) return flaw("its SHA-256 does not fit");
  return { kind: "snapshot", ...names, state };
}

/** Fills `bytes` from the file, as far as the file goes. */
async function readFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) return;
    at += bytesRead;
  }
}

function flaw(message: string): Flaw {
  return { kind: "flaw", message };
}

/** Runs work on `path`; what the file system throws becomes a value. */
async function attempt<Result>(
  path: string,
  work: () => Promise<Result>,
): Promise<Result | StorageFailure> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error && "code" in error)) throw error;
    return storageFailure(storageFaultOfCode(String(error.code)), path, error.message);
  }
}

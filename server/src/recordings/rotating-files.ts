/**
 * Writes lines into files of blocks in a folder, one file after another, and keeps within a number of bytes: the
 * oldest files go. Files are named by the time of their first line, so their order is that of their names.
 */
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { blockBytesMin, blocksOf, packBlock } from "./blocks.ts";

/** What bounds a recording on disk. */
export interface FileBounds {
  /** Bytes of a file after which the next one is begun. */
  readonly fileBytes: number;
  /** Bytes of all files together; the oldest are removed to stay below. At least twice `fileBytes`. */
  readonly diskBytes: number;
}

/** Which files: all of a folder whose names begin with a word. */
export interface RecordedFiles {
  readonly folder: string;
  readonly name: string;
  /** Whether others than their owner must not read them. */
  readonly isPrivate?: boolean;
}

/** What is told of files while they are written. */
export interface FileListener {
  begun(path: string): void;
  removed(path: string, bytes: number): void;
}

const ending = ".ndjson.zst";

/** The files of a recording, oldest first. */
export async function recordedFiles({ folder, name }: RecordedFiles): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const isOwn = (file: string) =>
    file.startsWith(`${name}-`) && /^\d{8}T\d{12}Z\.ndjson\.zst$/.test(file.slice(name.length + 1));
  return names
    .filter(isOwn)
    .toSorted()
    .map((file) => join(folder, file));
}

/** The time of the last line that is wholly there, in microseconds since 1970; undefined where there is none. */
export async function recordedUntil(files: RecordedFiles): Promise<number | undefined> {
  for (const path of (await recordedFiles(files)).toReversed()) {
    const last = (await blocksOf(path)).blocks.at(-1);
    if (last !== undefined) return last.toUs;
  }
  return undefined;
}

/** Writes the files of one recording. One call after another: each is waited for. */
export class RotatingFiles {
  readonly #files: RecordedFiles;
  readonly #bounds: FileBounds;
  readonly #listener: FileListener;
  #file: { readonly handle: FileHandle; bytes: number } | undefined;
  #text = "";
  #lines = 0;
  #fromUs = 0;
  #toUs = 0;
  /** Lines and bytes that were written. */
  readonly written = { lines: 0, bytes: 0 };

  constructor(files: RecordedFiles, bounds: FileBounds, listener: FileListener) {
    this.#files = files;
    this.#bounds = bounds;
    this.#listener = listener;
  }

  /** Takes lines of a time, each with its line feed; they stay together in one block. */
  add(text: string, timeUs: number, lines = 1): void {
    if (this.#lines === 0) this.#fromUs = timeUs;
    this.#toUs = timeUs;
    this.#text += text;
    this.#lines += lines;
  }

  /** Whether there is enough for a block. */
  get isFull(): boolean {
    return this.#text.length >= blockBytesMin;
  }

  /** Writes what was taken as a block, so that a killed process leaves it behind. */
  async cut(): Promise<void> {
    if (this.#lines === 0) return;
    const note = { fromUs: this.#fromUs, toUs: this.#toUs, lines: this.#lines };
    const block = await packBlock(this.#text, note);
    if (this.#file === undefined) this.#file = await this.#begin(block);
    else await this.#file.handle.appendFile(block);
    this.#file.bytes += block.length;
    this.written.lines += this.#lines;
    this.written.bytes += block.length;
    this.#text = "";
    this.#lines = 0;
    if (this.#file.bytes >= this.#bounds.fileBytes) await this.#end();
    await this.#makeRoom();
  }

  /** Writes what is left and lets the file go. */
  async close(): Promise<void> {
    await this.cut();
    await this.#end();
  }

  /** Begins a file, which has its name once its first block is whole. */
  async #begin(block: Buffer) {
    const { folder, name, isPrivate = false } = this.#files;
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}-${fileTime(this.#fromUs)}${ending}`);
    if (existsSync(path) && !(await isLeftover(path))) {
      throw new Error(
        `${path} is there already: another recorder writes to this folder, or it is damaged and has to be moved away`,
      );
    }
    const handle = await open(`${path}.part`, "w", isPrivate ? 0o600 : 0o666);
    await handle.appendFile(block);
    await rename(`${path}.part`, path);
    this.#listener.begun(path);
    return { handle, bytes: 0 };
  }

  /** A file that is left behind outlives the loss of power. */
  async #end(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.datasync();
    await file?.handle.close();
  }

  async #makeRoom(): Promise<void> {
    const sizes: { path: string; size: number }[] = [];
    for (const path of await recordedFiles(this.#files)) {
      sizes.push({ path, size: (await stat(path)).size });
    }
    let total = sizes.reduce((sum, { size }) => sum + size, 0);
    // The newest is being written.
    for (const { path, size } of sizes.slice(0, -1)) {
      if (total <= this.#bounds.diskBytes) return;
      await rm(path);
      this.#listener.removed(path, size);
      total -= size;
    }
  }
}

/** Whether there is nothing in a file, as a loss of power leaves it. */
async function isLeftover(path: string): Promise<boolean> {
  const { blocks, damage } = await blocksOf(path);
  return blocks.length === 0 && damage === undefined;
}

/** `20240808T235415000000Z`, down to the microsecond. */
function fileTime(us: number): string {
  const ms = Math.floor(us / 1_000);
  const text = new Date(ms).toISOString().replaceAll(/[-:.Z]/g, "");
  return `${text}${String(us - ms * 1_000).padStart(3, "0")}Z`;
}

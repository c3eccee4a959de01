/** Files that only their owner may read. A file that exists keeps its mode, unless it is replaced. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const folderMode = 0o700;

/** Mode of every file of a store: its owner may read and write it, nobody else may do anything. */
export const privateFileMode = 0o600;

/**
 * Makes the file before SQLite does, which would let others read it; its side files copy the mode.
 * NOTE: A file that exists is not opened: closing it would drop the locks that this process holds on it.
 */
export function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: folderMode });
  try {
    closeSync(openSync(path, "wx", privateFileMode));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** Writes a file and makes its content durable; with `wx` none of this name may be there. */
export function writePrivately(path: string, text: string, flag: "w" | "wx" = "wx"): void {
  const descriptor = openSync(path, flag, privateFileMode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Puts a new content in the place of a file; it is there whole, or as it was. */
export function replacePrivately(path: string, text: string): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  try {
    writePrivately(unfinished, text);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Makes durable that a file of this name is in its folder, and the folder in the one above. */
export function syncFolderOf(path: string): void {
  const folder = dirname(path);
  syncPath(folder);
  syncPath(dirname(folder));
}

/** Makes a file or folder durable that was written through another descriptor. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

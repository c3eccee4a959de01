/** Files that only their owner may read. It never changes the mode of a file that exists. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
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

/**
 * Notices that a file which is open has lost its name, or that its name leads to another file: what is
 * written then is gone when the process ends. Further links to the file, as backups make, do not matter.
 */
import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A disk with less room than this is taken for full, in bytes. */
const roomBytes = 1_048_576;

/** Whether the disk of a file is full, or does not tell. */
export function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < roomBytes;
  } catch {
    return true;
  }
}

/** Where some files are that belong together. */
export class Place {
  /** Device and number of each file that was there once. */
  readonly #known = new Map<string, string | undefined>();

  /** The first file is there; the others are known from when they are seen first. */
  constructor(...files: readonly string[]) {
    for (const file of files) this.#known.set(file, identityOf(file));
  }

  /** Which file is not where it was, in words; undefined when all are. */
  lost(): string | undefined {
    for (const [file, known] of this.#known) {
      const found = identityOf(file);
      if (found === known) continue;
      if (known !== undefined) return lostFile(file, found !== undefined);
      this.#known.set(file, found);
    }
    return undefined;
  }
}

function lostFile(file: string, isReplaced: boolean): string {
  const what = isReplaced ? "another file is in the place of" : "somebody has deleted or moved";
  return `${what} ${file} while it was in use; what this process has of it is open in /proc/${process.pid}/fd until it ends: put the right file back, or restore the data folder, then start again`;
}

function identityOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

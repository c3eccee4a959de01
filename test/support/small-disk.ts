/** A disk that is soon full or read-only, for tests of what happens then. Making one needs root on Linux. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A disk in memory, mounted on a folder of its own. */
export interface SmallDisk {
  readonly folder: string;
  /** From now on nothing can be written, or it can again. */
  setReadOnly(isReadOnly: boolean): void;
  remove(): void;
}

/** Part of a skipped test's name: says why it did not run. */
export const smallDiskMissing = "skipped: a small disk can be mounted by root on Linux only";

/** Mounts a disk of this size; undefined where that is not possible. */
export function mountSmallDisk(kibibytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-small-disk-"));
  const run = (command: string, ...args: readonly string[]): boolean =>
    spawnSync(command, args).status === 0;
  if (!run("mount", "-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", folder)) {
    rmdirSync(folder);
    return undefined;
  }
  return {
    folder,
    setReadOnly(isReadOnly) {
      const isDone = run("mount", "-o", `remount,${isReadOnly ? "ro" : "rw"}`, folder);
      if (!isDone) throw new Error(`cannot remount ${folder}`);
    },
    remove() {
      // Lazily: a failed test may still have a file of it open.
      run("umount", "--lazy", folder);
      rmdirSync(folder);
    },
  };
}

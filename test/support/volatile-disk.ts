/**
 * A disk that forgets what was not synced when its power is cut (`volatile-disk/files.ts` says exactly what), for real programs:
 * a file system in a process of its own, mounted on a folder. It needs root and the kernel's FUSE.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./volatile-disk/program.ts", import.meta.url));

/** Why none can be mounted here; undefined where one can. */
export function volatileDiskMissing(): string | undefined {
  if (process.getuid?.() !== 0) return "only root mounts a disk that forgets";
  return existsSync("/dev/fuse") ? undefined : "this kernel has no FUSE";
}

/** See the head of the file. */
export class VolatileDisk {
  readonly folder = mkdtempSync(join(tmpdir(), "openbourse-volatile-"));
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor() {
    this.#process = spawn(process.execPath, [program, this.folder], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  static async mount(): Promise<VolatileDisk> {
    const disk = new VolatileDisk();
    await disk.#next();
    return disk;
  }

  /** Forgets what was not synced, and says how many bytes that was. Whoever used the disk was killed before. */
  async cutPower(): Promise<number> {
    this.#process.stdin?.write("cut\n");
    return Number((await this.#next()).replace("lost ", ""));
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin?.end();
    await ended;
    // Where it ended before it could unmount.
    spawnSync("umount", ["--lazy", this.folder]);
    rmdirSync(this.folder);
  }

  async #next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the disk that forgets has ended");
    return value;
  }
}

/** The disk under the benchmarks of the log: how long it takes to keep something, and logs on it. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCommandLog } from "../../../server/src/adapters/sqlite/log/log.ts";
import type { CommandLog } from "../../../server/src/ports/command-log.ts";

const fsyncs = 500;
const fsyncBytes = 8_192;

/** Works with a new folder on the disk of the system's temporary folder, and removes it. */
export async function withFolder<Result>(
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A new folder there, which is removed with `building`. */
export function newFolder(building: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-bench-"));
  building.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Works with the log in a file, which is made when it is missing. */
export async function withLogFile<Result>(
  file: string,
  work: (log: CommandLog) => Promise<Result>,
): Promise<Result> {
  const opened = await openCommandLog({ file });
  if (opened.kind === "refused") throw new Error(opened.message);
  try {
    return await work(opened.log);
  } finally {
    await opened.log.close();
  }
}

/** How long the disk takes to make small appends to a file durable, in milliseconds. */
export function timeFsyncs(file: string): number[] {
  const descriptor = openSync(file, "w");
  const bytes = Buffer.alloc(fsyncBytes, 1);
  const times = Array.from({ length: fsyncs }, () => {
    writeSync(descriptor, bytes);
    const startMs = performance.now();
    fdatasyncSync(descriptor);
    return performance.now() - startMs;
  });
  closeSync(descriptor);
  return times;
}

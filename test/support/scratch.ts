/**
 * Where tests keep their files: in memory, where Linux has enough of it for that. They keep nothing, and would wait for the
 * disk otherwise, which takes milliseconds for each order and a tenth of a second for each server that stops.
 */
import { readFileSync, statfsSync } from "node:fs";
import { isLong } from "./rounds.ts";

const inMemory = "/dev/shm";

/** More than all files of tests that run together have. */
const roomBytesMin = 4 * 1_024 ** 3;

/** A folder in memory for files; undefined where there is none, and in the long form, which has the disk. */
export function scratchInMemory(): string | undefined {
  if (isLong || process.platform !== "linux") return undefined;
  const mount = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .findLast((line) => line.split(" ")[1] === inMemory);
  // Tests start programs of what they unpack.
  if (mount === undefined || /\bnoexec\b|\bro\b/.test(mount)) return undefined;
  const { bavail, bsize } = statfsSync(inMemory);
  return bavail * bsize >= roomBytesMin ? inMemory : undefined;
}

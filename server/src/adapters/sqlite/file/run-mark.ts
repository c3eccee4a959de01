/**
 * A mark beside the history's file while it is open: in which run of the machine that is. The file is
 * written without waiting for the disk, which no end of a process can harm, but the end of a machine
 * can; a mark of another run tells that this has happened.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { syncFolderOf, syncPath, writePrivately } from "../../files/private-file.ts";

const bootIdFile = "/proc/sys/kernel/random/boot_id";

/** Where the mark of a history is. */
export function markFileOf(file: string): string {
  return `${file}.open`;
}

/** Names this run of the machine; undefined where the system does not tell. */
export function machineRun(): string | undefined {
  try {
    return readFileSync(bootIdFile, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Whether the file was open when the machine went down. */
export function wasOpenInAnotherRun(file: string, run: string): boolean {
  try {
    return readFileSync(markFileOf(file), "utf8") !== run;
  } catch {
    return false;
  }
}

/** Marks the file as open in this run, before anything is written to it; says whether it was not. */
export function markOpen(file: string, run: string): boolean {
  const isNew = !existsSync(markFileOf(file));
  writePrivately(markFileOf(file), run, "w");
  syncFolderOf(file);
  return isNew;
}

/** Makes the closed file durable and takes the mark away. */
export function markClosed(file: string): void {
  for (const part of [file, `${file}-wal`]) if (existsSync(part)) syncPath(part);
  removeMark(file);
}

/** Takes the mark away. */
export function removeMark(file: string): void {
  rmSync(markFileOf(file), { force: true });
}

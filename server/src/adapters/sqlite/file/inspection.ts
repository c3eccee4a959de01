/**
 * Looks into a store without changing anything of it. SQLite moves or deletes what lies beside a
 * database when it closes it, also when it was only read; therefore the file is reached through a link
 * in a folder of its own, with a copy of its write-ahead log, and opened for reading only.
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isForWantOfRoom, toStoreError } from "./store-error.ts";

/** A database that is open for reading, apart from the files that it belongs to. */
export interface Inspection {
  readonly database: DatabaseSync;
  close(): void;
}

/** How long another process may keep the file locked, in milliseconds. */
const lockWaitMs = 1_000;

const namePattern = /^\.inspection-(\d+)-/;

/** Whether a store has been made: SQLite takes an empty file for a new one. */
export function isMade(file: string): boolean {
  return bytesOf(file) > 0;
}

/** Size of a file, 0 when there is none; a folder in its place has one. */
export function bytesOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/**
 * Opens a file that is made. Undefined where the file system has no links or no room, and where
 * the file was being made when its process ended: then there is nothing in it. Raises a `StoreError` when another
 * process has the file for itself, or it is no database.
 */
export function openInspection(file: string): Inspection | undefined {
  const path = resolve(file);
  if (existsSync(`${path}-journal`)) return undefined;
  let folder: string | undefined;
  let database: DatabaseSync | undefined;
  try {
    removeLeftovers(dirname(path));
    folder = mkdtempSync(join(dirname(path), `.inspection-${process.pid}-`));
    const link = join(folder, basename(path));
    if (!linked(path, link)) return remove(folder);
    copyIfThere(`${path}-wal`, `${link}-wal`);
    database = new DatabaseSync(link, { readOnly: true, timeout: lockWaitMs, defensive: true });
    // Takes the lock, and fails where there is no database.
    database.exec("PRAGMA cell_size_check = ON; BEGIN; SELECT count(*) FROM sqlite_schema; COMMIT");
    return {
      database,
      close() {
        database?.close();
        remove(folder);
      },
    };
  } catch (error) {
    database?.close();
    remove(folder);
    if (isWithoutRoom(error)) return undefined;
    throw toStoreError(error, path);
  }
}

/**
 * On a full disk nothing can be made apart; a store that is opened in place then still can be read.
 * There may be room for the copy and none for the index that SQLite makes beside it.
 */
function isWithoutRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    code === "ENOSPC" || code === "EDQUOT" || (error instanceof Error && isForWantOfRoom(error))
  );
}

/** What `read` finds in a file that is made; undefined as for {@link openInspection}. */
export function inspect<Result>(
  file: string,
  read: (database: DatabaseSync) => Result,
): Result | undefined {
  const inspection = openInspection(file);
  if (inspection === undefined) return undefined;
  try {
    return read(inspection.database);
  } catch (error) {
    throw toStoreError(error, file);
  } finally {
    inspection.close();
  }
}

/** What is gone by now has been moved into the database by whoever closed it. */
function copyIfThere(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function linked(path: string, link: string): boolean {
  try {
    linkSync(path, link);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Some file systems have no links, and some systems allow them to the owner of a file only.
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) return false;
    throw error;
  }
}

function remove(folder: string | undefined): undefined {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** Removes what processes left that ended while they looked. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(namePattern.exec(name)?.[1] ?? process.pid);
    if (pid !== process.pid && !isAlive(pid)) remove(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

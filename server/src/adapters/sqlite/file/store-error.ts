/** What can be wrong with a store on disk, in words that an operator can act on. */
import {
  type StorageFailure,
  type StorageFault,
  storageFailure,
  storageFaultOfCode,
} from "../../../ports/storage-fault.ts";

/** Kinds of store trouble. */
export type StoreFault =
  /** The file or its folder cannot be made or opened. */
  | "cannot-open"
  /** The file holds something that is not SQLite, or is damaged. */
  | "not-a-database"
  /** The file is a SQLite database of another program. */
  | "foreign-database"
  /** The file is missing, while others say that it was here. */
  | "lost-log"
  /** The file was written by a newer openbourse. */
  | "newer-schema"
  /** The file was written by an older openbourse, and lacks what cannot be computed from it. */
  | "older-schema"
  /** Another process kept the store locked for longer than we wait. */
  | "busy"
  /** Reading or writing failed, for example because the disk is full. */
  | "failed";

/** Raised when a store cannot be used. The message names the file and what to do about it. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const sqliteCode = {
  busy: 5,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const;

/** SQLITE_IOERR_SHMSIZE: no room for the index of a write-ahead log. SQLite's text says only "disk I/O error". */
const noRoomForIndex = 4_874;

/** The primary code is the lowest byte; the rest seldom says more than we need. */
const primaryCodeMask = 0xff;

/**
 * Puts what SQLite or the file system threw while working on `file` into a {@link StoreError}. What
 * is not theirs, or is a broken constraint, is a bug of the caller and comes back as it is.
 */
export function toStoreError(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error;
  const detail = error.message;
  if ("syscall" in error) return cannotOpen(file, detail, error);
  if (isForWantOfRoom(error)) {
    const message = `cannot use ${file}: the disk is full (${detail}); make room on it`;
    return new StoreError("failed", message, error);
  }
  const code = sqliteCodeOf(error);
  switch (code) {
    case undefined:
    case sqliteCode.constraint:
      return error;
    case sqliteCode.cannotOpen:
      return cannotOpen(file, detail, error);
    case sqliteCode.corrupt:
    case sqliteCode.notADatabase:
      return new StoreError(
        "not-a-database",
        `${file} is not a database or is damaged: ${detail}; restore it from a backup, or move it away to start over`,
        error,
      );
    case sqliteCode.busy:
      return new StoreError(
        "busy",
        `${file} is locked by another process; stop that process or try again`,
        error,
      );
    default:
      return new StoreError(
        "failed",
        `cannot use ${file}: ${detail}; check the disk and the permissions of the file`,
        error,
      );
  }
}

/**
 * Tells why writing to `file` failed. Undefined when neither SQLite nor the file system threw the
 * error, or a constraint was broken: that is a bug of the caller.
 */
export function toStorageFailure(error: unknown, file: string): StorageFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const fault = storageFaultOf(error);
  if (fault === undefined) return undefined;
  return storageFailure(fault, file, error.message);
}

function storageFaultOf(error: Error): StorageFault | undefined {
  if ("syscall" in error) {
    return storageFaultOfCode("code" in error ? String(error.code) : "");
  }
  if (isForWantOfRoom(error)) return "disk-full";
  switch (sqliteCodeOf(error)) {
    case undefined:
    case sqliteCode.constraint:
      return undefined;
    case sqliteCode.readOnly:
      return "read-only";
    default:
      return "failed";
  }
}

function cannotOpen(file: string, detail: string, cause: Error): StoreError {
  const message = `cannot open ${file}: ${detail}; check that its folder exists and may be written by this user`;
  return new StoreError("cannot-open", message, cause);
}

/** Whether SQLite raised the error because the disk is full. */
export function isForWantOfRoom(error: Error): boolean {
  return (
    sqliteCodeOf(error) === sqliteCode.full ||
    ("errcode" in error && error.errcode === noRoomForIndex)
  );
}

/** SQLite's primary result code, undefined when SQLite did not raise the error. */
export function sqliteCodeOf(error: Error): number | undefined {
  if (!("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & primaryCodeMask : undefined;
}

/** Trouble with the history's file, which is never worth a backup: the log can rebuild it. */
import { wordsOf } from "../../../core/words-of.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { StoreError, sqliteCodeOf, toStorageFailure, toStoreError } from "../file/store-error.ts";

/** SQLite's result code for a row that its table does not take (sqlite.org/rescode.html). */
const constraintCode = 19;

/** What to do about a history that cannot be used. */
const remedy = "run `openbourse rebuild` to rebuild it from the log";

/** Says that the file does not hold what a history holds. */
export function damagedHistory(file: string, detail: string, cause?: unknown): StoreError {
  return new StoreError("not-a-database", `${file} is damaged: ${detail}; ${remedy}`, cause);
}

/** Says that the file is the history of another log. */
export function foreignHistory(file: string): StoreError {
  return new StoreError(
    "foreign-database",
    `${file} is the history of another log: put the log back that it belongs to or, when this log is the right one, move the history away and it is rebuilt`,
  );
}

/** The history was written by an older openbourse: what it lacks is in the log alone. */
export class OutdatedHistory extends StoreError {
  /** Everything up to here is stored in it. */
  readonly lastSequence: number;

  constructor(file: string, lastSequence: number) {
    super("older-schema", `${file} was written by an older openbourse; ${remedy}`);
    this.lastSequence = lastSequence;
  }
}

/** As `toStoreError`, with the remedy that fits a history. */
export function toHistoryError(error: unknown, file: string): unknown {
  if (isOutOfRange(error)) return damagedHistory(file, error.message, error);
  const known = toStoreError(error, file);
  if (!(known instanceof StoreError) || known.fault !== "not-a-database") return known;
  // A store error that is already ours has the remedy in it.
  if (known === error) return known;
  return damagedHistory(file, wordsOf(error), error);
}

/** As `toStorageFailure`, with the remedy that fits a history. */
export function toHistoryFailure(error: unknown, file: string): StorageFailure | undefined {
  const known = isConflict(error)
    ? damagedHistory(file, "it has rows of commands that it should not have yet", error)
    : toHistoryError(error, file);
  if (known instanceof StoreError && known.fault === "not-a-database") {
    return { kind: "failure", fault: "failed", message: known.message };
  }
  return toStorageFailure(error, file);
}

/** Rows follow each other without gaps, so only a file that was tampered with can refuse one. */
function isConflict(error: unknown): boolean {
  return error instanceof Error && sqliteCodeOf(error) === constraintCode;
}

/** The history holds no number that a safe integer cannot hold. */
function isOutOfRange(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_OUT_OF_RANGE";
}

/** Work on a database whose failure is a value and leaves nothing half done. */
import type { DatabaseSync } from "node:sqlite";
import type { StorageFailure } from "../../../ports/storage-fault.ts";

/**
 * Runs work that writes. What the disk or SQLite throws is rolled back and becomes what `toFailure`
 * makes of it; anything else is a bug and is thrown on.
 */
export function attempt(
  database: DatabaseSync,
  work: () => void,
  toFailure: (error: unknown) => StorageFailure | undefined,
): StorageFailure | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    rollBack(database);
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    if (database.isOpen && database.isTransaction) database.exec("ROLLBACK");
  } catch {
    // The disk fails here as it did before. What was not committed is not there when it is opened.
  }
}

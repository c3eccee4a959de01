/** Opens the file of a dataset, for writing or for reading only, and says what is wrong with it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { createPrivately } from "../../files/private-file.ts";
import { openBesideOthers } from "../file/opening.ts";
import { checkedVersion, migrate } from "../file/schema.ts";
import { StoreError, toStorageFailure, toStoreError } from "../file/store-error.ts";
import { DamagedBytes } from "./bytes.ts";
import { datasetSchema } from "./schema.ts";

/** How long to wait for another process that writes to the same file, in milliseconds. */
const busyTimeoutMsDefault = 10_000;

/** Pages in the write-ahead log after which they are moved into the tables: 16 MiB. */
const checkpointPages = 4_096;

/** What stays of the write-ahead log's file after a burst, in bytes. */
const writeAheadLogBytesKept = 67_108_864;

/** Pages of each file that are kept in memory, in KiB. */
const cacheKib = 16_384;

/** Where a dataset is stored. */
export function datasetFile(folder: string, dataset: string): string {
  return join(folder, `${encodeURIComponent(dataset.toWellFormed())}.sqlite`);
}

/**
 * Opens a dataset's file for writing, made for its owner's eyes only when it is missing. Commits do not wait for
 * the disk (`synchronous = NORMAL`): the end of a process loses nothing, that of a machine the newest commits
 * and never more than those. Other processes may have it open, and write to it in turn.
 */
export function openForWriting(
  file: string,
  busyTimeoutMs: number = busyTimeoutMsDefault,
): DatabaseSync {
  return openBesideOthers(() => openNow(file, busyTimeoutMs));
}

function openNow(file: string, busyTimeoutMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    createPrivately(file);
    database = new DatabaseSync(file, { timeout: busyTimeoutMs, defensive: true });
    migrate(database, file, datasetSchema);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA journal_size_limit = ${writeAheadLogBytesKept};
      PRAGMA cache_size = -${cacheKib};
      PRAGMA cell_size_check = ON`);
    return database;
  } catch (error) {
    database?.close();
    throw error;
  }
}

/** Opens a dataset's file for reading; undefined when there is none, for then nothing is stored. */
export function openForReading(file: string): DatabaseSync | undefined {
  if (!existsSync(file)) return undefined;
  const database = new DatabaseSync(file, {
    readOnly: true,
    timeout: busyTimeoutMsDefault,
    defensive: true,
  });
  try {
    // An empty file is being made by another process.
    const isMade = checkedVersion(database, file, datasetSchema) > 0;
    if (!isMade) {
      database.close();
      return undefined;
    }
    database.exec(`PRAGMA cell_size_check = ON; PRAGMA cache_size = -${cacheKib}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Why a dataset is neither written nor read; undefined for what is a bug and none of the file's trouble. */
export function toDatasetFailure(error: unknown, file: string): StorageFailure | undefined {
  if (error instanceof DamagedBytes) return failure(damaged(file, error.message));
  const known = toStoreError(error, file);
  // Why the disk did not take something; what is wrong with the file says more about the remedy.
  if (known instanceof StoreError && known.fault === "failed") return toStorageFailure(error, file);
  return known instanceof StoreError ? failure(known.message) : undefined;
}

function damaged(file: string, detail: string): string {
  return `${file} is damaged: ${detail}; restore it from a backup, or move it away to begin the dataset's past anew`;
}

function failure(message: string): StorageFailure {
  return { kind: "failure", fault: "failed", message };
}

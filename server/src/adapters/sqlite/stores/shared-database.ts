/**
 * A small SQLite file that the server and the command line hold open at the same time: what one
 * commits the other reads at once. It knows nothing of the tables; every trouble is a `StoreError`.
 */
import { resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Place } from "../../files/place.ts";
import { createPrivately } from "../../files/private-file.ts";
import { bytesOf, inspect, isMade } from "../file/inspection.ts";
import { openBesideOthers } from "../file/opening.ts";
import { checkedVersion, migrate, type Schema } from "../file/schema.ts";
import { StoreError, toStoreError } from "../file/store-error.ts";

/** A store that lives and dies with the process, for tests. */
export const inMemory = ":memory:";

/** How long a writer waits for another process's write, in milliseconds. */
const busyTimeoutMs = 5_000;

/**
 * Opens the database in `file`, or {@link inMemory}, and makes a store of it. A missing file is made
 * for its owner's eyes only, and so are missing folders. Raises a `StoreError` when the file cannot be
 * used; every method of the database raises one when the disk fails or another process locks the
 * file for 5 seconds.
 */
export function openShared<Store>(
  file: string,
  schema: Schema,
  makeStore: (database: SharedDatabase) => Store,
): Store {
  return openBesideOthers(() => openNow(file, schema, makeStore));
}

function openNow<Store>(
  file: string,
  schema: Schema,
  makeStore: (database: SharedDatabase) => Store,
): Store {
  // Absolute, because SQLite would read a relative name such as `file:x` as an address.
  const path = file === inMemory ? file : resolve(file);
  let database: DatabaseSync | undefined;
  try {
    if (path !== inMemory) {
      refuseUnusable(path, schema);
      createPrivately(path);
    }
    database = new DatabaseSync(path, {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
      defensive: true,
    });
    migrate(database, path, schema);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    return makeStore(new SharedDatabase(database, path));
  } catch (error) {
    database?.close();
    throw toStoreError(error, path);
  }
}

/**
 * Raises a `StoreError` for a file that is of another program or of a newer openbourse, and for one
 * that is missing while its write-ahead log is there, which SQLite would delete. Changes nothing.
 */
export function refuseUnusable(file: string, schema: Schema): void {
  if (isMade(file)) {
    inspect(file, (database) => checkedVersion(database, file, schema));
    return;
  }
  if (bytesOf(`${file}-wal`) === 0) return;
  throw new StoreError(
    "lost-log",
    `${file} is missing, but ${file}-wal is there and belongs to it: put both back as they were or from a backup, or move ${file}-wal away to start over`,
  );
}

/** An open database, and the number of times that it was seen to change. */
export class SharedDatabase {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #readDataVersion: StatementSync;
  /** Where the file is; undefined in memory. Other processes may tidy up its write-ahead log. */
  readonly #place: Place | undefined;
  #version = 0;
  #dataVersion: unknown;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#place = file === inMemory ? undefined : new Place(file);
    this.#readDataVersion = database.prepare("PRAGMA data_version");
  }

  prepare(sql: string): StatementSync {
    return this.#attempt(() => this.#database.prepare(sql));
  }

  /**
   * The first row that a query finds. `Row` is the caller's promise: STRICT tables and the column
   * list of the query make the shape of a row certain.
   */
  row<Row>(query: StatementSync, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#attempt(() => query.get(...values)) as Row | undefined;
  }

  /** All rows that a query finds; `Row` is the caller's promise, as for {@link row}. */
  rows<Row>(query: StatementSync, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#attempt(() => query.all(...values)) as readonly unknown[] as readonly Row[];
  }

  /** Runs a statement that changes at most one row; says whether it did. */
  change(statement: StatementSync, ...values: readonly SQLInputValue[]): boolean {
    const changed = Number(this.#attempt(() => statement.run(...values)).changes) > 0;
    if (changed) this.#version += 1;
    return changed;
  }

  /**
   * A number that changes whenever any process has changed the database. SQLite's `data_version`
   * changes when another connection has committed, and only then, so our own changes are counted
   * beside it.
   */
  version(): number {
    const dataVersion = this.#attempt(() => this.#readDataVersion.get())?.["data_version"];
    if (dataVersion !== this.#dataVersion) this.#version += 1;
    this.#dataVersion = dataVersion;
    return this.#version;
  }

  /** What has become of the file, in words, when it was taken away or replaced. */
  lost(): string | undefined {
    return this.#place?.lost();
  }

  /** Closes the file; closing it again does nothing. */
  close(): void {
    if (this.#database.isOpen) this.#attempt(() => this.#database.close());
  }

  #attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.#file);
    }
  }
}

/**
 * The tables of the key store and the user store, and how an older file of any store becomes a
 * current one. Steps are only ever added at the end, unless the file can be rebuilt from another; it
 * refuses files of a newer openbourse and of other programs.
 */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store-error.ts";

/** The tables of one kind of store. */
export interface Schema {
  /** Marks a file as one of this kind: four letters in SQLite's `application_id`. */
  readonly applicationId: number;
  /**
   * The version of a file after the first step; a file of an older one cannot be brought up, and is
   * refused as `older-schema`. Default: 1.
   */
  readonly firstVersion?: number;
  /** SQL: the first step fills an empty file, each other one brings it to the next version. */
  readonly steps: readonly string[];
}

/** The key store; its mark is "obks". */
export const keyStoreSchema: Schema = {
  applicationId: 0x6f_62_6b_73,
  steps: [
    `
  CREATE TABLE workspace (
    name TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 63),
    connections_max INTEGER CHECK (connections_max >= 0),
    messages_per_minute_max INTEGER CHECK (messages_per_minute_max >= 0),
    message_bytes_max INTEGER CHECK (message_bytes_max >= 0),
    tickers_max INTEGER CHECK (tickers_max >= 0),
    rest_calls_per_minute_max INTEGER CHECK (rest_calls_per_minute_max >= 0),
    datasets TEXT CHECK (json_type(datasets) = 'array'),
    created_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE api_key (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    id TEXT NOT NULL UNIQUE CHECK (id = substr(hash, 1, 8)),
    workspace TEXT NOT NULL REFERENCES workspace (name),
    label TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER
  ) STRICT;

  CREATE INDEX api_key_by_workspace ON api_key (workspace);
  `,
    "ALTER TABLE api_key ADD COLUMN ingest TEXT CHECK (json_type(ingest) = 'array')",
  ],
};

/** The user store; its mark is "obus". */
export const userStoreSchema: Schema = {
  applicationId: 0x6f_62_75_73,
  steps: [
    `
  CREATE TABLE user (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    sealed_key TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    disabled_at_ms INTEGER
  ) STRICT;
  `,
    "ALTER TABLE user ADD COLUMN takes_md5 INTEGER NOT NULL DEFAULT 1 CHECK (takes_md5 IN (0, 1))",
    `
  ALTER TABLE user ADD COLUMN refused_ways TEXT NOT NULL DEFAULT '[]'
    CHECK (json_type(refused_ways) = 'array');
  UPDATE user SET refused_ways = '["md5"]' WHERE takes_md5 = 0;
  ALTER TABLE user DROP COLUMN takes_md5;
  `,
  ],
};

/**
 * Brings the database in `file` to the version after the last step, in one transaction: a step that
 * fails leaves the file as it was. Several processes may do this at once; one works, the others wait.
 */
export function migrate(database: DatabaseSync, file: string, schema: Schema): void {
  const { applicationId, steps, firstVersion = 1 } = schema;
  const newest = firstVersion + steps.length - 1;
  // Looked at before anything is locked or written, so that a refused file stays untouched.
  const before = checkedVersion(database, file, schema);
  if (before === newest) return;
  if (before > 0 && before < firstVersion) {
    throw new StoreError(
      "older-schema",
      `${file} has schema version ${before} and this openbourse begins with ${firstVersion}`,
    );
  }
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = checkedVersion(database, file, schema);
    const done = version === 0 ? 0 : version - firstVersion + 1;
    for (const step of steps.slice(done)) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${newest}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** One query, so that what another process commits meanwhile is seen wholly or not at all. */
const readHeader = `
  SELECT (SELECT count(*) FROM sqlite_schema) AS tables, application_id AS owner, user_version AS version
  FROM pragma_application_id, pragma_user_version`;

interface Header {
  readonly tables: number;
  readonly owner: number;
  readonly version: number;
}

/**
 * The schema version of a file that we may work on: 0 for an empty one. Raises a `StoreError` for one
 * of another program or of a newer openbourse.
 */
export function checkedVersion(database: DatabaseSync, file: string, schema: Schema): number {
  const { applicationId, steps, firstVersion = 1 } = schema;
  const newest = firstVersion + steps.length - 1;
  const header = database.prepare(readHeader).get();
  const { tables, owner, version } = header as unknown as Header;
  if (owner !== applicationId && (tables > 0 || owner !== 0 || version !== 0)) {
    throw new StoreError(
      "foreign-database",
      `${file} is a database of another program; name another file or data folder`,
    );
  }
  if (version > newest) {
    throw new StoreError(
      "newer-schema",
      `${file} has schema version ${version} and this openbourse knows ${newest}; run the newer openbourse that wrote it, or name another data folder`,
    );
  }
  return version;
}

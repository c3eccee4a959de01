/**
 * The key store in a SQLite file, through Node's own `node:sqlite`. Server and command line may hold
 * it open at the same time; what one commits the other reads at once. It never sees a key, only hashes.
 */
import { resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "../../core/assert.ts";
import type { KeyRecord, KeyStore, Workspace, WorkspaceLimits } from "../../ports/key-store.ts";
import { createPrivately } from "./private-file.ts";
import { keyStoreSchema, migrate } from "./schema.ts";
import { toStoreError } from "./store-error.ts";

/** A store that lives and dies with the process, for tests. */
export const inMemory = ":memory:";

/** How long a writer waits for another process's write, in milliseconds. */
const busyTimeoutMs = 5_000;

/**
 * Opens the key store in `file`, or {@link inMemory}. A missing file is made for its owner's eyes
 * only, and so are missing folders. Raises a `StoreError` when the file cannot be used; every method
 * of the store raises one when the disk fails or another process locks the file for 5 seconds.
 */
export function openKeyStore(file: string): KeyStore {
  // Absolute, because SQLite would read a relative name such as `file:x` as an address.
  const path = file === inMemory ? file : resolve(file);
  let database: DatabaseSync | undefined;
  try {
    if (path !== inMemory) createPrivately(path);
    database = new DatabaseSync(path, {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
      defensive: true,
    });
    migrate(database, path, keyStoreSchema);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    return new SqliteKeyStore(database, path);
  } catch (error) {
    database?.close();
    throw toStoreError(error, path);
  }
}

interface WorkspaceRow {
  readonly name: string;
  readonly connectionsMax: number | null;
  readonly messagesPerMinuteMax: number | null;
  readonly messageBytesMax: number | null;
  readonly tickersMax: number | null;
  readonly restCallsPerMinuteMax: number | null;
  /** JSON array of texts. */
  readonly datasets: string | null;
  readonly createdAtMs: number;
}

type KeyRow = Omit<KeyRecord, "revokedAtMs"> & { readonly revokedAtMs: number | null };

const selectWorkspaces = `
  SELECT name, connections_max AS connectionsMax, messages_per_minute_max AS messagesPerMinuteMax,
    message_bytes_max AS messageBytesMax, tickers_max AS tickersMax,
    rest_calls_per_minute_max AS restCallsPerMinuteMax, datasets, created_at_ms AS createdAtMs
  FROM workspace`;

const selectKeys = `
  SELECT id, hash, workspace, label, created_at_ms AS createdAtMs, revoked_at_ms AS revokedAtMs
  FROM api_key`;

/** The order is total: keys of the same millisecond are told apart by when they were inserted. */
const newestFirst = "ORDER BY created_at_ms DESC, rowid DESC";

/** Every statement of the store, prepared once. */
function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    addWorkspace: prepare(
      "INSERT INTO workspace (name, created_at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
    ),
    workspace: prepare(`${selectWorkspaces} WHERE name = ?`),
    workspaces: prepare(`${selectWorkspaces} ORDER BY name`),
    setLimits: prepare(`
      UPDATE workspace SET connections_max = ?, messages_per_minute_max = ?, message_bytes_max = ?,
        tickers_max = ?, rest_calls_per_minute_max = ?, datasets = ?
      WHERE name = ?`),
    addKey: prepare(`
      INSERT INTO api_key (id, hash, workspace, label, created_at_ms, revoked_at_ms)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    keyByHash: prepare(`${selectKeys} WHERE hash = ?`),
    keys: prepare(`${selectKeys} ${newestFirst}`),
    keysOfWorkspace: prepare(`${selectKeys} WHERE workspace = ? ${newestFirst}`),
    revokeKey: prepare(
      "UPDATE api_key SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL",
    ),
    dataVersion: prepare("PRAGMA data_version"),
  };
}

class SqliteKeyStore implements KeyStore {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements: ReturnType<typeof prepareStatements>;
  #version = 0;
  #dataVersion: unknown;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#statements = prepareStatements(database);
  }

  ensureWorkspace(name: string, createdAtMs: number): Workspace {
    this.#change(this.#statements.addWorkspace, name, createdAtMs);
    const workspace = this.workspace(name);
    assert(workspace !== undefined, "a workspace exists after it was made");
    return workspace;
  }

  workspace(name: string): Workspace | undefined {
    const row = this.#attempt(() => this.#statements.workspace.get(name));
    // STRICT tables and the column list make the shape of a row certain, here and below.
    return row === undefined ? undefined : workspaceOf(row as unknown as WorkspaceRow);
  }

  workspaces(): readonly Workspace[] {
    const rows = this.#attempt(() => this.#statements.workspaces.all());
    return (rows as unknown as WorkspaceRow[]).map(workspaceOf);
  }

  setLimits(name: string, limits: WorkspaceLimits): void {
    const changed = this.#change(
      this.#statements.setLimits,
      limits.connectionsMax ?? null,
      limits.messagesPerMinuteMax ?? null,
      limits.messageBytesMax ?? null,
      limits.tickersMax ?? null,
      limits.restCallsPerMinuteMax ?? null,
      limits.datasets === undefined ? null : JSON.stringify(limits.datasets),
      name,
    );
    assert(changed, "limits are set on an existing workspace");
  }

  addKey(record: KeyRecord): boolean {
    return this.#change(
      this.#statements.addKey,
      record.id,
      record.hash,
      record.workspace,
      record.label,
      record.createdAtMs,
      record.revokedAtMs ?? null,
    );
  }

  keyByHash(hash: string): KeyRecord | undefined {
    const row = this.#attempt(() => this.#statements.keyByHash.get(hash));
    return row === undefined ? undefined : keyOf(row as unknown as KeyRow);
  }

  keys(workspace?: string): readonly KeyRecord[] {
    const { keys, keysOfWorkspace } = this.#statements;
    const rows = this.#attempt(() =>
      workspace === undefined ? keys.all() : keysOfWorkspace.all(workspace),
    );
    return (rows as unknown as KeyRow[]).map(keyOf);
  }

  revokeKey(id: string, revokedAtMs: number): boolean {
    return this.#change(this.#statements.revokeKey, revokedAtMs, id);
  }

  /**
   * SQLite's `data_version` changes when another connection has committed, and only then, so our own
   * changes are counted beside it.
   */
  version(): number {
    const dataVersion = this.#attempt(() => this.#statements.dataVersion.get())?.["data_version"];
    if (dataVersion !== this.#dataVersion) this.#version += 1;
    this.#dataVersion = dataVersion;
    return this.#version;
  }

  close(): void {
    if (this.#database.isOpen) this.#attempt(() => this.#database.close());
  }

  /** Runs a statement that changes at most one row; says whether it did. */
  #change(statement: StatementSync, ...values: readonly (string | number | null)[]): boolean {
    const changed = Number(this.#attempt(() => statement.run(...values)).changes) > 0;
    if (changed) this.#version += 1;
    return changed;
  }

  #attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.#file);
    }
  }
}

function keyOf(row: KeyRow): KeyRecord {
  return { ...row, revokedAtMs: row.revokedAtMs ?? undefined };
}

function workspaceOf(row: WorkspaceRow): Workspace {
  const { name, datasets, createdAtMs, ...numbers } = row;
  return {
    name,
    limits: {
      connectionsMax: numbers.connectionsMax ?? undefined,
      messagesPerMinuteMax: numbers.messagesPerMinuteMax ?? undefined,
      messageBytesMax: numbers.messageBytesMax ?? undefined,
      tickersMax: numbers.tickersMax ?? undefined,
      restCallsPerMinuteMax: numbers.restCallsPerMinuteMax ?? undefined,
      datasets: datasets === null ? undefined : parseDatasets(datasets),
    },
    createdAtMs,
  };
}

function parseDatasets(json: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  assert(
    Array.isArray(value) && value.every((code) => typeof code === "string"),
    "stored datasets are an array of texts",
  );
  return value;
}

/**
 * The key store in a SQLite file, through Node's own `node:sqlite`. Server and command line may hold
 * it open at the same time; what one commits the other reads at once. It never sees a key, only hashes.
 */
import type { StatementSync } from "node:sqlite";
import { assert } from "../../../core/assert.ts";
import type { KeyRecord, KeyStore, Workspace, WorkspaceLimits } from "../../../ports/key-store.ts";
import { keyStoreSchema } from "../file/schema.ts";
import { openShared, type SharedDatabase } from "./shared-database.ts";

export { inMemory } from "./shared-database.ts";

/** Opens the key store in `file`, in the way and with the errors of {@link openShared}. */
export function openKeyStore(file: string): KeyStore {
  return openShared(file, keyStoreSchema, (database) => new SqliteKeyStore(database));
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

type KeyRow = Omit<KeyRecord, "revokedAtMs" | "ingest"> & {
  readonly revokedAtMs: number | null;
  /** JSON array of texts. */
  readonly ingest: string | null;
};

const selectWorkspaces = `
  SELECT name, connections_max AS connectionsMax, messages_per_minute_max AS messagesPerMinuteMax,
    message_bytes_max AS messageBytesMax, tickers_max AS tickersMax,
    rest_calls_per_minute_max AS restCallsPerMinuteMax, datasets, created_at_ms AS createdAtMs
  FROM workspace`;

const selectKeys = `
  SELECT id, hash, workspace, label, created_at_ms AS createdAtMs, revoked_at_ms AS revokedAtMs, ingest
  FROM api_key`;

/** The order is total: keys of the same millisecond are told apart by when they were inserted. */
const newestFirst = "ORDER BY created_at_ms DESC, rowid DESC";

/** Every statement of the store, prepared once. */
function prepareStatements(database: SharedDatabase) {
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
      INSERT INTO api_key (id, hash, workspace, label, created_at_ms, revoked_at_ms, ingest)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    keyByHash: prepare(`${selectKeys} WHERE hash = ?`),
    keys: prepare(`${selectKeys} ${newestFirst}`),
    keysOfWorkspace: prepare(`${selectKeys} WHERE workspace = ? ${newestFirst}`),
    key: prepare(`${selectKeys} WHERE id = ?`),
    keysBehind: prepare(`${selectKeys} WHERE id > ? ORDER BY id LIMIT ?`),
    revokeKey: prepare(
      "UPDATE api_key SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL",
    ),
    reinstateKey: prepare(
      "UPDATE api_key SET revoked_at_ms = NULL WHERE id = ? AND revoked_at_ms IS NOT NULL",
    ),
  };
}

class SqliteKeyStore implements KeyStore {
  readonly #database: SharedDatabase;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: SharedDatabase) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  ensureWorkspace(name: string, createdAtMs: number): Workspace {
    this.#database.change(this.#statements.addWorkspace, name, createdAtMs);
    const workspace = this.workspace(name);
    assert(workspace !== undefined, "a workspace exists after it was made");
    return workspace;
  }

  workspace(name: string): Workspace | undefined {
    const row = this.#database.row<WorkspaceRow>(this.#statements.workspace, name);
    return row === undefined ? undefined : workspaceOf(row);
  }

  workspaces(): readonly Workspace[] {
    return this.#database.rows<WorkspaceRow>(this.#statements.workspaces).map(workspaceOf);
  }

  setLimits(name: string, limits: WorkspaceLimits): void {
    const changed = this.#database.change(
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
    return this.#database.change(
      this.#statements.addKey,
      record.id,
      record.hash,
      record.workspace,
      record.label,
      record.createdAtMs,
      record.revokedAtMs ?? null,
      record.ingest === undefined ? null : JSON.stringify(record.ingest),
    );
  }

  keyByHash(hash: string): KeyRecord | undefined {
    const row = this.#database.row<KeyRow>(this.#statements.keyByHash, hash);
    return row === undefined ? undefined : keyOf(row);
  }

  keys(workspace?: string): readonly KeyRecord[] {
    const { keys, keysOfWorkspace } = this.#statements;
    const rows =
      workspace === undefined
        ? this.#database.rows<KeyRow>(keys)
        : this.#database.rows<KeyRow>(keysOfWorkspace, workspace);
    return rows.map(keyOf);
  }

  key(id: string): KeyRecord | undefined {
    const row = this.#database.row<KeyRow>(this.#statements.key, id);
    return row === undefined ? undefined : keyOf(row);
  }

  keysBehind(id: string, max: number): readonly KeyRecord[] {
    return this.#database.rows<KeyRow>(this.#statements.keysBehind, id, max).map(keyOf);
  }

  revokeKey(id: string, revokedAtMs: number): boolean {
    return this.#database.change(this.#statements.revokeKey, revokedAtMs, id);
  }

  reinstateKey(id: string): boolean {
    return this.#database.change(this.#statements.reinstateKey, id);
  }

  version(): number {
    return this.#database.version();
  }

  lost(): string | undefined {
    return this.#database.lost();
  }

  close(): void {
    this.#database.close();
  }
}

function keyOf({ ingest, revokedAtMs, ...row }: KeyRow): KeyRecord {
  const key = { ...row, revokedAtMs: revokedAtMs ?? undefined };
  return ingest === null ? key : { ...key, ingest: parseDatasets(ingest) };
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

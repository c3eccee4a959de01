/**
 * The user store in a SQLite file of its own. Server and command line may hold it open at the same
 * time; what one commits the other reads at once. It never sees an API key, only sealed ones.
 */
import type { StatementSync } from "node:sqlite";
import type { UserQuery, UserRecord, UserStore } from "../../../ports/user-store.ts";
import { userStoreSchema } from "../file/schema.ts";
import { openShared, type SharedDatabase } from "./shared-database.ts";

/** Opens the user store in `file`, in the way and with the errors of {@link openShared}. */
export function openUserStore(file: string): UserStore {
  return openShared(file, userStoreSchema, (database) => new SqliteUserStore(database));
}

type UserRow = Omit<UserRecord, "disabledAtMs" | "refusedWays"> & {
  readonly disabledAtMs: number | null;
  readonly refusedWays: string;
};

const selectUsers = `
  SELECT id, sealed_key AS sealedKey, label, created_at_ms AS createdAtMs,
    disabled_at_ms AS disabledAtMs, refused_ways AS refusedWays
  FROM user`;

/** The order is total: users of the same millisecond are told apart by when they were inserted. */
const newestFirst = "ORDER BY created_at_ms DESC, rowid DESC";

const isRefused = "EXISTS (SELECT 1 FROM json_each(refused_ways) WHERE value = ?1)";

/** What SQLite takes for no limit. */
const noLimit = -1;

/** Every statement of the store, prepared once. */
function prepareStatements(database: SharedDatabase) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    add: prepare(`
      INSERT INTO user (id, sealed_key, label, created_at_ms, disabled_at_ms, refused_ways)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    user: prepare(`${selectUsers} WHERE id = ?`),
    count: prepare("SELECT count(*) AS count FROM user"),
    users: prepare(`${selectUsers} ${newestFirst} LIMIT ?`),
    usersOfLabel: prepare(`${selectUsers} WHERE label = ? ${newestFirst} LIMIT ?`),
    usersBehind: prepare(`${selectUsers} WHERE id > ? ORDER BY id LIMIT ?`),
    disabledIds: prepare("SELECT id FROM user WHERE disabled_at_ms IS NOT NULL"),
    disable: prepare("UPDATE user SET disabled_at_ms = ? WHERE id = ? AND disabled_at_ms IS NULL"),
    refuseWay: prepare(`
      UPDATE user SET refused_ways = json_insert(refused_ways, '$[#]', ?1)
      WHERE id = ?2 AND NOT ${isRefused}`),
    takeWay: prepare(`
      UPDATE user SET refused_ways =
        (SELECT json_group_array(value) FROM json_each(refused_ways) WHERE value <> ?1)
      WHERE id = ?2 AND ${isRefused}`),
    enable: prepare(
      "UPDATE user SET disabled_at_ms = NULL WHERE id = ? AND disabled_at_ms IS NOT NULL",
    ),
  };
}

class SqliteUserStore implements UserStore {
  readonly #database: SharedDatabase;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: SharedDatabase) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  add(record: UserRecord): boolean {
    return this.#database.change(
      this.#statements.add,
      record.id,
      record.sealedKey,
      record.label,
      record.createdAtMs,
      record.disabledAtMs ?? null,
      JSON.stringify(record.refusedWays),
    );
  }

  user(id: string): UserRecord | undefined {
    const row = this.#database.row<UserRow>(this.#statements.user, id);
    return row === undefined ? undefined : userOf(row);
  }

  count(): number {
    return this.#database.row<{ readonly count: number }>(this.#statements.count)?.count ?? 0;
  }

  users({ label, limit = noLimit }: UserQuery = {}): readonly UserRecord[] {
    const { users, usersOfLabel } = this.#statements;
    const rows =
      label === undefined
        ? this.#database.rows<UserRow>(users, limit)
        : this.#database.rows<UserRow>(usersOfLabel, label, limit);
    return rows.map(userOf);
  }

  usersBehind(id: string, max: number): readonly UserRecord[] {
    return this.#database.rows<UserRow>(this.#statements.usersBehind, id, max).map(userOf);
  }

  disabledIds(): readonly string[] {
    const rows = this.#database.rows<{ readonly id: string }>(this.#statements.disabledIds);
    return rows.map(({ id }) => id);
  }

  disable(id: string, disabledAtMs: number): boolean {
    return this.#database.change(this.#statements.disable, disabledAtMs, id);
  }

  setWay(id: string, way: string, isTaken: boolean): boolean {
    const { refuseWay, takeWay } = this.#statements;
    return this.#database.change(isTaken ? takeWay : refuseWay, way, id);
  }

  enable(id: string): boolean {
    return this.#database.change(this.#statements.enable, id);
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

function userOf(row: UserRow): UserRecord {
  const refusedWays: readonly string[] = JSON.parse(row.refusedWays);
  return { ...row, disabledAtMs: row.disabledAtMs ?? undefined, refusedWays };
}

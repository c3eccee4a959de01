/**
 * The admission store in a SQLite file of its own, which one server has open at a time. Commits are
 * not synced, because every token would wait for the disk: what is written survives the process, and a
 * start that finds that the machine went down with the last one forgets everything.
 */
import { randomUUID } from "node:crypto";
import type { StatementSync } from "node:sqlite";
import type { AdmissionStore, StoredToken } from "../../../ports/admission-store.ts";
import { machineRun } from "../file/run-mark.ts";
import type { Schema } from "../file/schema.ts";
import { openShared, type SharedDatabase } from "./shared-database.ts";

/** The admission store; its mark is "obas". */
const admissionSchema: Schema = {
  applicationId: 0x6f_62_61_73,
  steps: [
    `
  CREATE TABLE token (
    issued INTEGER NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    user_id TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE mark (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    stamp_ms INTEGER,
    open_in_run TEXT
  ) STRICT;

  INSERT INTO mark VALUES (1, NULL, NULL);
  `,
  ],
};

/**
 * Opens the store in `file`, in the way and with the errors of {@link openShared}. `run` names this run
 * of the machine: another one than the file was left open in means that its last commits may be lost.
 * Where the system does not tell, a file that was left open is forgotten.
 */
export function openAdmissionStore(
  file: string,
  run: string = machineRun() ?? randomUUID(),
): AdmissionStore {
  return openShared(file, admissionSchema, (database) => {
    const store = new SqliteAdmissionStore(database, run);
    // Only now, so that the mark of being open is durable before anything that may be lost.
    database.row(database.prepare("PRAGMA synchronous = NORMAL"));
    return store;
  });
}

function prepareStatements(database: SharedDatabase) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    tokens: prepare(
      "SELECT hash, user_id AS userId, expires_at_ms AS expiresAtMs FROM token ORDER BY issued",
    ),
    addToken: prepare("INSERT INTO token (hash, user_id, expires_at_ms) VALUES (?, ?, ?)"),
    removeToken: prepare("DELETE FROM token WHERE hash = ?"),
    removeTokens: prepare("DELETE FROM token"),
    mark: prepare("SELECT stamp_ms AS stampMs, open_in_run AS openInRun FROM mark"),
    noteStamp: prepare("UPDATE mark SET stamp_ms = ?1 WHERE stamp_ms IS NULL OR stamp_ms < ?1"),
    forgetStamp: prepare("UPDATE mark SET stamp_ms = NULL"),
    setOpen: prepare("UPDATE mark SET open_in_run = ?"),
  };
}

interface Mark {
  readonly stampMs: number | null;
  /** The run of the machine in which the file is open, or was left open; null when it was closed. */
  readonly openInRun: string | null;
}

class SqliteAdmissionStore implements AdmissionStore {
  readonly #database: SharedDatabase;
  readonly #statements: ReturnType<typeof prepareStatements>;
  #isOpen = true;

  constructor(database: SharedDatabase, run: string) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    const { openInRun } = this.#mark();
    if (openInRun !== null && openInRun !== run) this.clear();
    database.change(this.#statements.setOpen, run);
  }

  tokens(): readonly StoredToken[] {
    return this.#database.rows<StoredToken>(this.#statements.tokens);
  }

  addToken({ hash, userId, expiresAtMs }: StoredToken): void {
    this.#database.change(this.#statements.addToken, hash, userId, expiresAtMs);
  }

  removeToken(hash: string): void {
    this.#database.change(this.#statements.removeToken, hash);
  }

  stampMs(): number | undefined {
    return this.#mark().stampMs ?? undefined;
  }

  noteStamp(stampMs: number): void {
    this.#database.change(this.#statements.noteStamp, stampMs);
  }

  clear(): void {
    this.#database.change(this.#statements.removeTokens);
    this.#database.change(this.#statements.forgetStamp);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#database.change(this.#statements.setOpen, null);
    this.#database.close();
  }

  #mark(): Mark {
    return this.#database.row<Mark>(this.#statements.mark) ?? { stampMs: null, openInRun: null };
  }
}

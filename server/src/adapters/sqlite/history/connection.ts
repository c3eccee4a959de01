/** A connection to the history's file that cannot write, and the names that the file has. */
import { DatabaseSync } from "node:sqlite";
import type { CellChecks } from "./checks.ts";
import { Names } from "./names.ts";

/** How long a read waits for another process that has the file locked, in milliseconds. */
const busyTimeoutMs = 1_000;

/** Opens a file that its writer has opened before. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, {
    readOnly: true,
    timeout: busyTimeoutMs,
    defensive: true,
  });
  database.exec("PRAGMA cell_size_check = ON");
  return database;
}

/** The names of a file in the order of their numbers, without the first `after` of them. */
export function namesIn(database: DatabaseSync, checks: CellChecks, after = 0): readonly string[] {
  const select = database.prepare("SELECT id, text FROM name WHERE id > ? ORDER BY id");
  return select
    .all(after)
    .map(({ id, text }, index) =>
      checks.known(id === after + index + 1 && typeof text === "string" ? text : undefined),
    );
}

/** The names that a file has, and those that its writer adds to it meanwhile. */
export class FileNames {
  readonly #database: DatabaseSync;
  readonly #checks: CellChecks;
  readonly #names: Names;

  constructor(database: DatabaseSync, checks: CellChecks) {
    this.#database = database;
    this.#checks = checks;
    this.#names = new Names(namesIn(database, checks));
  }

  /** The number of a name; undefined when nothing of it is stored. */
  find(text: string): number | undefined {
    return this.#names.find(text) ?? this.#withNew().find(text);
  }

  /** The name of a number that was read; undefined when there is none. */
  textOf(number: unknown): string | undefined {
    return this.#names.textOf(number) ?? this.#withNew().textOf(number);
  }

  #withNew(): Names {
    const fresh = namesIn(this.#database, this.#checks, this.#names.count);
    for (const text of fresh) this.#names.numberOf(text);
    return this.#names;
  }
}

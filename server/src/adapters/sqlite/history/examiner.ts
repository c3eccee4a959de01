/**
 * Reads the history's file through, a piece at a time, so that damage in what nobody asks for is found
 * while there are still backups from before. It looks at each row by itself and compares nothing.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { ExaminedPart } from "../../../ports/history.ts";
import type { CellChecks, Row } from "./checks.ts";

/** Rows of one piece: some milliseconds' work of the thread that reads, for which queries wait. */
export const examinedRowsMax = 4_096;

/** Every table with its key, in the order in which they are read. */
const tables: readonly (readonly [name: string, key: readonly string[]])[] = [
  ["name", ["id"]],
  ["placed_order", ["id"]],
  ["order_event", ["user", "market", "sequence", "ordinal"]],
  ["trade", ["sequence", "ordinal"]],
  ["balance_change", ["user", "currency", "sequence", "ordinal"]],
  ["transfer", ["user", "key", "sequence"]],
  ["bar", ["market", "resolution_s", "start_s"]],
];

/** Columns whose texts people have chosen; all other texts are decimals. */
const freeTexts: ReadonlySet<string> = new Set(["text", "client_id", "key"]);

const decimal = /^-?\d{1,80}(\.\d{1,16})?$/;

interface Table {
  readonly key: readonly string[];
  readonly first: StatementSync;
  readonly next: StatementSync;
}

/** Goes through all tables in turn, and begins again behind the last one. */
export class HistoryExaminer {
  readonly #checks: CellChecks;
  readonly #tables: readonly Table[];
  #at = 0;
  /** The key of the last row of the piece before; undefined at the beginning of a table. */
  #after: readonly SQLInputValue[] | undefined;

  constructor(database: DatabaseSync, checks: CellChecks) {
    this.#checks = checks;
    this.#tables = tables.map(([name, key]) => {
      const columns = key.join(", ");
      const places = key.map(() => "?").join(", ");
      const order = `ORDER BY ${columns} LIMIT ${examinedRowsMax}`;
      return {
        key,
        first: database.prepare(`SELECT * FROM ${name} ${order}`),
        next: database.prepare(`SELECT * FROM ${name} WHERE (${columns}) > (${places}) ${order}`),
      };
    });
  }

  /** Reads the next piece; raises an error for a row that the writer cannot have written. */
  next(): ExaminedPart {
    const table = this.#tables[this.#at];
    if (table === undefined) return this.#begin();
    const rows: readonly Row[] =
      this.#after === undefined ? table.first.all() : table.next.all(...this.#after);
    for (const row of rows) this.#examine(row);
    const last = rows.at(-1);
    if (last !== undefined && rows.length === examinedRowsMax) {
      this.#after = table.key.map((column) => last[column] as SQLInputValue);
      return "piece";
    }
    this.#at += 1;
    this.#after = undefined;
    return this.#at < this.#tables.length ? "piece" : this.#begin();
  }

  #begin(): ExaminedPart {
    this.#at = 0;
    this.#after = undefined;
    return "end";
  }

  #examine(row: Row): void {
    for (const [column, value] of Object.entries(row)) {
      if (value === null) continue;
      if (typeof value !== "string") this.#checks.integer(value);
      else if (!freeTexts.has(column)) this.#checks.known(decimal.exec(value) ?? undefined);
    }
  }
}

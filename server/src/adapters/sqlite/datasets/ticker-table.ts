/** The tickers of a dataset's file: their numbers, and how much is stored of each. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { findTicker, integer } from "./rows.ts";

/** Most numbers that are remembered; others are looked up. */
const rememberedMax = 100_000;

/** Gives tickers numbers and counts what is stored, within transactions of its caller. */
export class TickerTable {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #count: StatementSync;
  readonly #ids = new Map<string, number>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO ticker (name, minutes, trades) VALUES (?, 0, 0) RETURNING id",
    );
    this.#count = database.prepare(
      "UPDATE ticker SET minutes = minutes + ?, trades = trades + ? WHERE id = ?",
    );
  }

  /** The number of a ticker, a new one if it has none. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id =
      findTicker(this.#database, name) ?? integer(this.#insert.get(name.toWellFormed())?.["id"]);
    if (this.#ids.size < rememberedMax) this.#ids.set(name, id);
    return id;
  }

  /** Counts what was added, or taken away where it is negative. */
  count(id: number, { minutes, trades }: { minutes: number; trades: number }): void {
    if (minutes !== 0 || trades !== 0) this.#count.run(minutes, trades, id);
  }

  /** Forgets what it remembers. */
  reset(): void {
    this.#ids.clear();
  }
}

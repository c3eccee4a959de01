/**
 * The minutes that were revised since market time last passed a whole minute. It leaves it to its caller to
 * begin and to end the transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { MinuteOfTicker, StoredPosition } from "../../../ports/dataset-store.ts";
import { integer, minuteUs, textOf } from "./rows.ts";

/** Writes and reads them. */
export class RevisedMinutes {
  readonly #add: StatementSync;
  readonly #clear: StatementSync;
  readonly #all: StatementSync;

  constructor(database: DatabaseSync) {
    this.#add = database.prepare("INSERT OR IGNORE INTO revised VALUES (?, ?)");
    this.#clear = database.prepare("DELETE FROM revised");
    this.#all = database.prepare(`SELECT name, start_us FROM revised
      JOIN ticker ON ticker.id = revised.ticker ORDER BY start_us, name`);
  }

  /** Market time goes on: at a whole minute everybody is sent what was revised before it. */
  advance(from: StoredPosition | undefined, to: StoredPosition): void {
    const minuteOf = (timeUs: number) => Math.floor(timeUs / minuteUs);
    if (from !== undefined && minuteOf(to.timeUs) > minuteOf(from.timeUs)) this.#clear.run();
  }

  add(ticker: number, startUs: number): void {
    this.#add.run(ticker, startUs);
  }

  /** All of them, oldest first. */
  all(): readonly MinuteOfTicker[] {
    return this.#all
      .all()
      .map((row) => ({ ticker: textOf(row["name"]), startUs: integer(row["start_us"]) }));
  }
}

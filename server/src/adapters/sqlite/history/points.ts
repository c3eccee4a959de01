/**
 * Looks up single rows on the thread of the exchange, where an order or a transfer waits for the answer
 * and nothing else may happen in between: one search of an index, a few microseconds each.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ClientIdUse, TransferRecord } from "../../../ports/history.ts";
import { CellChecks } from "./checks.ts";
import { directionCodes } from "./codes.ts";
import { namesIn, openForReading } from "./connection.ts";
import { toHistoryError } from "./error.ts";
import { Names } from "./names.ts";
import { prepareQuery } from "./queries.ts";

/** Opens a file that its writer has opened before. Raises a `StoreError` when it cannot be used. */
export function openHistoryPoints(file: string): HistoryPoints {
  let database: DatabaseSync | undefined;
  try {
    database = openForReading(file);
    return new HistoryPoints(database, file);
  } catch (error) {
    database?.close();
    throw toHistoryError(error, file);
  }
}

/** Every method raises a `StoreError` when the file is damaged or the disk fails. */
export class HistoryPoints {
  /** The names that the file has and those that are on their way to it. */
  readonly names: Names;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #checks: CellChecks;
  readonly #clientIdUse: StatementSync;
  readonly #transfer: StatementSync;

  /** Only {@link openHistoryPoints} makes one. */
  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#checks = new CellChecks(file);
    this.#clientIdUse = prepareQuery(database, "clientIdUse");
    this.#transfer = prepareQuery(database, "transfer");
    this.names = new Names(namesIn(database, this.#checks));
  }

  clientIdUse(user: string, clientId: string): ClientIdUse | undefined {
    const row = this.#find(this.#clientIdUse, user, clientId);
    if (row === undefined) return undefined;
    return row["closedUs"] === null ? "open" : "closed";
  }

  transfer(user: string, key: string): TransferRecord | undefined {
    const row = this.#find(this.#transfer, user, key);
    if (row === undefined) return undefined;
    const checks = this.#checks;
    return {
      direction: checks.known(directionCodes.wordOf(row["direction"])),
      currency: checks.known(this.names.textOf(row["currency"])),
      amount: checks.amount(row["amount"]),
      sequence: checks.integer(row["sequence"]),
      timeUs: checks.integer(row["timeUs"]),
    };
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #find(statement: StatementSync, user: string, text: string) {
    const number = this.names.find(user);
    // The file would have another character in the place of half a surrogate pair, and find that.
    if (number === undefined || !text.isWellFormed()) return undefined;
    try {
      return statement.get(number, text);
    } catch (error) {
      throw toHistoryError(error, this.#file);
    }
  }
}

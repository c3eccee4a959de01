/**
 * The history's file as its writer sees it: used by one thread and without waiting. It stores rows
 * and digests them; it does not know what they mean.
 */
import { createHash, type Hash } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "../../../core/assert.ts";
import { formatDecimal } from "../../../core/num/decimal.ts";
import { atomsScale } from "../../../core/num/money.ts";
import type { HistoryDigest } from "../../../ports/history.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { isDiskFull, Place } from "../../files/place.ts";
import { createPrivately, syncFolderOf } from "../../files/private-file.ts";
import { attempt } from "../file/attempt.ts";
import { inspect, isMade } from "../file/inspection.ts";
import {
  machineRun,
  markClosed,
  markOpen,
  removeMark,
  wasOpenInAnotherRun,
} from "../file/run-mark.ts";
import { checkedVersion, migrate } from "../file/schema.ts";
import { StoreError } from "../file/store-error.ts";
import { BarWriter } from "./bars.ts";
import {
  damagedHistory,
  foreignHistory,
  OutdatedHistory,
  toHistoryError,
  toHistoryFailure,
} from "./error.ts";
import {
  type Cell,
  type HistoryRows,
  type HistoryTable,
  historyColumns,
  tradesOf,
} from "./rows.ts";
import { historySchema } from "./schema.ts";

/** What to open. */
export interface HistoryFileOptions {
  readonly file: string;
  /** The log that this is the history of. */
  readonly epoch: string;
  /** Starts over: whatever is in the file is lost. Default: false. */
  readonly discard?: boolean | undefined;
  /** How large the file may become, in bytes; past it nothing more is stored. Default: no bound. */
  readonly fileBytesMax?: number | undefined;
}

/** How long to wait for another process that has the file open, in milliseconds. */
const busyTimeoutMs = 1_000;

/** Pages in the write-ahead log after which they are moved into the tables: 16 MiB. */
const checkpointPages = 4_096;

/** What stays of the write-ahead log's file after a burst, in bytes. */
const writeAheadLogBytesKept = 67_108_864;

/** Pages of the file that are kept in memory, in KiB. */
const cacheKib = 65_536;

/** Rows that are put into the digest at once. */
const digestChunkRows = 1_000;

/**
 * Opens the file, or makes it for its owner's eyes only. Raises a `StoreError` when it cannot be used
 * or belongs to another log.
 *
 * Nothing here waits for the disk (`synchronous = OFF`), because the syncs of the log, for which users
 * wait, would wait with it. When the machine has gone down meanwhile, the file begins again and is fed
 * again from the log. Where the system does not tell one run of the machine from another, the file is
 * synced when the write-ahead log is moved, which costs at most the last transactions.
 */
export function openHistoryFile(options: HistoryFileOptions): HistoryFile {
  // Absolute, because SQLite would read a relative name such as `file:x` as an address.
  const file = resolve(options.file);
  let database: DatabaseSync | undefined;
  let isMarkNew = false;
  try {
    const run = machineRun();
    const isSuspect = run !== undefined && wasOpenInAnotherRun(file, run);
    const isAnew = options.discard === true || isSuspect || !isMade(file);
    // A write-ahead log without its file would be taken for that of the new one.
    if (isAnew) discardFile(file);
    else refuseForeign(file, options.epoch);
    createPrivately(file);
    if (run !== undefined) isMarkNew = markOpen(file, run);
    database = new DatabaseSync(file, { timeout: busyTimeoutMs, defensive: true });
    migrateOrTell(database, file, options.epoch);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${run === undefined ? "NORMAL" : "OFF"};
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA journal_size_limit = ${writeAheadLogBytesKept};
      PRAGMA cache_size = -${cacheKib};
      PRAGMA cell_size_check = ON`);
    if (options.fileBytesMax !== undefined) boundFile(database, options.fileBytesMax);
    return new HistoryFile(database, file, options);
  } catch (error) {
    database?.close();
    if (isMarkNew) removeMark(file);
    throw toHistoryError(error, file);
  }
}

/** How far a history goes that is in `file`, and of which log it is. */
export interface HistoryPlace {
  readonly epoch: string;
  readonly lastSequence: number;
}

/**
 * Looks how far a history goes, and changes nothing. Undefined when there is none, when it was open as
 * the machine went down, or when it does not say. Raises a `StoreError` when it is no history of ours.
 */
export function placeOfHistory(file: string): HistoryPlace | undefined {
  const run = machineRun();
  if (!isMade(file) || (run !== undefined && wasOpenInAnotherRun(file, run))) return undefined;
  try {
    return inspect(file, (database) => readPlace(database, file));
  } catch (error) {
    // What SQLite said, so that it gets the remedy that fits a history.
    throw toHistoryError(error instanceof StoreError ? (error.cause ?? error) : error, file);
  }
}

function readPlace(database: DatabaseSync, file: string): HistoryPlace | undefined {
  if (checkedVersion(database, file, historySchema) === 0) return undefined;
  const row = database.prepare("SELECT epoch, last_sequence AS lastSequence FROM progress").get();
  const { epoch, lastSequence } = row ?? {};
  if (typeof epoch !== "string" || typeof lastSequence !== "number") return undefined;
  return { epoch, lastSequence };
}

/** Before anything is written to the file. */
function refuseForeign(file: string, epoch: string): void {
  const place = placeOfHistory(file);
  if (place !== undefined && place.epoch !== epoch) throw foreignHistory(file);
}

/** Deletes a history that nobody has open. */
export function removeHistory(file: string): void {
  discardFile(file);
  removeMark(file);
}

/** Puts the finished history that lies beside `file`, as `file.new`, into its place. */
export function replaceHistory(file: string): void {
  // First what would be taken for a part of the new one.
  for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
  renameSync(`${file}.new`, file);
  removeMark(file);
  syncFolderOf(file);
}

/** Raises an {@link OutdatedHistory} for the log's own history that cannot be brought up. */
function migrateOrTell(database: DatabaseSync, file: string, epoch: string): void {
  try {
    migrate(database, file, historySchema);
  } catch (error) {
    if (!(error instanceof StoreError) || error.fault !== "older-schema") throw error;
    throw new OutdatedHistory(file, startOf(database, file, epoch));
  }
}

function discardFile(file: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

function boundFile(database: DatabaseSync, fileBytesMax: number): void {
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
  const pagesMax = Math.max(1, Math.floor(fileBytesMax / pageBytes));
  database.exec(`PRAGMA max_page_count = ${pagesMax}`);
}

/** An open file. After a failure it stores nothing more. */
export class HistoryFile {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #inserts: ReturnType<typeof prepareInserts>;
  #bars: BarWriter;
  #lastSequence: number;
  /** The last one that the open transaction reaches; undefined when none is open. */
  #addedSequence: number | undefined;
  #failure: StorageFailure | undefined;
  readonly #isBounded: boolean;
  readonly #place: Place;

  /** Only {@link openHistoryFile} makes one. */
  constructor(
    database: DatabaseSync,
    file: string,
    { epoch, fileBytesMax }: Pick<HistoryFileOptions, "epoch" | "fileBytesMax">,
  ) {
    this.#isBounded = fileBytesMax !== undefined;
    this.#database = database;
    this.#file = file;
    this.#lastSequence = startOf(database, file, epoch);
    this.#inserts = prepareInserts(database);
    this.#bars = new BarWriter(database, file);
    this.#place = new Place(file, `${file}-wal`);
  }

  /** Everything up to here is stored; 0 when nothing is. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Adds rows to the open transaction, or begins one with them. A failure takes all of it back. */
  add(rows: HistoryRows): StorageFailure | undefined {
    this.#failure ??= this.#attempt(() => this.#insert(rows));
    return this.#failure;
  }

  /** Ends the transaction: undefined when what was added is stored, else why none of it is. */
  commit(): StorageFailure | undefined {
    this.#failure ??= this.#attempt(() => this.#commit()) ?? this.look();
    return this.#failure;
  }

  /** Why nothing more is stored. */
  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  /** Whether the failure may go away by itself: room on the disk, or a disk that can be written again. */
  get mayComeBack(): boolean {
    const { fault } = this.#failure ?? {};
    if (fault === "disk-full") return !this.#isBounded || isDiskFull(this.#file);
    return fault === "read-only";
  }

  /** After a failure that may go away: adds all rows since the last transaction to a new one. */
  retry(rows: readonly HistoryRows[]): StorageFailure | undefined {
    // What was added to bars in memory was taken back with the transaction.
    this.#bars = new BarWriter(this.#database, this.#file);
    this.#addedSequence = undefined;
    this.#failure =
      this.look() ??
      this.#attempt(() => {
        for (const each of rows) this.#insert(each);
      });
    return this.#failure;
  }

  /** Why nothing more may be stored: the file is not where it was. */
  look(): StorageFailure | undefined {
    const lost = this.#place.lost();
    if (lost !== undefined) this.#failure ??= { kind: "failure", fault: "moved", message: lost };
    return lost === undefined ? undefined : this.#failure;
  }

  /** Examines the file and digests every row that is stored; no transaction may be open. */
  digest(): HistoryDigest | StorageFailure {
    const isStored = this.#addedSequence === undefined || this.#failure !== undefined;
    assert(isStored, "what is digested is stored");
    let digest: HistoryDigest | undefined;
    const failure =
      this.#failure ??
      this.#attempt(() => {
        this.#examine();
        digest = this.#digestRows();
      });
    assert(failure !== undefined || digest !== undefined, "a digest is made or fails");
    return failure ?? digest!;
  }

  /** Lets the file go. What is stored stays so even when tidying up fails, so that is not reported. */
  close(): void {
    if (!this.#database.isOpen) return;
    this.#attempt(() => {
      this.#database.close();
      markClosed(this.#file);
    });
  }

  #insert(rows: HistoryRows): void {
    const { names, orders, orderEvents, trades, balanceChanges, transfers } = this.#inserts;
    if (this.#addedSequence === undefined) this.#database.exec("BEGIN IMMEDIATE");
    this.#addedSequence = rows.lastSequence;
    for (const text of rows.names) names.run(text);
    insertAll(orders, rows.orders, historyColumns.placed_order.length);
    insertAll(orderEvents, rows.orderEvents, historyColumns.order_event.length);
    insertAll(trades, rows.trades, historyColumns.trade.length);
    insertAll(balanceChanges, rows.balanceChanges, historyColumns.balance_change.length);
    insertAll(transfers, rows.transfers, historyColumns.transfer.length);
    for (const trade of tradesOf(rows)) this.#bars.add(trade);
  }

  #commit(): void {
    const lastSequence = this.#addedSequence;
    if (lastSequence === undefined) return;
    this.#bars.write();
    const { changes } = this.#inserts.progress.run(lastSequence, this.#lastSequence);
    if (changes !== 1) throw damagedHistory(this.#file, "something else has written to it");
    this.#database.exec("COMMIT");
    this.#addedSequence = undefined;
    this.#lastSequence = lastSequence;
  }

  /** Lets SQLite compare the tables with their indexes, and each page with itself. */
  #examine(): void {
    const { integrity_check: verdict } =
      this.#database.prepare("PRAGMA integrity_check(1)").get() ?? {};
    if (verdict !== "ok") throw damagedHistory(this.#file, String(verdict));
  }

  #digestRows(): HistoryDigest {
    const hash = createHash("sha256");
    const count = (sql: string): number => digestQuery(this.#database, sql, hash);
    count("SELECT last_sequence FROM progress");
    count("SELECT id, text FROM name ORDER BY id");
    const { placed_order, order_event, trade, bar, balance_change, transfer } = historyColumns;
    const orders = count(`SELECT ${placed_order} FROM placed_order ORDER BY id`);
    const orderEvents = count(
      `SELECT ${order_event} FROM order_event ORDER BY user, market, sequence, ordinal`,
    );
    const trades = count(`SELECT ${trade} FROM trade ORDER BY sequence, ordinal`);
    const bars = count(`SELECT ${bar} FROM bar ORDER BY market, resolution_s, start_s`);
    const balanceChanges = count(
      `SELECT ${balance_change} FROM balance_change ORDER BY user, currency, sequence, ordinal`,
    );
    const transfers = count(`SELECT ${transfer} FROM transfer ORDER BY user, key, sequence`);
    const counts = { orders, orderEvents, trades, bars, balanceChanges, transfers };
    return { lastSequence: this.#lastSequence, ...counts, hash: hash.digest("hex") };
  }

  #attempt(work: () => void): StorageFailure | undefined {
    return attempt(this.#database, work, (error) => toHistoryFailure(error, this.#file));
  }
}

/** The last sequence of a file that belongs to the log of `epoch`; a new file does from now on. */
function startOf(database: DatabaseSync, file: string, epoch: string): number {
  database
    .prepare("INSERT INTO progress SELECT ?, 0 WHERE NOT EXISTS (SELECT * FROM progress)")
    .run(epoch);
  const row = database.prepare("SELECT epoch, last_sequence AS lastSequence FROM progress").get();
  if (row?.["epoch"] !== epoch) throw foreignHistory(file);
  const { lastSequence } = row;
  if (typeof lastSequence === "number" && lastSequence >= 0) return lastSequence;
  throw damagedHistory(file, "it does not say how far it goes");
}

function prepareInserts(database: DatabaseSync) {
  const insert = (table: HistoryTable): string => {
    const columns = historyColumns[table];
    return `INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => "?")})`;
  };
  return {
    names: database.prepare("INSERT INTO name (text) VALUES (?)"),
    // What an order is never changes; how it stands does.
    orders: database.prepare(`${insert("placed_order")}
      ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity, filled = excluded.filled,
        filled_value = excluded.filled_value, close_reason = excluded.close_reason,
        closed_us = excluded.closed_us, closed_sequence = excluded.closed_sequence`),
    orderEvents: database.prepare(insert("order_event")),
    trades: database.prepare(insert("trade")),
    balanceChanges: database.prepare(insert("balance_change")),
    transfers: database.prepare(insert("transfer")),
    progress: database.prepare("UPDATE progress SET last_sequence = ? WHERE last_sequence = ?"),
  };
}

function insertAll(statement: StatementSync, cells: readonly Cell[], width: number): void {
  const row: StoredCell[] = [];
  for (let at = 0; at < cells.length; at += width) {
    for (let column = 0; column < width; column += 1) row[column] = storedForm(cells[at + column]);
    statement.run(...row);
  }
}

type StoredCell = string | number | null;

/** Amounts become decimals; formatting them here spares the main thread. */
function storedForm(cell: Cell | undefined): StoredCell {
  assert(cell !== undefined, "a row is whole");
  return typeof cell === "bigint" ? formatDecimal(cell, atomsScale) : cell;
}

/** Adds every row of a query to a hash; returns their number. */
function digestQuery(database: DatabaseSync, sql: string, hash: Hash): number {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  let count = 0;
  let chunk = `${sql}\n`;
  for (const row of statement.iterate()) {
    chunk += `${JSON.stringify(row)}\n`;
    count += 1;
    if (count % digestChunkRows === 0) {
      hash.update(chunk);
      chunk = "";
    }
  }
  hash.update(chunk);
  return count;
}

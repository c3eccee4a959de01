/**
 * The command log's file: tables, lock, chain and mark, used by one thread and without waiting. It
 * knows nothing of threads, and the batches it is given are already known to follow each other.
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "../../../core/assert.ts";
import type { CommandBatch, LogDamage } from "../../../ports/command-log.ts";
import {
  type StorageFailure,
  type StorageFault,
  storageFailure,
} from "../../../ports/storage-fault.ts";
import { chainChecksum, chainStart } from "../../chain/batch-chain.ts";
import { isDiskFull, Place } from "../../files/place.ts";
import { createPrivately, syncPath } from "../../files/private-file.ts";
import { attempt } from "../file/attempt.ts";
import { type Inspection, inspect, isMade, openInspection } from "../file/inspection.ts";
import { checkedVersion, migrate } from "../file/schema.ts";
import { StoreError, toStorageFailure, toStoreError } from "../file/store-error.ts";
import { type MarkWriter, markFileOf, openMark, readMark } from "./mark.ts";
import { BatchReader, type LogChunk, logDamage, type ReadCursor } from "./rows.ts";
import { commandLogSchema } from "./schema.ts";
import { furthestTrace, type LogTrace, refuseLostLog } from "./traces.ts";

/** What to open. */
export interface CommandLogFileOptions {
  readonly file: string;
  /** How large the file may become, in bytes; past it appends fail with `disk-full`. Default: no bound. */
  readonly fileBytesMax?: number | undefined;
  /** What else knows of this log; see {@link LogTrace}. Default: nothing does. */
  readonly traces?: readonly LogTrace[] | undefined;
  /** Whether a log may be begun where there is none. Default: true. */
  readonly mayBegin?: boolean | undefined;
  /** Identity of a log that is begun, where others have it as well: 32 hex digits. Default: a new one. */
  readonly epoch?: string | undefined;
}

/** How long opening waits for another process to let go of the log, in milliseconds. */
const lockWaitMs = 1_000;

/**
 * After this many bytes in the write-ahead log they are moved into the tables. Little at a time, so
 * that what is appended meanwhile does not wait long.
 */
const checkpointBytes = 1_024 * 1_024;

/** About what a transaction writes to the write-ahead log besides its payloads, in bytes. */
const transactionOverheadBytes = 8_192;

/** How much of the mark a loss of power may cost, in milliseconds. */
const markSyncIntervalMs = 1_000;

/**
 * Opens the log and locks out everybody else until it is closed. Raises a `StoreError` when the file
 * cannot be used at all, or is missing while its traces are there. When its end is damaged or lost, it
 * is opened for reading, and nothing of it is changed.
 */
export function openCommandLogFile(options: CommandLogFileOptions): CommandLogFile {
  // Absolute, because SQLite would read a relative name such as `file:x` as an address.
  const file = resolve(options.file);
  const { traces = [] } = options;
  let database: DatabaseSync | undefined;
  try {
    const damaged = openDamaged(options);
    if (damaged !== undefined) return damaged;
    createPrivately(file);
    database = new DatabaseSync(file, { timeout: lockWaitMs, defensive: true });
    prepareDatabase(database, file, options.fileBytesMax);
    if (options.epoch !== undefined) shareEpoch(database, options.epoch);
    return new CommandLogFile(database, file, { traces, fileBytesMax: options.fileBytesMax });
  } catch (error) {
    database?.close();
    throw toStoreError(error, file);
  }
}

/**
 * The log, open for reading, when its end is damaged or lost; else undefined. Changes nothing. Raises
 * a `StoreError` when the file cannot be used at all, or is missing while its traces are there.
 */
export function openDamaged(options: CommandLogFileOptions): CommandLogFile | undefined {
  const file = resolve(options.file);
  const { traces = [], mayBegin = true } = options;
  try {
    refuseLostLog(file, traces);
    if (!isMade(file)) {
      if (mayBegin) return undefined;
      throw new StoreError("cannot-open", `${file} is missing: there is no exchange`);
    }
    return openIfDamaged(file, traces);
  } catch (error) {
    throw toStoreError(error, file);
  }
}

/** Which log is in a file; undefined when there is none. Changes nothing. */
export function epochOfLog(file: string): string | undefined {
  return isMade(file) ? inspect(file, (database) => readEpoch(database, file)) : undefined;
}

function openIfDamaged(file: string, traces: readonly LogTrace[]): CommandLogFile | undefined {
  const inspection = openInspection(file);
  if (inspection === undefined) return undefined;
  try {
    // An empty database becomes a log when it is opened for good.
    const isLog = checkedVersion(inspection.database, file, commandLogSchema) > 0;
    const log = isLog
      ? new CommandLogFile(inspection.database, file, { traces, inspection })
      : undefined;
    if (log?.damage !== undefined) return log;
    inspection.close();
    return undefined;
  } catch (error) {
    inspection.close();
    throw error;
  }
}

/** A log that holds nothing yet becomes one of those that others have. */
function shareEpoch(database: DatabaseSync, epoch: string): void {
  database
    .prepare("UPDATE log SET epoch = ? WHERE epoch <> ? AND NOT EXISTS (SELECT 1 FROM batch)")
    .run(epoch, epoch);
}

function prepareDatabase(database: DatabaseSync, file: string, fileBytesMax?: number): void {
  // The exclusive lock is taken before anything is read, so that of two who open at once one wins.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
  migrate(database, file, commandLogSchema);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cell_size_check = ON`);
  if (fileBytesMax !== undefined) boundFile(database, fileBytesMax);
  // A killed process may have left batches that were written and never made durable. They count from
  // now on, so they have to be.
  const writeAheadLog = `${file}-wal`;
  if (existsSync(writeAheadLog)) syncPath(writeAheadLog);
}

function boundFile(database: DatabaseSync, fileBytesMax: number): void {
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
  const pagesMax = Math.max(1, Math.floor(fileBytesMax / pageBytes));
  database.exec(`PRAGMA max_page_count = ${pagesMax}`);
}

interface Inspected {
  readonly inspection?: Inspection;
}

/** An open log file. After a failure it refuses every append until a retry succeeds; after damage for good. */
export class CommandLogFile {
  readonly epoch: string;
  readonly damage: LogDamage | undefined;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #inspection: Inspection | undefined;
  readonly #reader: BatchReader;
  readonly #insert: StatementSync;
  #mark: MarkWriter | undefined;
  /** Where the next batch goes. */
  #end: ReadCursor;
  /** Where the log ought to end: past `#end` when its last batches were lost. */
  #endExpected: number;
  #failure: StorageFailure | undefined;
  /** Whether the failure stays, whatever becomes of the disk. */
  #isBroken = false;
  readonly #fileBytesMax: number | undefined;
  #place: Place | undefined;
  #bytesSinceCheckpoint = 0;
  #markSyncedAtMs = 0;
  #isMarkSynced = true;

  /** Only this module makes one. With an inspection nothing is ever written. */
  constructor(
    database: DatabaseSync,
    file: string,
    { traces, inspection, fileBytesMax }: Omit<CommandLogFileOptions, "file"> & Inspected,
  ) {
    this.#fileBytesMax = fileBytesMax;
    this.#database = database;
    this.#file = file;
    this.#inspection = inspection;
    this.epoch = readEpoch(database, file);
    const start = { nextSequence: 1, checksum: chainStart(this.epoch) };
    this.#reader = new BatchReader(database, file, start);
    this.#insert = database.prepare(`
      INSERT INTO batch (first_sequence, count, time_us, checksum, payload) VALUES (?, ?, ?, ?, ?)`);
    const end = this.#reader.lastCursor();
    const isDamaged = "kind" in end;
    this.#end = isDamaged ? { nextSequence: end.sequence, checksum: 0 } : end;
    this.#endExpected = this.lastSequence;
    this.damage = isDamaged ? end : (this.#compareWithMark() ?? this.#compareWith(traces ?? []));
    if (this.damage === undefined && inspection === undefined) this.#openMark();
  }

  /** Checksum of all batches. */
  get chain(): number {
    return this.#end.checksum;
  }

  /** Sequence of the last durable and undamaged command, 0 when there is none. */
  get lastSequence(): number {
    return this.#end.nextSequence - 1;
  }

  /** Makes batches durable in one transaction: undefined when they are, else why none of them is. */
  append(batches: readonly CommandBatch[]): StorageFailure | undefined {
    assert(this.damage === undefined, "a damaged log takes no batch");
    this.#failure ??= this.#attempt(() => this.#commit(batches)) ?? this.look();
    return this.#failure;
  }

  /** Whether the failure may go away by itself: room on the disk, a disk that can be written again. */
  get mayComeBack(): boolean {
    if (this.#failure === undefined || this.#isBroken) return false;
    // Past the bound of the file no room on the disk helps.
    return this.#fileBytesMax === undefined || isDiskFull(this.#file);
  }

  /**
   * Tries to write again after a failure that may go away: undefined when these batches are durable.
   * Before anything is written, the log has to end exactly where it was acknowledged.
   */
  retry(batches: readonly CommandBatch[]): StorageFailure | undefined {
    const moved = this.look();
    if (moved !== undefined) return moved;
    const end = this.#reader.lastCursor();
    if (
      "kind" in end ||
      end.nextSequence !== this.#end.nextSequence ||
      !sameChain(end, this.#end)
    ) {
      return this.#breakWith("failed", "its end is not what was acknowledged");
    }
    const rest = batches.filter(({ firstSequence }) => firstSequence >= this.#end.nextSequence);
    const failure = this.#attempt(() => {
      this.#commit(rest);
      this.#mark?.sync();
      this.#checkpoint();
    });
    this.#failure = failure;
    return failure;
  }

  /** Why nothing more may be written: the file, or what belongs to it, is not where it was. */
  look(): StorageFailure | undefined {
    const lost = this.#place?.lost();
    return lost === undefined ? undefined : this.#breakWith("moved", lost);
  }

  #breakWith(fault: StorageFault, detail: string): StorageFailure {
    this.#isBroken = true;
    this.#failure =
      fault === "moved"
        ? { kind: "failure", fault, message: detail }
        : storageFailure(fault, this.#file, detail);
    return this.#failure;
  }

  /**
   * Does what need not be done before a batch is acknowledged; to be called after every append. When
   * it fails, the batch is durable all the same and the log takes no more.
   */
  settle(): StorageFailure | undefined {
    this.#failure ??= this.#attempt(() => {
      if (this.#bytesSinceCheckpoint >= checkpointBytes) this.#checkpoint();
      const nowMs = performance.now();
      if (nowMs - this.#markSyncedAtMs >= markSyncIntervalMs) this.#syncMark(nowMs);
    });
    return this.#failure;
  }

  /** Where to start in order to read the batch that holds `sequence` first. */
  cursorAt(sequence: number): ReadCursor | LogDamage {
    return this.#reader.cursorAt(sequence);
  }

  /** Reads some batches, up to the one with which they are `bytesMax`. */
  readChunk(cursor: ReadCursor, bytesMax?: number): LogChunk {
    return this.#reader.readChunk(cursor, this.#endExpected, bytesMax);
  }

  /** Lets the file go. What is durable stays so even when tidying up fails, so that is not reported. */
  close(): void {
    if (!this.#database.isOpen) return;
    if (this.#inspection !== undefined) {
      this.#inspection.close();
      return;
    }
    if (this.#mark !== undefined) {
      this.#attempt(() => this.#syncMark(performance.now()));
      this.#mark.close();
    }
    this.#attempt(() => this.#database.close());
  }

  #commit(batches: readonly CommandBatch[]): void {
    if (batches.length > 0) this.#insertAll(batches);
    this.#mark?.write(this.lastSequence);
    this.#isMarkSynced = false;
  }

  #insertAll(batches: readonly CommandBatch[]): void {
    let { nextSequence, checksum } = this.#end;
    this.#database.exec("BEGIN");
    for (const batch of batches) {
      assert(batch.firstSequence === nextSequence, "batches follow each other");
      checksum = chainChecksum(checksum, batch);
      const { firstSequence, count, timeUs, payload } = batch;
      this.#insert.run(firstSequence, count, timeUs, checksum, payload);
      nextSequence += count;
      this.#bytesSinceCheckpoint += payload.length;
    }
    this.#database.exec("COMMIT");
    this.#bytesSinceCheckpoint += transactionOverheadBytes;
    this.#end = { nextSequence, checksum };
    this.#endExpected = this.lastSequence;
  }

  #checkpoint(): void {
    this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    this.#bytesSinceCheckpoint = 0;
  }

  #syncMark(nowMs: number): void {
    if (!this.#isMarkSynced) this.#mark?.sync();
    this.#isMarkSynced = true;
    this.#markSyncedAtMs = nowMs;
  }

  /** Damage when the mark says that there was more than there is, or cannot say. */
  #compareWithMark(): LogDamage | undefined {
    const markFile = markFileOf(this.#file);
    const mark = readMark(markFile);
    if (mark === undefined) return undefined;
    const sequence = this.#end.nextSequence;
    if (mark === "damaged" || (mark.epoch !== this.epoch && mark.sequence > 0)) {
      const detail = `${markFile} is damaged or belongs to another log, so it is unknown how far this one was acknowledged`;
      const remedy = `put back the one that belongs to it, or move it away to accept this end`;
      return logDamage({ file: this.#file, fault: "unknown-end", sequence, detail, remedy });
    }
    if (mark.sequence < sequence) return undefined;
    this.#endExpected = mark.sequence;
    return this.#reader.lostEnd(sequence, mark.sequence);
  }

  /** Damage when something that was made from the log goes further than the log does. */
  #compareWith(traces: readonly LogTrace[]): LogDamage | undefined {
    const known = furthestTrace(traces, this.epoch, this.lastSequence);
    if (known === undefined) return undefined;
    this.#endExpected = known.sequence;
    return logDamage({
      file: this.#file,
      fault: "lost-end",
      sequence: this.#end.nextSequence,
      detail: `the log ends here, but ${known.file} knows commands up to ${known.sequence}`,
      remedy: `put it back together with its -wal and .acknowledged, as they were or from a backup; to go on without the lost commands, move ${known.all} away`,
    });
  }

  #openMark(): void {
    const mark = { epoch: this.epoch, sequence: this.lastSequence };
    const markFile = markFileOf(this.#file);
    this.#failure = this.#attempt(() => {
      this.#mark = openMark(markFile, mark);
    });
    this.#place = new Place(this.#file, `${this.#file}-wal`, markFile);
  }

  #attempt(work: () => void): StorageFailure | undefined {
    return attempt(this.#database, work, (error) => toStorageFailure(error, this.#file));
  }
}

function sameChain(left: ReadCursor, right: ReadCursor): boolean {
  return left.checksum === right.checksum;
}

function readEpoch(database: DatabaseSync, file: string): string {
  const epoch = database.prepare("SELECT epoch FROM log").get()?.["epoch"];
  if (typeof epoch === "string" && /^[0-9a-f]{32}$/.test(epoch)) return epoch;
  throw new StoreError("not-a-database", `${file} is damaged: it names no epoch; restore it`);
}

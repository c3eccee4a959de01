/**
 * Reads batches out of a command log's tables and checks each against the chain. What it finds wrong
 * is a value with a position; it never repairs or skips anything.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CommandBatch, LogDamage, LogFault } from "../../../ports/command-log.ts";
import { batchBytesMax, batchCommandsMax } from "../../../ports/command-log.ts";
import { chainChecksum } from "../../chain/batch-chain.ts";
import { sqliteCodeOf } from "../file/store-error.ts";
import { selectBatches } from "./schema.ts";

/** Where reading goes on: everything before `nextSequence` has been read, `checksum` is its chain. */
export interface ReadCursor {
  readonly nextSequence: number;
  readonly checksum: number;
}

/** One step of reading. */
export interface LogChunk {
  readonly batches: readonly CommandBatch[];
  /** Where the next step starts; undefined at the end and at damage. */
  readonly next: ReadCursor | undefined;
  readonly damage: LogDamage | undefined;
}

/** A step ends after the batch with which it reaches one of these, unless it is told fewer bytes. */
const chunkBytesMax = 1_024 * 1_024;
const chunkBatchesMax = 4_096;

const notOurs = "its row holds what a command log never writes";

interface BatchRow extends CommandBatch {
  readonly checksum: number;
}

/** Reads the batches of one open database. */
export class BatchReader {
  readonly #file: string;
  readonly #start: ReadCursor;
  readonly #from: StatementSync;
  readonly #upTo: StatementSync;

  /** `start` is where the chain of this log begins. */
  constructor(database: DatabaseSync, file: string, start: ReadCursor) {
    this.#file = file;
    this.#start = start;
    this.#from = database.prepare(
      `${selectBatches} WHERE first_sequence >= ? ORDER BY first_sequence`,
    );
    // The payload may be large and is not needed to find a place.
    this.#upTo = database.prepare(`
      SELECT first_sequence AS firstSequence, count, checksum FROM batch
      WHERE first_sequence <= ? ORDER BY first_sequence DESC LIMIT 2`);
  }

  /** Where to start in order to read the batch that holds `sequence` first. */
  cursorAt(sequence: number): ReadCursor | LogDamage {
    const rows = this.#attempt(
      () => sequence,
      () => this.#upTo.all(sequence),
    );
    if (!Array.isArray(rows)) return rows;
    const [holder, before] = rows.map((row) => ({ row, after: cursorAfter(row) }));
    if (holder === undefined) return this.#start;
    if (before !== undefined && before.after === undefined) {
      return this.#damage("corrupt", Number(before.row["firstSequence"]), notOurs);
    }
    const start = before?.after ?? this.#start;
    if (holder.after === undefined) return this.#damage("corrupt", start.nextSequence, notOurs);
    return holder.after.nextSequence <= sequence ? holder.after : start;
  }

  /** Reads on from a cursor. `lastSequence` is where the log ought to end. */
  readChunk(cursor: ReadCursor, lastSequence: number, bytesMax: number = chunkBytesMax): LogChunk {
    const batches: CommandBatch[] = [];
    let at = cursor;
    const stop = this.#attempt(
      () => at.nextSequence,
      () => {
        let bytes = 0;
        for (const value of this.#from.iterate(cursor.nextSequence)) {
          const row = this.#checked(value, at);
          if ("kind" in row) return row;
          at = { nextSequence: row.firstSequence + row.count, checksum: row.checksum };
          batches.push(row);
          bytes += row.payload.length;
          if (bytes >= bytesMax || batches.length === chunkBatchesMax) return "more";
        }
        return "end";
      },
    );
    if (stop === "more") return { batches, next: at, damage: undefined };
    return {
      batches,
      next: undefined,
      damage: stop === "end" ? this.#end(at, lastSequence) : stop,
    };
  }

  /** The end of the log, checked together with the last batch. */
  lastCursor(): ReadCursor | LogDamage {
    const start = this.cursorAt(Number.MAX_SAFE_INTEGER);
    if ("kind" in start || start.nextSequence === this.#start.nextSequence) return start;
    const last = this.cursorAt(start.nextSequence - 1);
    if ("kind" in last) return last;
    const { damage } = this.readChunk(last, start.nextSequence - 1);
    return damage ?? start;
  }

  #end(at: ReadCursor, lastSequence: number): LogDamage | undefined {
    if (at.nextSequence > lastSequence) return undefined;
    return this.lostEnd(at.nextSequence, lastSequence);
  }

  /** The damage of a log that ends before `sequence` although `lastSequence` had been acknowledged. */
  lostEnd(sequence: number, lastSequence: number): LogDamage {
    return logDamage({
      file: this.#file,
      fault: "lost-end",
      sequence,
      detail: `the log ends here, but commands up to ${lastSequence} had been acknowledged`,
      remedy: `put it back together with its -wal and .acknowledged, as they were or from a backup`,
    });
  }

  /** A row that continues the chain after `cursor`, or what is wrong with it. */
  #checked(value: unknown, cursor: ReadCursor): BatchRow | LogDamage {
    const sequence = cursor.nextSequence;
    const row = toBatchRow(value);
    if (row === undefined) {
      return this.#damage("corrupt", sequence, notOurs);
    }
    if (row.firstSequence !== sequence) {
      return this.#damage("missing", sequence, `the next row is that of ${row.firstSequence}`);
    }
    if (chainChecksum(cursor.checksum, row) !== row.checksum) {
      return this.#damage("corrupt", sequence, "the checksum of its row does not fit");
    }
    return row;
  }

  /** Runs a query; what a damaged file makes SQLite throw becomes damage at the sequence it got to. */
  #attempt<Result>(sequence: () => number, query: () => Result): Result | LogDamage {
    try {
      return query();
    } catch (error) {
      if (!isOfTheFile(error)) throw error;
      return this.#damage("unreadable", sequence(), error.message);
    }
  }

  #damage(fault: LogFault, sequence: number, detail: string): LogDamage {
    return logDamage({ file: this.#file, fault, sequence, detail });
  }
}

/** Says what is wrong with a log in words for the operator. */
export function logDamage(found: {
  readonly file: string;
  readonly fault: LogFault;
  readonly sequence: number;
  readonly detail: string;
  /** What to do about it, where it is not the usual. */
  readonly remedy?: string;
}): LogDamage {
  const { file, fault, sequence, detail, remedy = "restore it from a backup" } = found;
  return {
    kind: "damage",
    fault,
    sequence,
    message: `${file} is damaged at sequence ${sequence} (${fault}): ${detail}; ${remedy}`,
  };
}

/** The cursor after a row of the place-finding query, undefined when it is not one of ours. */
function cursorAfter(row: Readonly<Record<string, unknown>>): ReadCursor | undefined {
  const { firstSequence, count, checksum } = row;
  if (!isInteger(firstSequence) || !isCount(count) || !isInteger(checksum)) return undefined;
  const nextSequence = firstSequence + count;
  return isInteger(nextSequence) ? { nextSequence, checksum } : undefined;
}

/** Gives a row its type, undefined when a value is not what `append` could have stored. */
function toBatchRow(value: unknown): BatchRow | undefined {
  const { firstSequence, count, timeUs, checksum, payload } = value as Record<string, unknown>;
  if (!isInteger(firstSequence) || !isCount(count) || !isInteger(timeUs)) return undefined;
  if (!isInteger(checksum) || !(payload instanceof Uint8Array)) return undefined;
  const isInRange = timeUs >= 0 && payload.length <= batchBytesMax;
  return isInRange ? { firstSequence, count, timeUs, checksum, payload } : undefined;
}

function isCount(value: unknown): value is number {
  return isInteger(value) && value >= 1 && value <= batchCommandsMax;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Whether the file's contents are to blame: SQLite could not read it, or a number is out of range. */
function isOfTheFile(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return (
    sqliteCodeOf(error) !== undefined || ("code" in error && error.code === "ERR_OUT_OF_RANGE")
  );
}

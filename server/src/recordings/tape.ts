/**
 * The rows of a recording in the order in which they are played, read from its files once for all who play it. What was
 * read is kept in pieces that are found by time, so whoever goes back, or comes later, goes on from there at once.
 *
 * It is bounded: what is beyond its bound is read from the files again by those who are behind.
 */
import { tmpdir } from "node:os";
import { setImmediate } from "node:timers/promises";
import { wordsOf } from "../core/words-of.ts";
import type { RecordedTrade } from "./map.ts";
import type { RecordingFailure } from "./recording.ts";
import { packRows, pieceRowsMax, unpackRows } from "./row-piece.ts";
import { type StoredPiece, TapeStore } from "./tape-store.ts";

/** Bytes of a tape that stay in memory, and most bytes of one: about 250,000 and 130 million rows. */
export const tapeMemoryBytes: number = 4 * 1024 * 1024;
export const tapeBytesMax: number = 2 * 1024 * 1024 * 1024;

/** Some rows of one file, in order. */
export interface TapeRows {
  readonly kind: "rows";
  readonly trades: readonly RecordedTrade[];
  readonly path: string;
  /** Share of the recording that has been played once these rows are, 0 … 1. */
  readonly done: number;
}

/** Rows and the place of the first of them, counted from 0. */
export interface PlacedRows extends TapeRows {
  readonly row: number;
}

/** That there are no more rows. */
export const tapeOver = { kind: "over" } as const;

export type TapeEnd = typeof tapeOver | RecordingFailure;

/** What a tape is made with. */
export interface TapeOptions {
  /** Reads the files from their beginning; `isAgain` where they have been read before, and nothing is to be reported. */
  source(isAgain: boolean): AsyncGenerator<TapeRows | RecordingFailure, void>;
  warn(message: string): void;
  readonly memoryBytes?: number;
  readonly bytesMax?: number;
}

interface Piece extends Omit<PlacedRows, "trades" | "kind">, StoredPiece {
  readonly firstUs: number;
}

/** See the head of the file. */
export class Tape {
  readonly #options: TapeOptions;
  readonly #store: TapeStore;
  readonly #source: AsyncGenerator<TapeRows | RecordingFailure, void>;
  readonly #pieces: Piece[] = [];
  /** What was read last. */
  #head: PlacedRows = { kind: "rows", trades: [], path: "", done: 0, row: 0 };
  /** Rows that were read, and those of them that are kept. */
  #rows = 0;
  #keptRows = 0;
  #end: TapeEnd | undefined;
  #reading: Promise<void> | undefined;
  #isKeeping = true;

  constructor(options: TapeOptions) {
    this.#options = options;
    this.#store = new TapeStore(options.memoryBytes ?? tapeMemoryBytes);
    this.#source = options.source(false);
  }

  /** How reading has ended; undefined before it has. */
  get end(): TapeEnd | undefined {
    return this.#end;
  }

  /** Rows that have been read so far. */
  get rows(): number {
    return this.#rows;
  }

  /** The last time that was read; undefined before there is any. */
  get lastUs(): number | undefined {
    return this.#head.trades.at(-1)?.eventTimeUs;
  }

  /** Rows that were read without those who play having had them are kept up to this place. */
  get keptRows(): number {
    return this.#keptRows;
  }

  /** A way through the rows, from the first on. */
  reader(): TapeReader {
    return new TapeReader(this, this.#options);
  }

  /** Reads the files on. Whoever asks while that is done waits for the same. */
  read(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    if (this.#end !== undefined) return;
    const { value } = await this.#source.next();
    if (value === undefined || value.kind === "failed") {
      this.#end = value ?? tapeOver;
      return;
    }
    if (value.trades.length === 0) return;
    const run = { ...value, row: this.#rows };
    if (this.#isKeeping) await this.#keep(run);
    this.#head = run;
    this.#rows += run.trades.length;
  }

  async #keep({ trades, row, path, done }: PlacedRows): Promise<void> {
    try {
      for (let at = 0; at < trades.length; at += pieceRowsMax) {
        const end = Math.min(at + pieceRowsMax, trades.length);
        const place = await this.#store.add(packRows(trades, at, end));
        const firstUs = trades[at]!.eventTimeUs;
        this.#pieces.push({ row: row + at, path, done, firstUs, ...place });
        this.#keptRows = row + end;
      }
    } catch (error) {
      this.#stopKeeping(`${tmpdir()} does not take it (${wordsOf(error)})`);
    }
    if (this.#store.bytes > (this.#options.bytesMax ?? tapeBytesMax)) {
      this.#stopKeeping("it is longer than what is kept of one");
    }
  }

  #stopKeeping(why: string): void {
    this.#isKeeping = false;
    this.#options.warn(
      `going back is slower from row ${this.#keptRows} of the recording on: ${why}`,
    );
  }

  /** The rows from a place on, as many as are together; undefined where they are not there, or not any more. */
  async rowsAt(row: number): Promise<PlacedRows | undefined> {
    const head = this.#head;
    // What is in memory comes without waiting: others have their turn before the next part of it.
    if (row !== head.row) await setImmediate();
    if (row >= head.row && row < head.row + head.trades.length) return behind(head, row);
    if (row >= this.#keptRows) return undefined;
    const piece = this.#pieces[lastAt(this.#pieces, (one) => one.row <= row)]!;
    const trades = unpackRows(await this.#store.read(piece));
    return behind({ ...piece, kind: "rows", trades }, row);
  }

  /**
   * The place of the first kept row that is not before a moment; that behind all kept ones where none is.
   */
  async placeOf(us: number): Promise<number> {
    const at = lastAt(this.#pieces, ({ firstUs }) => firstUs < us);
    const piece = this.#pieces[at];
    if (piece === undefined) return 0;
    const trades = unpackRows(await this.#store.read(piece));
    const found = trades.findIndex(({ eventTimeUs }) => eventTimeUs >= us);
    return piece.row + (found < 0 ? trades.length : found);
  }

  /** Lets files and memory go; nobody may read any more. */
  async close(): Promise<void> {
    this.#end ??= tapeOver;
    await this.#source.return();
    await this.#reading?.catch(() => undefined);
    await this.#store.close();
  }
}

/** One who plays a tape. */
export class TapeReader {
  readonly #tape: Tape;
  readonly #options: Pick<TapeOptions, "source">;
  #row = 0;
  /** The files once more, where the tape does not have the rows, and where it is in them. */
  #again: AsyncGenerator<TapeRows | RecordingFailure, void> | undefined;
  /** What was read of them last. */
  #againRun: PlacedRows | undefined;
  #againRow = 0;

  constructor(tape: Tape, options: Pick<TapeOptions, "source">) {
    this.#tape = tape;
    this.#options = options;
  }

  /** Place of the next row. */
  get row(): number {
    return this.#row;
  }

  /** Goes on from a place. */
  async moveTo(row: number): Promise<void> {
    this.#row = row;
    if (row < this.#againRow) await this.close();
  }

  /** The next rows. */
  async next(): Promise<PlacedRows | TapeEnd> {
    try {
      for (;;) {
        const rows = (await this.#tape.rowsAt(this.#row)) ?? (await this.#missing());
        if (rows?.kind === "rows") this.#row = rows.row + rows.trades.length;
        if (rows !== undefined) return rows;
        if (this.#tape.end !== undefined) return this.#tape.end;
        await this.#tape.read();
      }
    } catch (error) {
      return { kind: "failed", reason: `what was kept of it cannot be read: ${wordsOf(error)}` };
    }
  }

  /** Rows that the tape has had and does not have any more; undefined where it is the first to want them. */
  async #missing(): Promise<PlacedRows | RecordingFailure | undefined> {
    while (this.#row < this.#tape.rows) {
      const run = this.#againRun;
      if (run !== undefined && this.#row < this.#againRow) return behind(run, this.#row);
      this.#again ??= this.#options.source(true);
      const { value } = await this.#again.next();
      if (value === undefined) return changed;
      if (value.kind === "failed") return value;
      this.#againRun = { ...value, row: this.#againRow };
      this.#againRow += value.trades.length;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#again?.return();
    this.#again = undefined;
    this.#againRun = undefined;
    this.#againRow = 0;
  }
}

const changed: RecordingFailure = {
  kind: "failed",
  reason: "the files have become shorter while they were played",
};

function behind(run: PlacedRows, row: number): PlacedRows {
  const { path, done, trades } = run;
  const from = row - run.row;
  const isAll = from === 0 && trades.length <= pieceRowsMax;
  const rest = isAll ? trades : trades.slice(from, from + pieceRowsMax);
  return { kind: "rows", trades: rest, path, done, row };
}

/** The last place in order for which something holds that holds for all before it; -1 where there is none. */
function lastAt<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

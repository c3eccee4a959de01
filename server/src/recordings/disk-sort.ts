/**
 * Sorts the trades of one recording on disk, for files that are too far out of order for a window in
 * memory: parts are sorted and written to temporary files, which are then merged.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wordsOf } from "../core/words-of.ts";
import { inEventOrder, sourceOrder } from "../marketdata/event-order.ts";
import { LineSplitter } from "./line-splitter.ts";
import { type RecordedTrade, symbolOf } from "./map.ts";
import { type MergeSource, merged } from "./merge.ts";
import type { RecordingFailure } from "./recording.ts";
import type { SortedRun } from "./sort-window.ts";
import { readTrades, type TradeBlock, type TradeFileOptions } from "./trade-file.ts";

/** Rows that are sorted in memory and written together. */
export const partRowsMax = 200_000;

/** Rows that one write to a temporary file has. */
const rowsInWrite = 1_000;

/** Most parts: a file of more rows than these hold is refused. */
const partsMax = 1_000;

/** Reads one file from its start to its end, then yields its trades in order of time. */
export async function* readSortedOnDisk(
  options: TradeFileOptions,
  rowsInPart: number = partRowsMax,
): AsyncGenerator<TradeBlock | RecordingFailure, void> {
  const folder = await mkdtemp(join(tmpdir(), "openbourse-sort-"));
  try {
    const parts = new Parts(folder, rowsInPart);
    let failure: RecordingFailure | undefined;
    for await (const block of readTrades(options)) {
      if (block.kind === "failed") failure = block;
      else await parts.add(block.trades);
      if (parts.count > partsMax) failure = tooLong(options);
      if (failure !== undefined) break;
    }
    const sources = await parts.close();
    let played = 0;
    for await (const run of merged(sources, sources.length)) {
      if (run.kind === "failed") {
        yield run;
        return;
      }
      played += run.trades.length;
      const bytesRead = Math.floor(options.recording.sizeBytes * (played / parts.rows));
      yield { kind: "trades", trades: run.trades, bytesRead };
    }
    if (failure !== undefined) yield failure;
  } catch (error) {
    yield cannotSort(options, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tooLong({ recording }: TradeFileOptions): RecordingFailure {
  const reason = `cannot sort ${recording.path}: it has more than ${partRowsMax * partsMax} rows; cut it into smaller files`;
  return { kind: "failed", reason };
}

function cannotSort({ recording }: TradeFileOptions, error: unknown): RecordingFailure {
  const words = wordsOf(error);
  const reason = `cannot sort ${recording.path} in ${tmpdir()}: ${words}; TMPDIR names another place for it`;
  return { kind: "failed", reason };
}

class Parts {
  readonly #folder: string;
  readonly #rowsInPart: number;
  readonly #sources: MergeSource[] = [];
  #rows: RecordedTrade[] = [];
  #isNewestFirst = true;
  rows = 0;

  constructor(folder: string, rowsInPart: number) {
    this.#folder = folder;
    this.#rowsInPart = rowsInPart;
  }

  get count(): number {
    return this.#sources.length;
  }

  async add(trades: readonly RecordedTrade[]): Promise<void> {
    for (const trade of trades) this.#rows.push(trade);
    if (this.#rows.length >= this.#rowsInPart) await this.#write();
  }

  /** All parts, in the order in which they have what is of one moment. */
  async close(): Promise<readonly MergeSource[]> {
    await this.#write();
    return this.#isNewestFirst ? this.#sources.toReversed() : this.#sources;
  }

  async #write(): Promise<void> {
    const rows = inEventOrder(this.#rows, symbolOf);
    if (sourceOrder(this.#rows, symbolOf) !== "newest-first") this.#isNewestFirst = false;
    this.#rows = [];
    const [first] = rows;
    if (first === undefined) return;
    this.rows += rows.length;
    const path = join(this.#folder, `part-${this.#sources.length}`);
    await writeFile(path, linesOf(rows), { mode: 0o600 });
    this.#sources.push({ startUs: first.eventTimeUs, weight: 1, open: () => readPart(path) });
  }
}

/** The rows as lines, many in each text: every text is a write of its own. */
function* linesOf(rows: readonly RecordedTrade[]): Generator<string> {
  for (let at = 0; at < rows.length; at += rowsInWrite) {
    const lines = rows.slice(at, at + rowsInWrite).map((row) => JSON.stringify(kept(row)));
    yield `${lines.join("\n")}\n`;
  }
}

/** JSON has no bigints: amounts that are, and they alone, are kept as text. */
interface KeptTrade extends Omit<RecordedTrade, "price" | "quantity"> {
  readonly price: number | string;
  readonly quantity: number | string;
}

function kept(row: RecordedTrade): KeptTrade {
  return { ...row, price: keptAmount(row.price), quantity: keptAmount(row.quantity) };
}

const keptAmount = (amount: number | bigint) =>
  typeof amount === "bigint" ? amount.toString() : amount;

const readAmount = (amount: number | string) =>
  typeof amount === "string" ? BigInt(amount) : amount;

async function* readPart(path: string): AsyncGenerator<SortedRun, void> {
  const splitter = new LineSplitter();
  const run = (lines: readonly (string | undefined)[]): SortedRun => {
    const trades = lines.map((line) => tradeOf(JSON.parse(line ?? "") as KeptTrade));
    return { kind: "trades", path, trades, done: 1 };
  };
  for await (const chunk of createReadStream(path)) yield run(splitter.push(chunk as Buffer));
  yield run(splitter.end());
}

/** JSON leaves out what is undefined; trades have every field. */
function tradeOf(row: KeptTrade): RecordedTrade {
  const { price, quantity, id, symbol } = row;
  return { ...row, price: readAmount(price), quantity: readAmount(quantity), id, symbol };
}

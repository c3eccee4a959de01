/**
 * The past of datasets in SQLite, a file for each in one folder. One thread writes and another one reads; what
 * goes to them and comes back is put into bytes in slices, so that neither a large batch nor a long answer
 * holds up the thread that asks. Other processes may import into the same files and read them meanwhile.
 */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { assert } from "../../../core/assert.ts";
import type { StoredBar } from "../../../marketdata/bars/bar.ts";
import {
  type Asking,
  assertRowQuery,
  type Coverage,
  type CoverageQuery,
  type StoredBarQuery,
  type StoredBars,
  type StoredTicker,
  type StoredTrade,
  type StoredTradeQuery,
} from "../../../ports/dataset-reader.ts";
import {
  assertBatch,
  type DatasetBatch,
  type DatasetStore,
  elsewhereFailure,
  type ImportBatch,
  type ImportOutcome,
  isStorageFailure,
  type MinuteOfTicker,
  type NewTickers,
  type StoredPosition,
} from "../../../ports/dataset-store.ts";
import type { Unanswered } from "../../../ports/history.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { AskedThread, failureOf, type Posted } from "../thread/asked-thread.ts";
import { readBar } from "./bar-bytes.ts";
import { ByteReader } from "./bytes.ts";
import { secondUs } from "./dataset-reader.ts";
import type {
  FromReader,
  FromWriter,
  PackedRows,
  ReadQuery,
  ReadRequest,
  WriteRequest,
} from "./messages.ts";
import { readOfNothing, writeOfNothing } from "./nothing-stored.ts";
import { datasetFile } from "./open-file.ts";
import { packRows, sliceRows } from "./packing.ts";
import { readBlock } from "./trade-bytes.ts";

/** Most batches of one dataset, and of all together, that wait to be stored; more are answered with a failure. */
const waitingBatchesMax = 64;
const waitingBatchesOfAllMax = 1_024;

/** Most queries of one asker, and of all together, that wait; more are answered `busy`. */
const waitingQueriesMax = 16;
const waitingQueriesOfAllMax = 1_024;

const tooMuchIsRead = "too much is being read at once";

/** What does the work of a store; its threads, or who stands in for them. */
export interface StoreWork {
  /** Whether there may be a file of a dataset; of one without, nothing is stored, and nobody is asked. */
  hasFile(dataset: string): Promise<boolean>;
  readonly writes: Asked<WriteRequest, FromWriter>;
  readonly reads: Asked<ReadRequest, FromReader>;
}

interface Asked<Question, Answer> {
  ask(
    asker: string,
    prepare: () => Posted<Question> | Promise<Posted<Question>>,
  ): Promise<Answer | Unanswered>;
  close(): Promise<void>;
}

/**
 * Opens the store in a folder, which is made with its first dataset. Its threads start, and files are
 * opened, when they are first needed.
 */
export function openDatasetStore(folder: string): DatasetStore {
  // Absolute, because SQLite would read a relative name such as `file:x` as an address.
  const store = { folder: resolve(folder) };
  const thread = { store, subject: `the datasets in ${folder}`, refusalOf: () => undefined };
  return new SqliteDatasetStore({
    hasFile: (dataset) =>
      stat(datasetFile(store.folder, dataset)).then(
        () => true,
        () => false,
      ),
    writes: new AskedThread<WriteRequest, FromWriter>({
      ...thread,
      module: new URL("./write-worker", import.meta.url),
      name: "datasets-write",
      bounds: { perAskerMax: waitingBatchesMax, totalMax: waitingBatchesOfAllMax },
    }),
    reads: new AskedThread<ReadRequest, FromReader>({
      ...thread,
      module: new URL("./read-worker", import.meta.url),
      name: "datasets-read",
      bounds: { perAskerMax: waitingQueriesMax, totalMax: waitingQueriesOfAllMax },
    }),
  });
}

/** A store whose work is done elsewhere. */
export class SqliteDatasetStore implements DatasetStore {
  readonly #work: StoreWork;
  /** Datasets that have a file, or will have one by what was asked: no more than there are files. */
  readonly #filed = new Set<string>();
  /** Requests to write that are not answered yet. */
  readonly #writing = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** Use {@link openDatasetStore}. */
  constructor(work: StoreWork) {
    this.#work = work;
  }

  async position(dataset: string): Promise<StoredPosition | undefined | StorageFailure> {
    const answer = await this.#write({ kind: "position", dataset });
    if (answer.kind === "failure") return answer;
    assert(answer.kind === "position", "a thread answers what it is asked");
    const read = await this.reached(dataset);
    if (isStorageFailure(read)) return read;
    // Who goes on from here reads what was stored by one connection and writes by another.
    const follows = read ?? "nothing";
    return elsewhereFailure({ dataset, follows }, answer.position) ?? answer.position;
  }

  async reached(dataset: string): Promise<StoredPosition | undefined | StorageFailure> {
    const read = await this.#read({ dataset }, () => ({ kind: "position", dataset }));
    if (read.kind === "position") return read.position;
    return read.kind === "failure" ? read : failureOf(tooMuchIsRead);
  }

  async revised(dataset: string): Promise<readonly MinuteOfTicker[] | StorageFailure> {
    const answer = await this.#write({ kind: "revised", dataset });
    if (answer.kind === "failure") return answer;
    assert(answer.kind === "revised", "a thread answers what it is asked");
    return answer.minutes;
  }

  put(batch: DatasetBatch): Promise<StorageFailure | undefined> {
    assertBatch(batch);
    return this.#put(batch);
  }

  async #put(batch: DatasetBatch): Promise<StorageFailure | undefined> {
    const { dataset, position, follows, trades, bars, known, gaps } = batch;
    const answer = await this.#ask(dataset, async () => {
      const rows = await packRows(trades, bars);
      const said = { position, follows, known, gaps };
      return withRows({ kind: "put", dataset, rows, ...said }, rows);
    });
    return answer.kind === "failure" ? answer : undefined;
  }

  import(batch: ImportBatch): Promise<ImportOutcome | StorageFailure> {
    assertBatch(batch);
    return this.#import(batch);
  }

  async #import(batch: ImportBatch): Promise<ImportOutcome | StorageFailure> {
    const { dataset, trades, bars, known } = batch;
    const answer = await this.#ask(dataset, async () => {
      const rows = await packRows(trades, bars);
      return withRows({ kind: "import", dataset, rows, known }, rows);
    });
    if (answer.kind === "failure") return answer;
    assert(answer.kind === "imported", "a thread answers what it is asked");
    return answer;
  }

  async forget(dataset: string, beforeUs: number): Promise<StorageFailure | undefined> {
    for (;;) {
      const answer = await this.#write({ kind: "forget", dataset, beforeUs });
      if (answer.kind === "failure") return answer;
      if (answer.kind !== "forgotten" || answer.isDone) return undefined;
    }
  }

  bars(query: StoredBarQuery): Promise<StoredBars | Unanswered> {
    assertRowQuery(query);
    return this.#bars(query);
  }

  async #bars(query: StoredBarQuery): Promise<StoredBars | Unanswered> {
    const answer = await this.#read(query, (question) => ({ kind: "bars", query: question }));
    if (answer.kind !== "bars") return unanswered(answer);
    return { bars: await unpackedBars(answer.bars), unknown: answer.unknown };
  }

  trades(query: StoredTradeQuery): Promise<readonly StoredTrade[] | Unanswered> {
    assertRowQuery(query);
    return this.#trades(query);
  }

  async #trades(query: StoredTradeQuery): Promise<readonly StoredTrade[] | Unanswered> {
    const answer = await this.#read(query, (question) => ({ kind: "trades", query: question }));
    if (answer.kind !== "trades") return unanswered(answer);
    return unpackedTrades(answer.segments, query);
  }

  async coverage(query: CoverageQuery): Promise<Coverage | Unanswered> {
    const answer = await this.#read(query, (question) => ({ kind: "coverage", query: question }));
    return answer.kind === "coverage" ? answer.coverage : unanswered(answer);
  }

  async tickers(dataset: string): Promise<readonly StoredTicker[] | Unanswered> {
    const answer = await this.#read({ dataset }, () => ({ kind: "tickers", dataset }));
    return answer.kind === "tickers" ? answer.tickers : unanswered(answer);
  }

  async tickersAfter(dataset: string, after: number): Promise<NewTickers | Unanswered> {
    const answer = await this.#read({ dataset }, () => ({ kind: "tickers-after", dataset, after }));
    return answer.kind === "tickers-after" ? answer.tickers : unanswered(answer);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Before the writer, because the last connection to a file is the one that tidies up.
    await this.#work.reads.close();
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    await this.#work.writes.close();
  }

  async #write(question: WriteRequest): Promise<FromWriter> {
    const { dataset } = question;
    const ofNothing = writeOfNothing(question);
    const mayBeNothing = ofNothing !== undefined && !this.#filed.has(dataset);
    if (mayBeNothing && !(await this.#mayHaveFile(dataset))) return ofNothing;
    return this.#ask(dataset, () => ({ question }));
  }

  /**
   * Whether there may be a file of a dataset of which none was seen. Before there is one, no thread is started to find
   * that nothing is stored: most starts of a new server would wait for two of them.
   */
  async #mayHaveFile(dataset: string): Promise<boolean> {
    if (this.#closing !== undefined) return true;
    if (await this.#work.hasFile(dataset)) this.#filed.add(dataset);
    return this.#filed.has(dataset);
  }

  async #ask(
    dataset: string,
    prepare: () => Posted<WriteRequest> | Promise<Posted<WriteRequest>>,
  ): Promise<FromWriter> {
    this.#filed.add(dataset);
    const asked = this.#work.writes.ask(dataset, prepare);
    this.#writing.add(asked);
    try {
      const answer = await asked;
      if (answer.kind !== "busy") return answer;
      return failureOf(
        `${answer.asker === "this" ? waitingBatchesMax : waitingBatchesOfAllMax} batches wait to be stored, and dataset ${dataset} has one more: the disk does not keep up`,
      );
    } finally {
      this.#writing.delete(asked);
    }
  }

  /** Asks a question without what cannot be posted, and again and again where it takes long. */
  async #read<Query extends Asking & { readonly dataset: string }>(
    { isAbandoned = () => false, ...query }: Query,
    toRequest: (query: Omit<Query, "isAbandoned">) => ReadQuery,
  ): Promise<FromReader | Unanswered> {
    const { asker = "", dataset } = query;
    if (!this.#filed.has(dataset) && !(await this.#mayHaveFile(dataset)))
      return readOfNothing(toRequest(query));
    const ask = (request: ReadRequest, id?: number) =>
      this.#work.reads.ask(asker, () => ({
        question: isAbandoned() ? { kind: "leave", id } : request,
      }));
    let answer = await ask(toRequest(query));
    while (answer.kind === "unfinished") {
      const { id } = answer;
      answer = await ask({ kind: "go-on", id }, id);
    }
    return answer;
  }
}

function withRows(question: WriteRequest, { trades, bars }: PackedRows): Posted<WriteRequest> {
  return { question, transfer: [trades.buffer, bars.buffer] };
}

function unanswered(answer: FromReader | Unanswered): Unanswered {
  assert(answer.kind === "failure" || answer.kind === "busy", "a thread answers what it is asked");
  return answer;
}

/** The bars of an answer, in slices. */
async function unpackedBars(bytes: Uint8Array): Promise<readonly StoredBar[]> {
  const from = new ByteReader(bytes);
  const bars: StoredBar[] = [];
  let startS = 0;
  while (!from.isAtEnd) {
    startS += from.int();
    bars.push(readBar(from, startS * secondUs));
    if (bars.length % sliceRows === 0) await setImmediate();
  }
  return bars;
}

/** The trades of an answer, a segment after another. */
async function unpackedTrades(
  bytes: Uint8Array,
  { ticker, order }: StoredTradeQuery,
): Promise<readonly StoredTrade[]> {
  const from = new ByteReader(bytes);
  const trades: StoredTrade[] = [];
  while (!from.isAtEnd) {
    const startsAt = from.at;
    from.bytes(from.uint());
    const some: StoredTrade[] = [];
    readBlock(bytes.subarray(startsAt, from.at), ticker, some);
    for (const trade of order === "newest-first" ? some.reverse() : some) trades.push(trade);
    await setImmediate();
  }
  return trades;
}

/**
 * Writes the file of one dataset. Whatever is stored together is one transaction: trades, bars, what is known
 * and the position are those of one moment, whenever the process ends.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KnownSpan } from "../../../ports/dataset-reader.ts";
import { isNewerBar, judgedBatch, type StoredPosition } from "../../../ports/dataset-store.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { Place } from "../../files/place.ts";
import { attempt } from "../file/attempt.ts";
import { readRank } from "./bar-bytes.ts";
import { BarWriter } from "./bar-writer.ts";
import { BlockWriter } from "./block-store.ts";
import { ByteReader } from "./bytes.ts";
import type { FileParts } from "./file-parts.ts";
import { Forgetting } from "./forgetting.ts";
import { DatasetImport } from "./importing.ts";
import type { FromWriter, WriteRequest } from "./messages.ts";
import { openForWriting, toDatasetFailure } from "./open-file.ts";
import { unpackBars, unpackTrades } from "./packing.ts";
import { RevisedMinutes } from "./revised-minutes.ts";
import { allTickers, positionOf, selectPosition } from "./rows.ts";
import { SpanWriter } from "./span-writer.ts";
import { TickerTable } from "./ticker-table.ts";

type Put = Extract<WriteRequest, { kind: "put" }>;
type Import = Extract<WriteRequest, { kind: "import" }>;

/** Writes an open file. */
export class DatasetWriter {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #parts: FileParts;
  readonly #position: StatementSync;
  readonly #setPosition: StatementSync;
  readonly #place: Place;

  /** Opens the file, or makes it; raises what SQLite or the file system does when that fails. */
  constructor(file: string, busyTimeoutMs?: number) {
    this.#file = file;
    this.#database = openForWriting(file, busyTimeoutMs);
    this.#place = new Place(file, `${file}-wal`);
    this.#parts = {
      blocks: new BlockWriter(this.#database),
      bars: new BarWriter(this.#database),
      revised: new RevisedMinutes(this.#database),
      spans: new SpanWriter(this.#database),
      tickers: new TickerTable(this.#database),
    };
    this.#position = this.#database.prepare(selectPosition);
    this.#setPosition = this.#database.prepare("REPLACE INTO position VALUES (1, ?, ?, ?)");
  }

  /** Stores all of a request, or nothing of it. */
  write(request: WriteRequest): FromWriter {
    let answer: FromWriter = { kind: "stored" };
    const failure = this.#inTransaction(() => {
      answer = this.#written(request);
    });
    return failure ?? answer;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #written(request: WriteRequest): FromWriter {
    switch (request.kind) {
      case "put":
        return this.#put(request);
      case "import":
        return this.#import(request);
      case "position":
        return { kind: "position", position: this.#stored() };
      case "revised":
        return { kind: "revised", minutes: this.#parts.revised.all() };
      case "forget": {
        const isDone = new Forgetting(this.#database, this.#parts).forget(request.beforeUs);
        return { kind: "forgotten", isDone };
      }
    }
  }

  #put({ dataset, position, follows, rows, known, gaps }: Put): FromWriter {
    const { blocks, bars, revised, spans, tickers } = this.#parts;
    const stored = this.#stored();
    const verdict = judgedBatch({ dataset, position, follows }, stored);
    if (verdict !== "next") return verdict === "stored" ? { kind: "stored" } : verdict;
    revised.advance(stored, position);
    for (const { ticker, segment } of unpackTrades(rows.trades)) {
      const id = tickers.idOf(ticker);
      blocks.add(id, segment);
      tickers.count(id, { trades: segment.count, minutes: 0 });
    }
    for (const { ticker, bars: own } of unpackBars(rows.bars)) {
      const id = tickers.idOf(ticker);
      const changes = own.map(({ startUs, bytes }) => ({ startUs, change: ifNewer(bytes) }));
      const { added } = bars.change(id, changes);
      tickers.count(id, { trades: 0, minutes: added });
      for (const { startUs, bytes } of own) if (isRevised(bytes)) revised.add(id, startUs);
    }
    this.#addKnown(known);
    for (const { ticker, reason, ...span } of gaps) {
      spans.addGap(ticker === undefined ? allTickers : tickers.idOf(ticker), span, reason);
    }
    this.#setPosition.run(position.epoch, position.sequence, position.timeUs);
    return { kind: "stored" };
  }

  #import({ rows, known }: Import): FromWriter {
    const importing = new DatasetImport(this.#parts);
    importing.addTrades(unpackTrades(rows.trades));
    importing.addBars(unpackBars(rows.bars));
    this.#addKnown(known);
    return importing.outcome();
  }

  #addKnown(known: readonly KnownSpan[]): void {
    const { spans, tickers } = this.#parts;
    for (const { ticker, ...span } of known) {
      spans.addKnown(ticker === undefined ? allTickers : tickers.idOf(ticker), span);
    }
  }

  #stored(): StoredPosition | undefined {
    return positionOf(this.#position.get());
  }

  #inTransaction(work: () => void): StorageFailure | undefined {
    const lost = this.#place.lost();
    if (lost !== undefined) return { kind: "failure", fault: "moved", message: lost };
    const failure = attempt(
      this.#database,
      () => {
        this.#database.exec("BEGIN IMMEDIATE");
        work();
        this.#database.exec("COMMIT");
      },
      (error) => toDatasetFailure(error, this.#file),
    );
    // What was numbered in a transaction that was taken back is not numbered.
    if (failure !== undefined) this.#parts.tickers.reset();
    return failure;
  }
}

/** A state of a minute takes the place of the stored one where it is as new. */
function ifNewer(bytes: Uint8Array): (stored: Uint8Array | undefined) => Uint8Array | undefined {
  return (stored) => {
    if (stored === undefined) return bytes;
    const isNewer = isNewerBar(readRank(new ByteReader(bytes)), readRank(new ByteReader(stored)));
    return isNewer && !isSame(bytes, stored) ? bytes : undefined;
  };
}

function isRevised(bytes: Uint8Array): boolean {
  return readRank(new ByteReader(bytes)).revision > 0;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

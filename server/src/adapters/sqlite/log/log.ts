/**
 * The command log in a SQLite file, written by a thread of its own so that waiting for the disk holds
 * up nothing else. It keeps the file locked, and everybody else out, until it is closed.
 */
import { once } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { assert, ensureNever } from "../../../core/assert.ts";
import {
  type AppendOutcome,
  assertBatch,
  type BatchBound,
  batchBoundMax,
  type CommandBatch,
  type CommandLog,
  type Fence,
  fenced,
  isSameBatch,
  isTick,
  type LogDamage,
  type LogEntry,
  readsMax,
} from "../../../ports/command-log.ts";
import type { StopSignal } from "../../../ports/feed.ts";
import { LogTail } from "../../../ports/log-tail.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import type { StoreFault } from "../file/store-error.ts";
import { StoreThread } from "../thread/store-thread.ts";
import type { CommandLogFileOptions } from "./file.ts";
import {
  type FromWorker,
  packBatches,
  type ToWorker,
  transferOf,
  type WorkerStart,
} from "./messages.ts";
import { type Chunk, readEntries, unreadable } from "./reader.ts";
import type { ReadCursor } from "./rows.ts";

/** What to open, and how much may be under way. */
export interface CommandLogOptions extends CommandLogFileOptions {
  /** Most bytes taken and not yet durable. Default: {@link inFlightBytesDefault}. */
  readonly inFlightBytesMax?: number | undefined;
}

/** Most bytes taken and not yet durable, unless told otherwise. */
export const inFlightBytesDefault: number = 64 * 1_024 * 1_024;

/** What a batch counts besides its payload, so that the number of batches is bounded as well. */
const batchOverheadBytes = 256;

/** Why a log cannot be opened. The message names the file and what to do about it. */
export interface CommandLogRefusal {
  readonly kind: "refused";
  readonly fault: StoreFault;
  readonly message: string;
}

/** An open log, or why there is none. */
export type OpenedCommandLog =
  | { readonly kind: "opened"; readonly log: SqliteCommandLog }
  | CommandLogRefusal;

type Opened = Extract<WorkerStart, { kind: "opened" }>;

/**
 * Opens the log in `file`, which is made for its owner's eyes only when it is missing. It is refused
 * with `busy` when another process, or this one, has it open.
 */
export async function openCommandLog(options: CommandLogOptions): Promise<OpenedCommandLog> {
  const inFlightBytesMax = options.inFlightBytesMax ?? inFlightBytesDefault;
  assert(inFlightBytesMax > 0, "something may be under way");
  const { file, fileBytesMax, traces, mayBegin, epoch } = options;
  const store: CommandLogFileOptions = { file, fileBytesMax, traces, mayBegin, epoch };
  const module = new URL("./worker", import.meta.url);
  const worker = new StoreThread({ module, name: "command-log", store });
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => resolve());
  });
  // An error before this is a bug, and rejects.
  const [answer]: WorkerStart[] = await once(worker, "message");
  assert(answer !== undefined, "a worker begins with how opening the file went");
  if (answer.kind === "opened") {
    const log = new SqliteCommandLog({ worker, exited, opened: answer, file, inFlightBytesMax });
    return { kind: "opened", log };
  }
  await exited;
  return answer;
}

/** A batch that was taken and is not yet durable. */
interface InFlight {
  readonly lastSequence: number;
  readonly bytes: number;
  /** For those who follow; undefined when nobody did when it was taken. */
  readonly batch: CommandBatch | undefined;
  resolve(outcome: AppendOutcome): void;
}

/** A question to the worker that is not yet answered. */
interface Reading {
  readonly from: ReadCursor | number;
  resolve(chunk: Chunk): void;
}

interface Parts {
  readonly worker: StoreThread;
  /** Resolves when the thread has let the file go. */
  readonly exited: Promise<void>;
  readonly opened: Opened;
  readonly file: string;
  readonly inFlightBytesMax: number;
}

/** An open log. */
export class SqliteCommandLog implements CommandLog {
  readonly epoch: string;
  /** Checksum of all batches that were in it when it was opened. */
  readonly chainAtStart: number;
  readonly damage: LogDamage | undefined;
  readonly largestBatch: BatchBound = batchBoundMax;
  /** The lock on the file keeps everybody else out. */
  readonly term = 0;
  readonly #parts: Parts;
  #lastSequence: number;
  /** First sequence of the batch that may be appended next. */
  #nextSequence: number;
  /** Oldest first. */
  readonly #inFlight: InFlight[] = [];
  #inFlightBytes = 0;
  /** Taken in this turn and not yet posted to the worker. */
  #outgoing: CommandBatch[] = [];
  /** Oldest first; the worker answers in this order. */
  readonly #readings: Reading[] = [];
  #readsOpen = 0;
  readonly #tail = new LogTail();
  #failure: StorageFailure | undefined;
  #stall: StorageFailure | undefined;
  #troubleListener: () => void = () => {};
  /** Why there is no thread any more. */
  #endReason: string | undefined;
  #isClosed = false;

  /** Only this module makes one. */
  constructor(parts: Parts) {
    const { worker, opened, file } = parts;
    this.#parts = parts;
    this.epoch = opened.epoch;
    this.chainAtStart = opened.chain;
    this.damage = opened.damage;
    this.#lastSequence = opened.lastSequence;
    this.#nextSequence = opened.lastSequence + 1;
    if (opened.damage !== undefined) {
      this.#failure = { kind: "failure", fault: "failed", message: opened.damage.message };
    }
    worker.on("message", (message) => this.#receive(message as FromWorker));
    worker.on("error", (error) => {
      const message = `the thread of ${file} ended: ${error}`;
      // Also while it closes: only an end without an error is expected then.
      this.#fail({ kind: "failure", fault: "failed", message });
      this.#end(message);
    });
    worker.on("exit", () => this.#end(`the thread of ${file} has ended`));
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get stall(): StorageFailure | undefined {
    return this.#stall;
  }

  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  onTrouble(listener: () => void): void {
    this.#troubleListener = listener;
  }

  nextDue(): undefined {
    return undefined;
  }

  append(batch: CommandBatch, fence?: Fence): Promise<AppendOutcome> | "no-room" {
    assert(!this.#isClosed, "a closed log takes no batch");
    assertBatch(batch, this.largestBatch, fence);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const isNext = batch.firstSequence === this.#nextSequence;
    assert(isNext || fence !== undefined, "a batch follows the last one taken");
    if (!isNext) return this.#repeat(batch);
    if (isTick(batch)) return this.#tick(batch);
    const bytes = batch.payload.length + batchOverheadBytes;
    const isRoomy = this.#inFlightBytes + bytes <= this.#parts.inFlightBytesMax;
    if (!isRoomy && this.#inFlight.length > 0) return "no-room";
    // What is taken in one turn is posted together: a message costs more than a small batch.
    if (this.#outgoing.length === 0) queueMicrotask(() => this.#postOutgoing());
    this.#outgoing.push(batch);
    this.#nextSequence += batch.count;
    this.#inFlightBytes += bytes;
    return this.#underWay(bytes, batch);
  }

  async *read(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    assert(Number.isSafeInteger(fromSequence) && fromSequence >= 1, "sequences start at 1");
    assert(this.#readsOpen < readsMax, "the number of reads is bounded");
    this.#readsOpen += 1;
    try {
      yield* this.#stored(fromSequence, () => false);
    } finally {
      this.#readsOpen -= 1;
    }
  }

  follow(fromSequence: number, signal: StopSignal): AsyncIterable<LogEntry> {
    const stored = (from: number) => this.#stored(from, () => this.#isClosed);
    return this.#tail.follow({ log: this, stored, fromSequence, signal });
  }

  /** A port for a `LogReader` in another thread, which reads without this one. It ends with the log. */
  readerPort(): MessagePort {
    assert(!this.#isClosed, "a closed log is not read");
    const { port1, port2 } = new MessageChannel();
    this.#parts.worker.postMessage({ kind: "reader", port: port1 } satisfies ToWorker, [port1]);
    return port2;
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#postOutgoing();
      this.#isClosed = true;
      this.#tail.end();
      this.#post({ kind: "close" });
    }
    await this.#parts.exited;
  }

  #stored(fromSequence: number, isOver: () => boolean): AsyncGenerator<LogEntry, void, undefined> {
    return readEntries((from) => this.#ask(from), fromSequence, isOver);
  }

  /** A tick is not stored: it waits for what is under way, and finds room because it takes none. */
  #tick(batch: CommandBatch): Promise<AppendOutcome> {
    if (this.#inFlight.length > 0) return this.#underWay(0, batch);
    this.#tail.add(batch);
    return Promise.resolve("durable");
  }

  #underWay(bytes: number, taken?: CommandBatch): Promise<AppendOutcome> {
    const batch = this.#tail.isFollowed ? taken : undefined;
    return new Promise((resolve) => {
      this.#inFlight.push({ lastSequence: this.#nextSequence - 1, bytes, batch, resolve });
    });
  }

  /** A batch that is not the next one: the log has it already, or its writer was taken over from. */
  async #repeat(batch: CommandBatch): Promise<AppendOutcome> {
    const outcome = this.#inFlight.length === 0 ? "durable" : await this.#underWay(0);
    if (outcome !== "durable") return outcome;
    for await (const entry of this.#stored(batch.firstSequence, () => this.#isClosed)) {
      if (entry.kind === "batch" && isSameBatch(entry, batch)) return "durable";
      break;
    }
    return fenced(batch.firstSequence - 1, this.#lastSequence);
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#parts.worker.postMessage(message, transfer);
  }

  #postOutgoing(): void {
    if (this.#outgoing.length === 0) return;
    const packed = packBatches(this.#outgoing);
    this.#outgoing = [];
    this.#post({ kind: "append", packed }, transferOf(packed));
  }

  #ask(from: ReadCursor | number): Promise<Chunk> {
    assert(!this.#isClosed, "a closed log is not read");
    if (this.#endReason !== undefined)
      return Promise.resolve(unreadable(this.#parts.file, from, this.#endReason));
    return new Promise((resolve) => {
      this.#readings.push({ from, resolve });
      this.#post({ kind: "read", from });
    });
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "durable":
        this.#lastSequence = message.lastSequence;
        this.#release("durable");
        return;
      case "stalled":
        this.#setStall(message.failure);
        return;
      case "resumed":
        this.#setStall(undefined);
        return;
      case "failed":
        this.#fail(message.failure);
        return;
      case "chunk":
        this.#readings.shift()?.resolve(message);
        return;
      default:
        ensureNever(message);
    }
  }

  /** Resolves everything up to the last durable sequence, or on failure everything that is under way. */
  #release(outcome: AppendOutcome): void {
    const open = this.#inFlight.findIndex(({ lastSequence }) => lastSequence > this.#lastSequence);
    const isOver = outcome !== "durable" || open < 0;
    for (const taken of this.#inFlight.splice(0, isOver ? this.#inFlight.length : open)) {
      this.#inFlightBytes -= taken.bytes;
      if (outcome === "durable" && taken.batch !== undefined) this.#tail.add(taken.batch);
      taken.resolve(outcome);
    }
  }

  #setStall(stall: StorageFailure | undefined): void {
    this.#stall = stall;
    this.#troubleListener();
  }

  #fail(failure: StorageFailure): void {
    this.#stall = undefined;
    const isNews = this.#failure === undefined;
    this.#failure ??= failure;
    this.#release(this.#failure);
    this.#tail.end();
    if (isNews && !this.#isClosed) this.#troubleListener();
  }

  /** The thread has ended: nothing that is under way will be answered. */
  #end(reason: string): void {
    this.#endReason ??= reason;
    const isExpected = this.#isClosed && this.#inFlight.length === 0;
    if (!isExpected) this.#fail({ kind: "failure", fault: "failed", message: reason });
    for (const { from, resolve } of this.#readings.splice(0))
      resolve(unreadable(this.#parts.file, from, reason));
  }
}

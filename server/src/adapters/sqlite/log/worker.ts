/**
 * The thread that owns the command log's file. Everything that was posted while it was busy becomes
 * one transaction, so one wait for the disk serves many batches. It decides nothing else.
 */
import type { MessagePort } from "node:worker_threads";
import { ensureNever } from "../../../core/assert.ts";
import type { CommandBatch } from "../../../ports/command-log.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { StoreError } from "../file/store-error.ts";
import { nextMessage, type StoreOwner, serveStores } from "../thread/store-owner.ts";
import { type CommandLogFile, type CommandLogFileOptions, openCommandLogFile } from "./file.ts";
import {
  type FromWorker,
  type PackedBatches,
  packBatches,
  type ToWorker,
  transferOf,
  unpackBatches,
  type WorkerStart,
} from "./messages.ts";
import type { Chunk } from "./reader.ts";
import type { LogChunk, ReadCursor } from "./rows.ts";

/** A transaction takes no further message once it holds this many bytes of payload. */
const transactionBytesMax = 8 * 1_024 * 1_024;

/** How often a log that could not be written is tried again, in milliseconds. */
const retryMs = 1_000;

/** Interval at which an idle log is checked to be still in its place, in milliseconds. */
const lookMs = 1_000;

/** What a reader in another thread gets at once: little, since appends wait meanwhile. */
const readerChunkBytes = 131_072;

type Owner = StoreOwner<FromWorker | WorkerStart>;

/** A log that waits for its disk. */
interface Stalled {
  readonly timer: NodeJS.Timeout;
  /** Taken and not durable, in order; bounded by who posts them. */
  readonly waiting: CommandBatch[];
  failure: StorageFailure;
}

/** Writes one log, and reads it for whoever asks. */
class Writer {
  readonly #log: CommandLogFile;
  readonly #owner: Owner;
  readonly #looking: NodeJS.Timeout;
  /** Threads that read this log besides the one that opened it. */
  readonly #readers = new Set<MessagePort>();
  #stalled: Stalled | undefined;
  #isClosed = false;

  constructor(log: CommandLogFile, owner: Owner) {
    this.#log = log;
    this.#owner = owner;
    this.#looking = setInterval(() => {
      const lost = this.#stalled === undefined ? log.look() : undefined;
      if (lost !== undefined) owner.post({ kind: "failed", failure: lost });
    }, lookMs);
  }

  /** Handles a message, and those that it takes from the queue meanwhile. */
  handle(first: ToWorker): void {
    let message: ToWorker | undefined = first;
    while (message !== undefined) {
      const next = this.#handle(message);
      message = this.#isClosed ? undefined : (next ?? nextMessage());
    }
  }

  /** Returns a message that it has taken from the queue and not handled. */
  #handle(message: ToWorker): ToWorker | undefined {
    switch (message.kind) {
      case "append":
        if (this.#stalled === undefined) return this.#append(message.packed);
        this.#stalled.waiting.push(...unpackBatches(message.packed));
        return undefined;
      case "read": {
        const chunk = this.#chunkAt(message.from);
        this.#owner.post(chunk, transferOf(chunk.packed));
        return undefined;
      }
      case "reader":
        this.#serveReader(message.port);
        return undefined;
      case "close":
        this.#close();
        return undefined;
      default:
        return ensureNever(message);
    }
  }

  #close(): void {
    this.#isClosed = true;
    if (this.#stalled !== undefined) this.#giveUp(this.#stalled);
    clearInterval(this.#looking);
    this.#log.close();
    for (const reader of this.#readers) reader.close();
    this.#owner.end();
  }

  #append(first: PackedBatches): ToWorker | undefined {
    const group = [unpackBatches(first)];
    let bytes = first.payloads.length;
    let next: ToWorker | undefined;
    while (bytes < transactionBytesMax) {
      next = nextMessage();
      if (next?.kind !== "append") break;
      group.push(unpackBatches(next.packed));
      bytes += next.packed.payloads.length;
      next = undefined;
    }
    const batches = group.flat();
    const failure = this.#log.append(batches);
    if (failure === undefined) this.#tellDurable();
    // After the acknowledgement, because nobody has to wait for it.
    const failed = failure ?? this.#log.settle();
    if (failed !== undefined) this.#fail(failed, failure === undefined ? [] : batches);
    return next;
  }

  #tellDurable(): void {
    this.#owner.post({ kind: "durable", lastSequence: this.#log.lastSequence });
  }

  /** What could not be written is tried again where the disk may come back, and fails for good elsewhere. */
  #fail(failure: StorageFailure, waiting: readonly CommandBatch[]): void {
    if (!this.#log.mayComeBack) {
      this.#owner.post({ kind: "failed", failure });
      return;
    }
    const timer = setInterval(() => this.#retry(), retryMs);
    this.#stalled = { timer, waiting: [...waiting], failure };
    this.#owner.post({ kind: "stalled", failure });
  }

  #retry(): void {
    if (this.#stalled === undefined) return;
    const failure = this.#log.retry(this.#stalled.waiting);
    if (failure !== undefined && this.#log.mayComeBack) {
      this.#stalled.failure = failure;
      return;
    }
    clearInterval(this.#stalled.timer);
    this.#stalled = undefined;
    if (failure !== undefined) {
      this.#owner.post({ kind: "failed", failure });
      return;
    }
    this.#owner.post({ kind: "resumed" });
    this.#tellDurable();
  }

  /** Tries a last time. */
  #giveUp(last: Stalled): void {
    this.#retry();
    clearInterval(last.timer);
    if (this.#stalled !== undefined) this.#owner.post({ kind: "failed", failure: last.failure });
    this.#stalled = undefined;
  }

  #serveReader(reader: MessagePort): void {
    this.#readers.add(reader);
    reader.on("close", () => this.#readers.delete(reader));
    reader.on("message", (from: ReadCursor | number) => {
      const chunk = this.#chunkAt(from, readerChunkBytes);
      reader.postMessage(chunk, transferOf(chunk.packed));
    });
  }

  #chunkAt(from: ReadCursor | number, bytesMax?: number): Chunk {
    const cursor = typeof from === "number" ? this.#log.cursorAt(from) : from;
    const { batches, next, damage }: LogChunk =
      "kind" in cursor
        ? { batches: [], next: undefined, damage: cursor }
        : this.#log.readChunk(cursor, bytesMax);
    return { kind: "chunk", packed: packBatches(batches), next, damage };
  }
}

/** Why the file cannot be opened; what is no trouble with the file is a bug and ends the thread. */
function refusalOf(error: unknown): WorkerStart {
  if (!(error instanceof StoreError)) throw error;
  return { kind: "refused", fault: error.fault, message: error.message };
}

function open(options: CommandLogFileOptions, owner: Owner): CommandLogFile | undefined {
  try {
    return openCommandLogFile(options);
  } catch (error) {
    owner.post(refusalOf(error));
    return undefined;
  }
}

serveStores<CommandLogFileOptions, ToWorker, FromWorker | WorkerStart>((options, owner) => {
  const log = open(options, owner);
  if (log === undefined) return undefined;
  const { epoch, lastSequence, chain, damage } = log;
  owner.post({ kind: "opened", epoch, lastSequence, chain, damage });
  const writer = new Writer(log, owner);
  return (message) => writer.handle(message);
});

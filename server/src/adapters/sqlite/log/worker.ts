/**
 * The thread that owns the command log's file. Everything that was posted while it was busy becomes
 * one transaction, so one wait for the disk serves many batches. It decides nothing else.
 */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { assert, ensureNever } from "../../../core/assert.ts";
import type { CommandBatch } from "../../../ports/command-log.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { StoreError } from "../file/store-error.ts";
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

assert(parentPort !== null, "the command log's worker runs as a worker thread");
const port = parentPort;

function post(message: FromWorker | WorkerStart, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** The next message that has already arrived. */
function nextMessage(): ToWorker | undefined {
  return receiveMessageOnPort(port)?.message;
}

function serve(log: CommandLogFile): void {
  // Unreferenced: it must not keep the thread of a log that was closed.
  setInterval(() => {
    const lost = stalled === undefined ? log.look() : undefined;
    if (lost !== undefined) post({ kind: "failed", failure: lost });
  }, lookMs).unref();
  port.on("message", (first: ToWorker) => {
    let message: ToWorker | undefined = first;
    while (message !== undefined) message = handle(log, message) ?? nextMessage();
  });
}

/** Handles a message; returns one that it has taken from the queue and not handled. */
function handle(log: CommandLogFile, message: ToWorker): ToWorker | undefined {
  switch (message.kind) {
    case "append":
      if (stalled === undefined) return append(log, message.packed);
      stalled.waiting.push(...unpackBatches(message.packed));
      return undefined;
    case "read":
      send(port, chunkAt(log, message.from));
      return undefined;
    case "reader":
      serveReader(log, message.port);
      return undefined;
    case "close":
      if (stalled !== undefined) giveUp(log, stalled);
      log.close();
      port.close();
      for (const reader of readers) reader.close();
      return undefined;
    default:
      return ensureNever(message);
  }
}

function append(log: CommandLogFile, first: PackedBatches): ToWorker | undefined {
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
  const failure = log.append(batches);
  if (failure === undefined) post({ kind: "durable", lastSequence: log.lastSequence });
  // After the acknowledgement, because nobody has to wait for it.
  const failed = failure ?? log.settle();
  if (failed !== undefined) fail(log, failed, failure === undefined ? [] : batches);
  return next;
}

/** How often a log that could not be written is tried again, in milliseconds. */
const retryMs = 1_000;

/** Interval at which an idle log is checked to be still in its place, in milliseconds. */
const lookMs = 1_000;

/** A log that waits for its disk. */
interface Stalled {
  readonly timer: NodeJS.Timeout;
  /** Taken and not durable, in order; bounded by who posts them. */
  readonly waiting: CommandBatch[];
  failure: StorageFailure;
}

let stalled: Stalled | undefined;

/** What could not be written is tried again where the disk may come back, and fails for good elsewhere. */
function fail(
  log: CommandLogFile,
  failure: StorageFailure,
  waiting: readonly CommandBatch[],
): void {
  if (!log.mayComeBack) {
    post({ kind: "failed", failure });
    return;
  }
  stalled = { timer: setInterval(() => retry(log), retryMs), waiting: [...waiting], failure };
  post({ kind: "stalled", failure });
}

function retry(log: CommandLogFile): void {
  if (stalled === undefined) return;
  const failure = log.retry(stalled.waiting);
  if (failure !== undefined && log.mayComeBack) {
    stalled.failure = failure;
    return;
  }
  clearInterval(stalled.timer);
  stalled = undefined;
  if (failure !== undefined) {
    post({ kind: "failed", failure });
    return;
  }
  post({ kind: "resumed" });
  post({ kind: "durable", lastSequence: log.lastSequence });
}

/** Tries a last time. */
function giveUp(log: CommandLogFile, last: Stalled): void {
  retry(log);
  clearInterval(last.timer);
  if (stalled !== undefined) post({ kind: "failed", failure: last.failure });
  stalled = undefined;
}

/** What a reader in another thread gets at once: little, since appends wait meanwhile. */
const readerChunkBytes = 131_072;

/** Threads that read this log besides the one that opened it. */
const readers = new Set<MessagePort>();

function serveReader(log: CommandLogFile, reader: MessagePort): void {
  readers.add(reader);
  reader.on("close", () => readers.delete(reader));
  reader.on("message", (from: ReadCursor | number) =>
    send(reader, chunkAt(log, from, readerChunkBytes)),
  );
}

function send(to: MessagePort, chunk: Chunk): void {
  to.postMessage(chunk, transferOf(chunk.packed));
}

function chunkAt(log: CommandLogFile, from: ReadCursor | number, bytesMax?: number): Chunk {
  const cursor = typeof from === "number" ? log.cursorAt(from) : from;
  const { batches, next, damage }: LogChunk =
    "kind" in cursor
      ? { batches: [], next: undefined, damage: cursor }
      : log.readChunk(cursor, bytesMax);
  return { kind: "chunk", packed: packBatches(batches), next, damage };
}

/** Why the file cannot be opened; what is no trouble with the file is a bug and ends the thread. */
function refusalOf(error: unknown): WorkerStart {
  if (!(error instanceof StoreError)) throw error;
  return { kind: "refused", fault: error.fault, message: error.message };
}

function open(options: CommandLogFileOptions): CommandLogFile | undefined {
  try {
    return openCommandLogFile(options);
  } catch (error) {
    post(refusalOf(error));
    return undefined;
  }
}

// Whoever starts this thread gives it the options; nobody else can.
const log = open(workerData as CommandLogFileOptions);
if (log !== undefined) {
  const { epoch, lastSequence, chain, damage } = log;
  post({ kind: "opened", epoch, lastSequence, chain, damage });
  serve(log);
}

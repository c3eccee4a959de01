/**
 * The thread that writes the history's file. What is posted within a second becomes one transaction,
 * which spares writing the same pages over and over, unless somebody waits. It decides nothing else.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert, ensureNever } from "../../../core/assert.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { StoreError } from "../file/store-error.ts";
import { OutdatedHistory } from "./error.ts";
import { type HistoryFile, type HistoryFileOptions, openHistoryFile } from "./file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";
import { type HistoryRows, rowCount } from "./rows.ts";

/** A transaction takes no further message once it has this many rows. */
const transactionRowsMax = 50_000;

/** How long a transaction takes further messages while nobody waits for it, in milliseconds. */
const transactionMsMax = 1_000;

/** How often a history that could not be written is tried again, and looked for, in milliseconds. */
const retryMs = 1_000;

assert(parentPort !== null, "the history's worker runs as a worker thread");
const port = parentPort;

function post(message: WorkerStart | FromWorker): void {
  port.postMessage(message);
}

/** Puts what is posted into transactions of one file. */
class Writer {
  readonly #history: HistoryFile;
  /** Rows of the open transaction. */
  #rows = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether more rows of the last command follow: it is stored wholly or not yet. */
  #isUnfinished = false;
  /** Whether the transaction ends as soon as that command is whole. */
  #isDue = false;
  /** What came since the last transaction ended: it is tried again when the disk comes back. */
  #kept: HistoryRows[] = [];
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(history: HistoryFile) {
    this.#history = history;
    // Unreferenced: it must not keep the thread of a history that was closed.
    setInterval(() => {
      const lost = this.#history.look();
      if (lost !== undefined) post({ kind: "failed", failure: lost });
    }, retryMs).unref();
  }

  handle(message: ToWorker): void {
    switch (message.kind) {
      case "store":
        this.#store(message.rows);
        return;
      case "commit":
        this.#commit();
        return;
      case "digest":
        this.#commit();
        post({ kind: "digest", digest: this.#history.digest() });
        return;
      case "close":
        if (this.#retryTimer === undefined) this.#commit();
        else this.#giveUp();
        this.#history.close();
        port.close();
        return;
      default:
        ensureNever(message);
    }
  }

  #store(rows: HistoryRows): void {
    this.#isUnfinished = rows.isUnfinished;
    this.#kept.push(rows);
    if (this.#retryTimer !== undefined) return;
    this.#timer ??= setTimeout(() => this.#commit(), transactionMsMax);
    this.#rows += rowCount(rows);
    const failure = this.#history.add(rows);
    if (failure !== undefined) this.#fail(failure);
    else if (this.#isDue || this.#rows >= transactionRowsMax) this.#commit();
  }

  /** Does nothing when no transaction is open; waits for the rest of a command that came in part. */
  #commit(): void {
    this.#isDue = this.#isUnfinished;
    if (this.#timer === undefined || this.#isUnfinished) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rows = 0;
    const failure = this.#history.commit();
    if (failure === undefined) this.#stored();
    else this.#fail(failure);
  }

  #stored(): void {
    this.#kept = [];
    post({ kind: "stored", lastSequence: this.#history.lastSequence });
  }

  #fail(failure: StorageFailure): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rows = 0;
    if (this.#history.mayComeBack) {
      this.#retryTimer = setInterval(() => this.#retry(), retryMs);
      post({ kind: "stalled", failure });
    } else {
      this.#kept = [];
      post({ kind: "failed", failure });
    }
  }

  #retry(): void {
    const failure = this.#history.retry(this.#kept);
    if (failure !== undefined && this.#history.mayComeBack) return;
    clearInterval(this.#retryTimer);
    this.#retryTimer = undefined;
    if (failure !== undefined) {
      this.#fail(failure);
      return;
    }
    post({ kind: "resumed" });
    // The rest of a command that came in part belongs to the same transaction.
    this.#timer = setTimeout(() => this.#commit(), transactionMsMax);
    this.#commit();
  }

  /** Tries a last time. What is not stored then comes from the log at the next start. */
  #giveUp(): void {
    this.#retry();
    if (this.#retryTimer === undefined) return;
    clearInterval(this.#retryTimer);
    const { failure } = this.#history;
    if (failure !== undefined) post({ kind: "failed", failure });
  }
}

function open(options: HistoryFileOptions): HistoryFile | undefined {
  try {
    return openHistoryFile(options);
  } catch (error) {
    // What is no trouble with the file is a bug and ends the thread.
    if (!(error instanceof StoreError)) throw error;
    const outdatedAt = error instanceof OutdatedHistory ? error.lastSequence : undefined;
    post({ kind: "refused", fault: error.fault, message: error.message, outdatedAt });
    return undefined;
  }
}

// Whoever starts this thread gives it the options; nobody else can.
const history = open(workerData as HistoryFileOptions);
if (history !== undefined) {
  post({ kind: "opened", lastSequence: history.lastSequence });
  const writer = new Writer(history);
  port.on("message", (message: ToWorker) => writer.handle(message));
}

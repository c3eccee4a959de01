/**
 * Writes the history's file. What is posted within a second becomes one transaction, which spares writing the same pages over
 * and over, unless somebody waits. While the disk is full everything is kept and tried again.
 */
import { ensureNever } from "../../../core/assert.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import type { StoreOwner } from "../thread/store-owner.ts";
import type { HistoryFile } from "./file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";
import { type HistoryRows, rowCount } from "./rows.ts";

/** A transaction takes no further message once it has this many rows. */
const transactionRowsMax = 50_000;

/** How long a transaction takes further messages while nobody waits for it, in milliseconds. */
const transactionMsMax = 1_000;

/** How often a history that could not be written is tried again, and looked for, in milliseconds. */
export const retryMs = 1_000;

/** Who is told what becomes of it. */
export type HistoryWriterOwner = StoreOwner<WorkerStart | FromWorker>;

/** See the head of the file. */
export class HistoryWriter {
  readonly #history: HistoryFile;
  readonly #owner: HistoryWriterOwner;
  readonly #looking: NodeJS.Timeout;
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
  /** Whether the owner was told that nothing is stored at present. */
  #isStallTold = false;

  constructor(history: HistoryFile, owner: HistoryWriterOwner) {
    this.#history = history;
    this.#owner = owner;
    this.#looking = setInterval(() => {
      const lost = this.#history.look();
      if (lost !== undefined) owner.post({ kind: "failed", failure: lost });
    }, retryMs);
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
        this.#owner.post({ kind: "digest", digest: this.#history.digest() });
        return;
      case "close":
        if (this.#retryTimer === undefined) this.#commit();
        else this.#giveUp();
        this.#history.close();
        clearInterval(this.#looking);
        clearTimeout(this.#timer);
        this.#owner.end();
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
    // Not before: while a disk is full rows can be added, and it is their transaction that fails.
    if (this.#isStallTold) this.#owner.post({ kind: "resumed" });
    this.#isStallTold = false;
    this.#owner.post({ kind: "stored", lastSequence: this.#history.lastSequence });
  }

  #fail(failure: StorageFailure): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rows = 0;
    if (this.#history.mayComeBack) {
      this.#retryTimer = setInterval(() => this.#retry(), retryMs);
      if (!this.#isStallTold) this.#owner.post({ kind: "stalled", failure });
      this.#isStallTold = true;
    } else {
      this.#kept = [];
      this.#owner.post({ kind: "failed", failure });
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
    if (failure !== undefined) this.#owner.post({ kind: "failed", failure });
  }
}

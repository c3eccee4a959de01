/**
 * An engine's own copy of the log that it shares with others: the broker must not be the only one who has
 * it. It holds what the broker has acknowledged and never more, and follows it at the pace of its own disk,
 * within the bound of what a log keeps under way.
 */
import { assert } from "../core/assert.ts";
import {
  type AppendOutcome,
  type BatchBound,
  type CommandBatch,
  type CommandLog,
  type Fence,
  isTick,
  type LogDamage,
  type LogEntry,
} from "../ports/command-log.ts";
import type { StopSignal } from "../ports/feed.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";

/** Keeps a copy of the batches of a shared log. */
export class OwnCopy {
  readonly #log: CommandLog;
  #nextSequence: number;
  #waiting = 0;

  /** `log` is as it was recovered from. */
  constructor(log: CommandLog) {
    this.#log = log;
    this.#nextSequence = log.lastSequence + 1;
  }

  /** Batches that are not durable in the copy yet. */
  get batchesBehind(): number {
    return this.#waiting;
  }

  /** Why nothing is copied at present, or any more; undefined while all is well. */
  get fault(): string | undefined {
    return (this.#log.failure ?? this.#log.stall)?.message;
  }

  /** Whether nothing will be copied any more. */
  get hasFailed(): boolean {
    return this.#log.failure !== undefined;
  }

  /** Takes a batch that the shared log holds; false where the copy is too far behind to take it now. */
  take(batch: CommandBatch): boolean {
    if (isTick(batch) || batch.firstSequence < this.#nextSequence || this.hasFailed) return true;
    assert(batch.firstSequence === this.#nextSequence, "a copy has no holes");
    const { firstSequence, count, timeUs, payload } = batch;
    const copied = { firstSequence, count, timeUs, payload };
    const appended = this.#log.append(copied, { expects: firstSequence - 1 });
    if (appended === "no-room") return false;
    this.#nextSequence += count;
    this.#waiting += 1;
    void appended.then(() => {
      this.#waiting -= 1;
    });
    return true;
  }

  /** The log of a writer whose batches are copied once they are durable. */
  behind(writer: CommandLog): CommandLog {
    return new CopiedLog(writer, this);
  }
}

/** A shared log as its writer has it, with a copy that follows. */
class CopiedLog implements CommandLog {
  readonly #writer: CommandLog;
  readonly #copy: OwnCopy;
  /** Durable, and the copy has had no room for it yet; no batch is taken while there is any. */
  readonly #uncopied: CommandBatch[] = [];

  constructor(writer: CommandLog, copy: OwnCopy) {
    this.#writer = writer;
    this.#copy = copy;
  }

  get epoch(): string {
    return this.#writer.epoch;
  }

  get lastSequence(): number {
    return this.#writer.lastSequence;
  }

  get damage(): LogDamage | undefined {
    return this.#writer.damage;
  }

  get largestBatch(): BatchBound {
    return this.#writer.largestBatch;
  }

  get term(): number {
    return this.#writer.term;
  }

  get stall(): StorageFailure | undefined {
    return this.#writer.stall;
  }

  get failure(): StorageFailure | undefined {
    return this.#writer.failure;
  }

  onTrouble(listener: () => void): void {
    this.#writer.onTrouble(listener);
  }

  append(batch: CommandBatch, fence?: Fence): Promise<AppendOutcome> | "no-room" {
    this.#copyMore();
    if (this.#uncopied.length > 0 && !isTick(batch)) return "no-room";
    const appended = this.#writer.append(batch, fence);
    if (appended === "no-room") return appended;
    return appended.then((outcome) => {
      if (outcome === "durable") {
        this.#uncopied.push(batch);
        this.#copyMore();
      }
      return outcome;
    });
  }

  nextDue(): Promise<void> | undefined {
    return this.#writer.nextDue();
  }

  read(fromSequence: number): AsyncIterable<LogEntry> {
    return this.#writer.read(fromSequence);
  }

  follow(fromSequence: number, signal: StopSignal): AsyncIterable<LogEntry> {
    return this.#writer.follow(fromSequence, signal);
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  #copyMore(): void {
    let copied = 0;
    while (copied < this.#uncopied.length && this.#copy.take(this.#uncopied[copied]!)) copied += 1;
    this.#uncopied.splice(0, copied);
  }
}

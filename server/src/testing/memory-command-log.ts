/**
 * A command log in memory, for tests and simulations. It does nothing by itself: durability can be
 * held back, fail, or be lost in a crash, all when the test says so, and never by chance.
 */
import { assert } from "../core/assert.ts";
import type {
  AppendOutcome,
  BatchBound,
  CommandBatch,
  CommandLog,
  Fence,
  LogDamage,
  LogEntry,
} from "../ports/command-log.ts";
import {
  assertBatch,
  batchBoundMax,
  fenced,
  isSameBatch,
  isTick,
  readsMax,
} from "../ports/command-log.ts";
import type { StopSignal } from "../ports/feed.ts";
import { LogTail } from "../ports/log-tail.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";

/** Most payload bytes that a storage holds, unless told otherwise. */
export const storageBytesDefault: number = 1_024 * 1_024 * 1_024;

/** Most payload bytes taken and not yet durable, unless told otherwise. */
export const inFlightBytesDefault: number = 64 * 1_024 * 1_024;

/** What outlives a log that is closed or crashes, as a disk does. */
export class MemoryLogStorage {
  readonly epoch: string;
  /** Appends past this many payload bytes fail with `disk-full`. */
  readonly bytesMax: number;
  /** What is durable, oldest first. */
  readonly batches: CommandBatch[] = [];
  bytes = 0;
  /** How often a log was opened while another one was. */
  term = 0;
  /** What each open log tells its followers; all of them follow what any of them writes. */
  readonly tails: Set<LogTail> = new Set();
  /** First sequence of the batch that cannot be read any more. */
  corruptSequence: number | undefined;

  constructor(options: { readonly epoch?: string; readonly bytesMax?: number } = {}) {
    this.epoch = options.epoch ?? "0".repeat(32);
    this.bytesMax = options.bytesMax ?? storageBytesDefault;
  }

  get isOpen(): boolean {
    return this.tails.size > 0;
  }

  /** Sequence of the last durable command. */
  get lastSequence(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.firstSequence + last.count - 1;
  }

  /** Spoils the batch that holds `sequence`. */
  corrupt(sequence: number): void {
    const batch = this.batches[this.indexOf(sequence)];
    assert(batch !== undefined, "only what is stored can be spoiled");
    this.corruptSequence = batch.firstSequence;
  }

  /** The stored batch that holds `sequence`. */
  batchAt(sequence: number): CommandBatch | undefined {
    return this.batches[this.indexOf(sequence)];
  }

  /** Index of the batch that holds `sequence`; the number of batches when it is past the end. */
  indexOf(sequence: number): number {
    let low = 0;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { firstSequence, count } = this.batches[middle] as CommandBatch;
      if (firstSequence + count <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How a log is opened. */
export interface MemoryLogOptions {
  /** Most bytes taken and not yet durable. Default: {@link inFlightBytesDefault}. */
  readonly inFlightBytesMax?: number | undefined;
  /** Default: the largest of any log. */
  readonly largestBatch?: BatchBound;
  /** Whether another log may have the storage open, which is fenced off then. Default: false. */
  readonly takesOver?: boolean;
  /** Most that is kept for followers, in bytes. Default: as every log. */
  readonly tailBytesMax?: number;
}

interface InFlight {
  readonly batch: CommandBatch;
  resolve(outcome: AppendOutcome): void;
}

/** The log of one storage; one at a time. */
export class MemoryCommandLog implements CommandLog {
  readonly damage: LogDamage | undefined;
  readonly largestBatch: BatchBound;
  readonly term: number;
  readonly #storage: MemoryLogStorage;
  readonly #tail: LogTail;
  readonly #inFlightBytesMax: number;
  /** Oldest first. */
  readonly #inFlight: InFlight[] = [];
  #inFlightBytes = 0;
  #nextSequence: number;
  #readsOpen = 0;
  #isHeldBack = false;
  #lostAnswers = 0;
  #failure: StorageFailure | undefined;
  #stall: StorageFailure | undefined;
  #troubleListener: () => void = () => {};
  #isClosed = false;

  constructor(storage: MemoryLogStorage, options: MemoryLogOptions = {}) {
    const { inFlightBytesMax, largestBatch = batchBoundMax, takesOver = false } = options;
    assert(takesOver || !storage.isOpen, "a storage is open once at most");
    if (storage.isOpen) storage.term += 1;
    this.#tail = new LogTail(options.tailBytesMax);
    storage.tails.add(this.#tail);
    this.largestBatch = largestBatch;
    this.term = storage.term;
    this.#storage = storage;
    this.#inFlightBytesMax = inFlightBytesMax ?? inFlightBytesDefault;
    this.#nextSequence = storage.lastSequence + 1;
    const last = storage.batches.at(-1);
    const isEndCorrupt = last !== undefined && last.firstSequence === storage.corruptSequence;
    this.damage = isEndCorrupt ? damageOf(storage) : undefined;
    if (this.damage !== undefined) {
      this.#failure = { kind: "failure", fault: "failed", message: this.damage.message };
      this.#nextSequence = this.damage.sequence;
    }
  }

  get epoch(): string {
    return this.#storage.epoch;
  }

  get lastSequence(): number {
    return this.damage === undefined ? this.#storage.lastSequence : this.damage.sequence - 1;
  }

  /** How many batches are taken and not yet durable. */
  get inFlightBatches(): number {
    return this.#inFlight.length;
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

  nextDue(): Promise<void> | undefined {
    return undefined;
  }

  append(batch: CommandBatch, fence?: Fence): Promise<AppendOutcome> | "no-room" {
    assert(!this.#isClosed, "a closed log takes no batch");
    assertBatch(batch, this.largestBatch, fence);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const isNext = batch.firstSequence === this.#nextSequence;
    assert(isNext || fence !== undefined, "a batch follows the last one taken");
    const isRoomy = this.#inFlightBytes + batch.payload.length <= this.#inFlightBytesMax;
    if (!isRoomy && this.#inFlight.length > 0) return "no-room";
    if (isNext) this.#nextSequence += batch.count;
    this.#inFlightBytes += batch.payload.length;
    const outcome = new Promise<AppendOutcome>((resolve) => {
      this.#inFlight.push({ batch: { ...batch, payload: batch.payload.slice() }, resolve });
    });
    if (!this.#isHeldBack) this.letThrough();
    return outcome;
  }

  async *read(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    assert(Number.isSafeInteger(fromSequence) && fromSequence >= 1, "sequences start at 1");
    assert(this.#readsOpen < readsMax, "the number of reads is bounded");
    this.#readsOpen += 1;
    try {
      yield* this.#stored(fromSequence);
    } finally {
      this.#readsOpen -= 1;
    }
  }

  follow(fromSequence: number, signal: StopSignal): AsyncIterable<LogEntry> {
    const stored = (from: number) => this.#stored(from);
    return this.#tail.follow({ log: this, stored, fromSequence, signal });
  }

  async *#stored(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    const { batches } = this.#storage;
    for (let at = this.#storage.indexOf(fromSequence); at < batches.length; at += 1) {
      const batch = batches[at] as CommandBatch;
      if (batch.firstSequence === this.#storage.corruptSequence) {
        yield damageOf(this.#storage);
        return;
      }
      yield { kind: "batch", ...batch };
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.letThrough();
    this.#letGo();
  }

  /** From now on nothing becomes durable until it is let through. */
  holdBack(): void {
    this.#isHeldBack = true;
  }

  /** Makes the oldest batches under way durable, all of them unless told otherwise. */
  letThrough(batches: number = this.#inFlight.length): void {
    for (const { batch, resolve } of this.#inFlight.splice(0, batches)) {
      this.#inFlightBytes -= batch.payload.length;
      const outcome = this.#write(batch);
      if (this.#lostAnswers === 0) resolve(outcome);
      else this.#lostAnswers -= 1;
    }
  }

  /** So many of the next batches are written, or refused, and their appends never answered. */
  loseAnswers(count: number): void {
    this.#lostAnswers = count;
  }

  #write(batch: CommandBatch): AppendOutcome {
    const storage = this.#storage;
    if (storage.bytes + batch.payload.length > storage.bytesMax) {
      this.#failWith({ kind: "failure", fault: "disk-full", message: "the storage is full" });
    }
    if (this.#failure !== undefined) return this.#failure;
    const expected = batch.firstSequence - 1;
    if (storage.term !== this.term || storage.lastSequence !== expected) {
      const there = storage.batchAt(batch.firstSequence);
      const isOwn = there !== undefined && isSameBatch(there, batch);
      return isOwn ? "durable" : fenced(expected, storage.lastSequence);
    }
    if (!isTick(batch)) storage.batches.push(batch);
    storage.bytes += batch.payload.length;
    for (const tail of storage.tails) tail.add(batch);
    return "durable";
  }

  #failWith(failure: StorageFailure): void {
    this.#failure ??= failure;
    this.#tail.end();
  }

  #letGo(): void {
    this.#isClosed = true;
    this.#storage.tails.delete(this.#tail);
    this.#tail.end();
  }

  /** Nothing becomes durable, and it is known why, until it goes on. */
  stallWith(failure: StorageFailure): void {
    this.holdBack();
    this.#stall = failure;
    this.#troubleListener();
  }

  /** What waited becomes durable. */
  goOn(): void {
    this.#stall = undefined;
    this.#troubleListener();
    this.#isHeldBack = false;
    this.letThrough();
  }

  /** Everything under way fails, and everything later. */
  fail(failure: StorageFailure): void {
    this.#failWith(failure);
    this.letThrough();
    this.#troubleListener();
  }

  /**
   * What a loss of power does: only what is durable stays, nothing under way is ever answered, and the
   * storage may be opened again.
   */
  crash(): void {
    this.#inFlight.length = 0;
    this.#letGo();
  }
}

function damageOf(storage: MemoryLogStorage): LogDamage {
  const sequence = storage.corruptSequence ?? 1;
  const message = `the log in memory is damaged at sequence ${sequence} (corrupt)`;
  return { kind: "damage", fault: "corrupt", sequence, message };
}

/**
 * How a log is followed: what became durable of late is kept in memory while somebody follows, and
 * a follower that has fallen behind that reads from the log's storage again. The same for every log.
 */
import { assert } from "../core/assert.ts";
import {
  type CommandBatch,
  type CommandLog,
  followersMax,
  type LogDamage,
  type LogEntry,
} from "./command-log.ts";
import type { StopSignal } from "./feed.ts";

/** Most that is kept for those who follow, in bytes. */
export const tailBytesMax: number = 4 * 1_024 * 1_024;

/** What a batch counts besides its payload, so that the number of batches is bounded as well. */
const batchOverheadBytes = 256;

/** A log that is followed, and from where. */
export interface Following {
  readonly log: Pick<CommandLog, "lastSequence" | "damage">;
  /** Yields what is stored from the batch that holds a sequence on, and ends early when the tail has ended. */
  stored(fromSequence: number): AsyncIterable<LogEntry>;
  readonly fromSequence: number;
  readonly signal: StopSignal;
}

/** How far one follower has come. */
interface Place {
  /** The first sequence that it has not seen. */
  next: number;
  /** How many of all the batches ever kept are behind it: a tick is passed without `next` moving. */
  passed: number;
  isAtDamage: boolean;
}

/** The last batches that became durable, and the followers who wait for the next. */
export class LogTail {
  readonly #bytesMax: number;
  /** Oldest first, each following the one before it. */
  #batches: CommandBatch[] = [];
  /** How many batches were kept once and are not any more. */
  #forgotten = 0;
  #bytes = 0;
  #followers = 0;
  #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(bytesMax: number = tailBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Whether anybody follows; while nobody does, nothing need be added. */
  get isFollowed(): boolean {
    return this.#followers > 0;
  }

  /** Whether nothing more will become durable. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Takes a batch that has just become durable, and copies its payload. */
  add(batch: CommandBatch): void {
    if (!this.isFollowed) return;
    const last = this.#batches.at(-1);
    const follows = last === undefined || last.firstSequence + last.count === batch.firstSequence;
    // What was appended before anybody followed may be missing here; storage has it.
    if (!follows) this.#forget(this.#batches.length);
    this.#batches.push({ ...batch, payload: batch.payload.slice() });
    this.#bytes += bytesOf(batch);
    if (this.#bytes > this.#bytesMax) this.#makeRoom();
    this.#wake();
  }

  /** Nothing more will become durable: those who follow get what is kept, and then nothing. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** See `CommandLog.follow`. */
  async *follow(following: Following): AsyncGenerator<LogEntry, void, undefined> {
    const { log, fromSequence, signal } = following;
    assert(Number.isSafeInteger(fromSequence) && fromSequence >= 1, "sequences start at 1");
    assert(this.#followers < followersMax, "the number of followers is bounded");
    if (fromSequence > log.lastSequence + 1) {
      yield log.damage ?? endsTooEarly(log.lastSequence, fromSequence);
      return;
    }
    const wake = () => this.#wake();
    this.#followers += 1;
    signal.addEventListener("abort", wake);
    try {
      yield* this.#entries(following);
    } finally {
      signal.removeEventListener("abort", wake);
      this.#followers -= 1;
      if (!this.isFollowed) this.#forget(this.#batches.length);
    }
  }

  async *#entries(following: Following): AsyncGenerator<LogEntry, void, undefined> {
    const { log, fromSequence, signal } = following;
    const place: Place = { next: fromSequence, passed: 0, isAtDamage: false };
    while (!signal.aborted && !place.isAtDamage) {
      const batch = this.#pass(place);
      if (batch !== undefined) {
        yield { kind: "batch", ...batch };
      } else if (place.next <= log.lastSequence && !this.#hasEnded) {
        yield* this.#missed(following, place);
      } else if (log.damage !== undefined) {
        yield log.damage;
        return;
      } else if (this.#hasEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
        });
      }
    }
  }

  /** What is not kept any more, from storage. */
  async *#missed(
    { stored, signal }: Following,
    place: Place,
  ): AsyncGenerator<LogEntry, void, undefined> {
    for await (const entry of stored(place.next)) {
      if (signal.aborted) return;
      place.isAtDamage = entry.kind === "damage";
      if (entry.kind === "batch") place.next = entry.firstSequence + entry.count;
      yield entry;
    }
  }

  /** The next batch for a follower, who passes it; undefined when it is not kept or not there yet. */
  #pass(place: Place): CommandBatch | undefined {
    const { next } = place;
    let at = Math.max(place.passed - this.#forgotten, 0);
    let batch = this.#batches[at];
    while (batch !== undefined && isBehind(batch, next)) {
      at += 1;
      batch = this.#batches[at];
    }
    if (batch === undefined || batch.firstSequence > next) return undefined;
    place.passed = this.#forgotten + at + 1;
    place.next = batch.firstSequence + batch.count;
    return batch;
  }

  #makeRoom(): void {
    let count = 0;
    for (let bytes = this.#bytes; bytes > this.#bytesMax / 2; count += 1) {
      bytes -= bytesOf(this.#batches[count]!);
    }
    this.#forget(count);
  }

  /** Forgets so many of the oldest batches. */
  #forget(count: number): void {
    for (const batch of this.#batches.splice(0, count)) this.#bytes -= bytesOf(batch);
    this.#forgotten += count;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Whether somebody who has seen all before `next` has seen this batch; a tick before `next` is new. */
function isBehind({ firstSequence, count }: CommandBatch, next: number): boolean {
  return count === 0 ? firstSequence < next : firstSequence + count <= next;
}

function bytesOf({ payload }: CommandBatch): number {
  return payload.length + batchOverheadBytes;
}

function endsTooEarly(lastSequence: number, fromSequence: number): LogDamage {
  const message = `the log ends at command ${lastSequence}, but its follower knows commands up to ${fromSequence - 1}: put back the log that it belongs to`;
  return { kind: "damage", fault: "lost-end", sequence: lastSequence + 1, message };
}

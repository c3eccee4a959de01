/**
 * The durable, ordered record of every command: the truth from which everything else can be rebuilt.
 * It stores batches of commands that are already encoded and never looks into them.
 */
import { assert } from "../core/assert.ts";
import type { StorageFailure } from "./storage-fault.ts";

/** Largest payload of one batch in any log, in bytes. */
export const batchBytesMax: number = 16 * 1_024 * 1_024;

/** Most commands in one batch of any log. */
export const batchCommandsMax = 1_000_000;

/** How large a batch may be. */
export interface BatchBound {
  /** Most commands, 1 to {@link batchCommandsMax}. */
  readonly commands: number;
  /** Most bytes of payload, at most {@link batchBytesMax}. */
  readonly bytes: number;
}

/** The largest batch of any log. */
export const batchBoundMax: BatchBound = { commands: batchCommandsMax, bytes: batchBytesMax };

/**
 * Commands that become durable together: all of them or, after a crash before that, none. A batch
 * without commands is a tick: it says that time has passed, and changes nothing.
 */
export interface CommandBatch {
  /** Sequence of the first command; the first command of a log has sequence 1. For a tick, that of the next one. */
  readonly firstSequence: number;
  /** How many commands; their sequences follow each other. 0 for a tick. */
  readonly count: number;
  /** When the sequencer stamped the batch, in microseconds since 1970 (UTC). */
  readonly timeUs: number;
  /** The encoded commands, opaque; empty for a tick. */
  readonly payload: Uint8Array;
}

/**
 * What can be wrong with a log that was made durable before:
 * - `corrupt`: a batch is not what was appended, or batches have changed places;
 * - `missing`: batches are gone, and later ones are there;
 * - `lost-end`: the last batches are gone although they had been acknowledged;
 * - `unreadable`: the storage refuses to read a batch;
 * - `unknown-end`: it cannot be told whether the last acknowledged batch is there.
 */
export type LogFault = "corrupt" | "missing" | "lost-end" | "unreadable" | "unknown-end";

/** Where a log stops being what was acknowledged. */
export interface LogDamage {
  readonly kind: "damage";
  readonly fault: LogFault;
  /** The first sequence that cannot be vouched for; what comes before it is intact. */
  readonly sequence: number;
  /** For the operator: names the file, the place in it and what to do about it. */
  readonly message: string;
}

/** One batch while reading. */
export interface LoggedBatch extends CommandBatch {
  readonly kind: "batch";
}

/** What reading yields: batches in order and, where the log is damaged, the damage as the last entry. */
export type LogEntry = LoggedBatch | LogDamage;

/** What becomes of a batch that was taken. */
export type AppendOutcome = "durable" | StorageFailure;

/**
 * An append-only log with one writer. Its implementations keep any other writer out for as long as
 * they are open.
 */
export interface CommandLog {
  /** Names this log, so that a snapshot of another log is never mixed with it: 32 hex digits. */
  readonly epoch: string;
  /** Sequence of the last durable and undamaged command, 0 when there is none. */
  readonly lastSequence: number;
  /**
   * What opening found to be wrong with the end of the log. Such a log can be read as far as it is
   * intact but takes no batch. Opening does not look at older batches: {@link read} does.
   */
  readonly damage: LogDamage | undefined;
  /** The largest batch it takes; the same for as long as it is open. */
  readonly largestBatch: BatchBound;
  /**
   * Takes the batch that follows the last one taken; any other, and any after {@link close}, is a bug
   * of the caller. The promise resolves when the batch is durable, in the order of the appends, so
   * many may be under way at once. The payload must not be changed until then.
   *
   * `no-room` means that too much is under way: the batch was not taken and may be offered again when
   * an earlier one has become durable. A batch always finds room when none is under way.
   *
   * A tick takes its place among the batches: it is answered when all before it is durable. A log that
   * spreads commands to other machines stores it; one that does not need not, and {@link read} does
   * not yield it then.
   *
   * While the storage fails and may come back, as a full disk does, the promise waits; {@link stall}
   * says why. A failure is final: this batch and all later ones get it until the log is opened anew. They may
   * or may not be found in the log then, each wholly or not at all.
   */
  append(batch: CommandBatch): Promise<AppendOutcome> | "no-room";
  /**
   * Why nothing becomes durable at present; what was taken is tried again and again, until it is
   * durable or fails for good. Undefined while all is well.
   */
  readonly stall: StorageFailure | undefined;
  /** Why it takes no batch any more, until it is opened anew. Undefined while it may go on. */
  readonly failure: StorageFailure | undefined;
  /** Has `listener`, one for each log, called whenever {@link stall} or {@link failure} changes. */
  onTrouble(listener: () => void): void;
  /**
   * Yields what is durable, beginning with the batch that holds `fromSequence` even when it starts
   * before, and ends with what is durable when the end is reached; yields nothing past the end.
   * Every batch is checked. Memory is bounded however long the log is, and at most
   * {@link readsMax} reads may be under way. Payloads are views on shared memory: copy what you keep.
   */
  read(fromSequence: number): AsyncIterable<LogEntry>;
  /**
   * Waits until what was taken is durable, then lets the log go. During a stall it is tried once more.
   * Closing again does nothing.
   */
  close(): Promise<void>;
}

/** Most reads of one log at the same time. */
export const readsMax = 16;

/** What every log demands of a batch; another one is a bug of the caller. */
export function assertBatch(batch: CommandBatch, bound: BatchBound): void {
  const { firstSequence, count, timeUs, payload } = batch;
  const isCount = Number.isSafeInteger(count) && count >= 1 && count <= bound.commands;
  assert(isCount || isTick(batch), "a batch holds commands, and no more than the log takes");
  assert(Number.isSafeInteger(firstSequence + count), "sequences are safe integers");
  assert(Number.isSafeInteger(timeUs) && timeUs >= 0, "time is microseconds since 1970");
  assert(payload.length <= bound.bytes, "a payload is no larger than the log takes");
}

/** Whether a batch is a tick. */
export function isTick({ count, payload }: CommandBatch): boolean {
  return count === 0 && payload.length === 0;
}

/**
 * The durable, ordered record of every command: the truth from which everything else can be rebuilt.
 * It stores batches of commands that are already encoded and never looks into them.
 */
import { assert } from "../core/assert.ts";
import type { StopSignal } from "./feed.ts";
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
  /**
   * Who asked for each command: {@link originBytes} for each, opaque, all zero where nobody has to know;
   * undefined where that is so of all. Only a log that several nodes share keeps it; it is no part of what
   * is durable, and of no checksum of the log.
   */
  readonly origins?: Uint8Array | undefined;
}

/** Bytes that name who asked for a command. */
export const originBytes = 12;

/**
 * What can be wrong with a log that was made durable before:
 * - `corrupt`: a batch is not what was appended, or batches have changed places;
 * - `missing`: batches are gone, and later ones are there;
 * - `lost-end`: the last batches are gone although they had been acknowledged;
 * - `unreadable`: the storage refuses to read a batch;
 * - `unknown-end`: it cannot be told whether the last acknowledged batch is there;
 * - `shortened`: it was left out on purpose, of a log that does not keep its beginning; others have it;
 * - `newer`: a newer release has written it, in a layout that this one does not know; nothing is damaged.
 */
export type LogFault =
  | "corrupt"
  | "missing"
  | "lost-end"
  | "unreadable"
  | "unknown-end"
  | "shortened"
  | "newer";

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

/** What the writer of a batch takes for granted. */
export interface Fence {
  /** Sequence of the last command in the log before this batch. */
  readonly expects: number;
}

/**
 * A batch was refused and is not in the log, because the log is not where its writer expected it to
 * be: another writer has taken over. This one must not go on.
 */
export interface Fenced {
  readonly kind: "fenced";
  /** For the operator: where the log is and where it was expected to be. */
  readonly message: string;
}

/** What becomes of a batch that was taken. */
export type AppendOutcome = "durable" | Fenced | StorageFailure;

/**
 * An append-only log with one writer at a time. Its implementations keep any other writer out for as
 * long as they are open, or refuse the batches of the one that another has taken over from.
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
   * How many writers have taken over from one that may still have been there, this one included: 0
   * where nobody can. It tells one writer of a log from another, and is no part of any position.
   */
  readonly term: number;
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
   * With a fence, whose expectation is the sequence before the batch, a batch for which it does not
   * hold is answered with `fenced`. A batch may be appended again with the same fence when its answer
   * was lost: where the log has it already, to the byte, the answer is `durable`, and it is there once.
   *
   * While the storage fails and may come back, as a full disk does, the promise waits; {@link stall}
   * says why. A failure is final: this batch and all later ones get it until the log is opened again. They may
   * or may not be found in the log then, each wholly or not at all.
   */
  append(batch: CommandBatch, fence?: Fence): Promise<AppendOutcome> | "no-room";
  /**
   * When the next batch is wanted, of a log that works for each batch rather than for each command:
   * at once where it is undefined, else when it resolves. What is appended before is taken all the same.
   */
  nextDue(): Promise<void> | undefined;
  /**
   * Why nothing becomes durable at present; what was taken is tried again and again, until it is
   * durable or fails for good. Undefined while all is well.
   */
  readonly stall: StorageFailure | undefined;
  /** Why it takes no batch any more, until it is opened again. Undefined while it may go on. */
  readonly failure: StorageFailure | undefined;
  /** Has `listener`, one for each log, called whenever {@link stall} or {@link failure} changes. */
  onTrouble(listener: () => void): void;
  /** The first command that can be read; left out by a log that keeps all, which begins with 1. */
  firstSequence?(): Promise<number>;
  /** When command 1 was given, where that cannot be read; undefined where nobody tells it now, or it can be read. */
  begunUs?(): Promise<number | undefined>;
  /**
   * Yields what is durable, beginning with the batch that holds `fromSequence` even when it starts
   * before, and ends with what is durable when the end is reached; yields nothing past the end.
   * Every batch is checked. Memory is bounded however long the log is, and at most
   * {@link readsMax} reads may be under way. Payloads are views on shared memory: copy what you keep.
   */
  read(fromSequence: number): AsyncIterable<LogEntry>;
  /**
   * Yields what is durable as {@link read} does, and then every batch that becomes durable, ticks
   * included, each once and without a hole. It waits for the next one until `signal` aborts, and ends
   * with the log: at its damage, which is the last entry, when it has failed or is closed.
   * It is pulled: a follower that is slow holds nobody up, takes no memory, and reads from storage what it
   * has missed, where ticks may not be. `fromSequence` past the next sequence of the log is damage: the
   * log has lost its end. At most {@link followersMax} may follow at the same time. Payloads are views
   * on shared memory: copy what you keep, and change nothing.
   */
  follow(fromSequence: number, signal: StopSignal): AsyncIterable<LogEntry>;
  /**
   * Waits until what was taken is durable, then lets the log go. During a stall it is tried once more.
   * Closing again does nothing.
   */
  close(): Promise<void>;
}

/** Most reads of one log at the same time. */
export const readsMax = 16;

/** Most followers of one log at the same time. */
export const followersMax = 16;

/** What every log demands of a batch; another one is a bug of the caller. */
export function assertBatch(batch: CommandBatch, bound: BatchBound, fence?: Fence): void {
  const { firstSequence, count, timeUs, payload, origins } = batch;
  const isCount = Number.isSafeInteger(count) && count >= 1 && count <= bound.commands;
  assert(isCount || isTick(batch), "a batch holds commands, and no more than the log takes");
  assert(Number.isSafeInteger(firstSequence + count), "sequences are safe integers");
  assert(Number.isSafeInteger(timeUs) && timeUs >= 0, "time is microseconds since 1970");
  assert(payload.length <= bound.bytes, "a payload is no larger than the log takes");
  const hasOrigins = origins === undefined || origins.length === originBytes * count;
  assert(hasOrigins, "every command has an origin, or none has");
  const expects = fence?.expects ?? firstSequence - 1;
  assert(expects === firstSequence - 1, "a fence expects what comes before the batch");
}

/** Says that a writer was taken over from, in words for the operator. */
export function fenced(expects: number, lastSequence: number): Fenced {
  const place =
    lastSequence === expects
      ? ` at command ${expects}`
      : `: the log is at command ${lastSequence}, and this writer expected it at ${expects}`;
  return { kind: "fenced", message: `another writer has taken over${place}` };
}

/** Whether two batches are the same to the byte. */
export function isSameBatch(left: CommandBatch, right: CommandBatch): boolean {
  return (
    left.firstSequence === right.firstSequence &&
    left.count === right.count &&
    left.timeUs === right.timeUs &&
    left.payload.length === right.payload.length &&
    left.payload.every((byte, at) => byte === right.payload[at])
  );
}

/** Whether a batch is a tick. */
export function isTick({ count, payload }: CommandBatch): boolean {
  return count === 0 && payload.length === 0;
}

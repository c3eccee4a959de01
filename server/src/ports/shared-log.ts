/**
 * A command log that several nodes share: all follow it, and one at a time writes. What a node knows of it
 * is the last message that it has applied; who takes over says which one that is, and only one can.
 */
import type { BatchBound, CommandLog, LogDamage, LogEntry, LoggedBatch } from "./command-log.ts";
import type { StopSignal } from "./feed.ts";
import type { StorageFailure } from "./storage-fault.ts";

/** A place between two messages of a shared log: all that is known behind the first of them. */
export interface LogEnd {
  /** Number of the last message; 0 before the first. Batches, ticks and takeovers are messages; a void one is none. */
  readonly at: number;
  /** Sequence of the last command, 0 before the first. */
  readonly lastSequence: number;
  /** Checksum of all batches so far. It is the same in every log that has the same batches. */
  readonly chain: number;
  /** Term of the last message; 0 before the first. */
  readonly term: number;
}

/** A batch or a tick, and its place among the messages. */
export interface SharedBatch extends LoggedBatch {
  readonly at: number;
  /** Checksum of all batches up to this one. */
  readonly chain: number;
  /** Term of the writer that has stored it. */
  readonly term: number;
}

/**
 * A new term: what writers of lower terms had under way and is not in the log by now never will be. Something of it may
 * still be stored behind the takeover. It is void: nobody that reads or follows the log sees it, and its writer is told
 * that it was taken over from. So numbers of messages may have holes there.
 */
export interface Takeover extends LogEnd {
  readonly kind: "takeover";
  /** Name of the node that writes from here on. */
  readonly node: string;
}

/** What following yields. */
export type SharedEntry = SharedBatch | Takeover | LogDamage;

/** Why a log was not filled, or not to its end. */
export interface NotRefilled {
  readonly kind: "not-refilled";
  /** For the operator. */
  readonly message: string;
}

/** A log that any number of nodes have open. */
export interface SharedLog {
  /** See `CommandLog.epoch`. */
  readonly epoch: string;
  /** See `CommandLog.largestBatch`. */
  readonly largestBatch: BatchBound;
  /** Void messages that those who follow here have passed over. */
  readonly voidMessages: number;
  /** Where the log ends now. */
  end(): Promise<LogEnd | StorageFailure>;
  /** The first place that it knows: before the first command, or where it was shortened to. What comes behind it can be read. */
  start(): Promise<LogEnd | StorageFailure>;
  /** What it takes at its keeper, in bytes. */
  bytes(): Promise<number | StorageFailure>;
  /**
   * Leaves out, for good, what lies before the end of the last message that ends with `sequence` or before it and was
   * stamped at `untilUs` or before it (microseconds since 1970, UTC). Resolves with where the log starts then. A log
   * that starts there or later is left as it is. Whoever reads or follows from what was left out gets damage, `shortened`.
   */
  shorten(sequence: number, untilUs: number): Promise<LogEnd | StorageFailure>;
  /** See `CommandLog.read`: what is stored now, without ticks and takeovers. */
  read(fromSequence: number): AsyncIterable<LogEntry>;
  /**
   * Yields each message from the batch on that holds `fromSequence`, ticks and takeovers included, and
   * waits for the next until `signal` aborts: never a hole, and none twice. Where `fromSequence` is the
   * next sequence of the log, it begins with what comes behind the last batch, ticks and takeovers among it.
   * It goes on by itself when the broker was away. It ends with the signal, with {@link close}, or with
   * damage as its last entry. Each entry was checked: epoch, place, sequence, chain.
   */
  follow(fromSequence: number, signal: StopSignal): AsyncIterable<SharedEntry>;
  /** Where the chain stood behind the batch that ends with a sequence; undefined where none ends there or it is gone. */
  chainAfter(sequence: number): Promise<number | undefined | StorageFailure>;
  /**
   * Makes this node the writer, right behind the message that it has applied last: `overtaken` when any
   * other has come between, unless it is void. Writers of before are fenced from then on. Closing the writer closes only it.
   */
  takeOver(after: LogEnd, node: string): Promise<CommandLog | "overtaken" | StorageFailure>;
  /**
   * Writes the batches of another log of this epoch, as they are, into this one, which is empty or has the beginning
   * of that log. `entries` are all of that log, from the first. Done again, it goes on where it was interrupted.
   */
  refill(entries: AsyncIterable<LogEntry>): Promise<LogEnd | NotRefilled | StorageFailure>;
  /** Ends all that follow. Closing again does nothing. */
  close(): Promise<void>;
}

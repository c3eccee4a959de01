/**
 * Where snapshots of the exchange's state are kept, so that recovery replays only the end of the log.
 * A snapshot is opaque here, and losing one loses nothing: the log has it all.
 */
import type { StorageFailure } from "./storage-fault.ts";

/** Largest state of one snapshot, in bytes. */
export const snapshotBytesMax: number = 2 * 1_024 * 1_024 * 1_024;

/** A state, and what it is a state of. */
export interface Snapshot {
  /** Sequence of the last command that is part of the state; 0 for the state before all commands. */
  readonly sequence: number;
  /** The log's epoch, or another name of what the sequence counts: 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  readonly epoch: string;
  /** Name of the state's encoding, so that a reader can tell whether it knows it. Spelled as `epoch`. */
  readonly format: string;
  /** The encoded state, at most {@link snapshotBytesMax}. */
  readonly state: Uint8Array;
}

/** A snapshot that is there, valid or not. */
export interface SnapshotEntry {
  readonly sequence: number;
  /** Size of what is stored, in bytes. */
  readonly bytes: number;
}

/** Why a snapshot cannot be used. An older one, or the whole log, can. */
export interface SnapshotDamage {
  readonly kind: "damage";
  readonly sequence: number;
  /** For the operator: names the file and what is wrong with it. */
  readonly message: string;
}

/** A snapshot that was read and is what was written. */
export interface ReadSnapshot extends Snapshot {
  readonly kind: "snapshot";
}

/** Snapshots by sequence; only the newest few are kept. */
export interface SnapshotStore {
  /**
   * Stores a snapshot and then removes the oldest ones beyond the number that is kept. It is there
   * wholly when the promise resolves with `stored`, and in every other case, a crash included, what
   * was there before is untouched. One write at a time; the state must not be changed meanwhile.
   */
  write(snapshot: Snapshot): Promise<"stored" | StorageFailure>;
  /** What is stored, newest first. */
  list(): Promise<readonly SnapshotEntry[] | StorageFailure>;
  /** Reads and checks one snapshot; damage when it is not what was written, or not there. */
  read(sequence: number): Promise<ReadSnapshot | SnapshotDamage>;
}

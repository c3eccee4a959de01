/**
 * Small records that all nodes of a cluster share, by key. What is stored is there for each of them; of two
 * that change a record at once, one is told that the other was first.
 */

/** Longest value, in bytes. */
export const sharedValueBytesMax: number = 256 * 1_024;

/** What a key is: few enough characters that every store of records can take it as it is. */
export const sharedKeyPattern: RegExp = /^[A-Za-z0-9_-]{1,128}$/;

/** A record as it is stored. */
export interface SharedRecord {
  readonly key: string;
  readonly value: Uint8Array;
  /** From 1, higher with each change of any record. */
  readonly revision: number;
}

/** A record that was put or removed. */
export interface SharedChange {
  readonly key: string;
  /** Undefined where the record was removed. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** Nobody answered, or not in time: whether a change was made is not known. */
export interface Unreachable {
  readonly kind: "unreachable";
  /** For the operator. */
  readonly message: string;
}

/** Somebody who is told of changes. */
export interface SharedWatch {
  /** Resolves when all that was there has been told; never rejects, and never resolves while nobody answers. */
  readonly caughtUp: Promise<void>;
  /** Looks for changes now, and not when it is due; resolves when what was there has been told. */
  look(): Promise<void>;
  stop(): void;
}

/** Records that all nodes share. A key that is none, or a value that is too long, is a bug of the caller. */
export interface SharedBucket {
  /** The newest state of a record, as whoever decides about changes has it; undefined where there is none. */
  get(key: string): Promise<SharedRecord | undefined | Unreachable>;
  /**
   * Puts a record: whatever is there when no revision is named, only where there is none for 0, else only in
   * the place of that revision. The new revision, or `changed` where the condition did not hold.
   */
  put(key: string, value: Uint8Array, revision?: number): Promise<number | "changed" | Unreachable>;
  /** Removes a record, of that revision only where one is named; false where it was not there to be removed. */
  remove(key: string, revision?: number): Promise<boolean | Unreachable>;
  /**
   * Tells all that is there, then what changes, each record's newest state, in the order of revisions. Goes on
   * by itself after nobody could be asked for a while; what it was told may be told again then. What ends by
   * its age is not told.
   */
  watch(listener: (change: SharedChange) => void): SharedWatch;
}

/** Whether an answer is that there was none. */
export function isUnreachable(answer: unknown): answer is Unreachable {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "kind" in answer &&
    answer.kind === "unreachable"
  );
}

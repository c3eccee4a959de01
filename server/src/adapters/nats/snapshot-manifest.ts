/** What is said of a snapshot beside its pieces. */
import { assert } from "../../core/assert.ts";
import { type Snapshot, snapshotBytesMax } from "../../ports/snapshot-store.ts";

/** A snapshot without its state. */
export interface Manifest extends Omit<Snapshot, "state"> {
  /** Length of the state. */
  readonly bytes: number;
  /** Which pieces are its own. */
  readonly upload: string;
  /** Of its names and its state, as hex. */
  readonly sha256: string;
}

const namePattern = /^[A-Za-z0-9._-]{1,64}$/;
const uploadPattern = /^[a-z0-9-]{1,64}$/;
const hashPattern = /^[0-9a-f]{64}$/;

/** Refuses, as a bug of the caller, what would not be read back. */
export function assertSnapshot({ sequence, epoch, format, state }: Snapshot): void {
  assert(isSequence(sequence), "a snapshot's sequence is 0 or more");
  assert(namePattern.test(epoch) && namePattern.test(format), "epoch and format are plain names");
  assert(state.length <= snapshotBytesMax, "a snapshot's state has at most 2 GiB");
}

/** What bytes say of the snapshot of a sequence; undefined where they are not what we would write. */
export function parseManifest(bytes: Uint8Array, sequence: number): Manifest | undefined {
  try {
    const read: Partial<Manifest> | null = JSON.parse(Buffer.from(bytes).toString());
    const isOurs =
      read?.sequence === sequence &&
      isSequence(sequence) &&
      namePattern.test(read.epoch ?? "") &&
      namePattern.test(read.format ?? "") &&
      isSequence(read.bytes) &&
      read.bytes <= snapshotBytesMax &&
      uploadPattern.test(read.upload ?? "") &&
      hashPattern.test(read.sha256 ?? "");
    return isOurs ? (read as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

function isSequence(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

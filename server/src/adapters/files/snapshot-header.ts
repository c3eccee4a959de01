/**
 * The first 512 bytes of a snapshot file: lines of text that `head` can show. Anything but the exact
 * text that we would write is refused.
 */
import { assert } from "../../core/assert.ts";
import { type Snapshot, snapshotBytesMax } from "../../ports/snapshot-store.ts";

/** Length of a header, in bytes; the state follows. */
export const headerBytes = 512;

/** What a header says. */
export interface SnapshotHeader extends Omit<Snapshot, "state"> {
  /** Length of the state, in bytes. */
  readonly length: number;
}

const names = /^[A-Za-z0-9._-]{1,64}$/;

/** The lines that are hashed together with the state; refuses values that would not be read back. */
export function formatHeader({ sequence, epoch, format, length }: SnapshotHeader): string {
  assert(Number.isSafeInteger(sequence) && sequence >= 0, "a snapshot's sequence is 0 or more");
  assert(names.test(epoch) && names.test(format), "epoch and format are short plain names");
  assert(length <= snapshotBytesMax, "a snapshot's state has at most 2 GiB");
  return `openbourse snapshot 1\nsequence ${sequence}\nepoch ${epoch}\nformat ${format}\nlength ${length}\n`;
}

/** The whole header: the hashed lines, their SHA-256 with the state, and blanks. */
export function sealHeader(lines: string, sha256: string): string {
  return `${`${lines}sha256 ${sha256}\n`.padEnd(headerBytes - 1)}\n`;
}

const headerPattern =
  /^openbourse snapshot 1\nsequence (\d{1,16})\nepoch (\S{1,64})\nformat (\S{1,64})\nlength (\d{1,16})\nsha256 ([0-9a-f]{64})\n/;

/** Takes a header apart; undefined when it is not one of ours. */
export function parseHeader(
  text: string,
):
  | { readonly header: SnapshotHeader; readonly lines: string; readonly sha256: string }
  | undefined {
  const [, sequence = "", epoch = "", format = "", length = "", sha256 = ""] =
    headerPattern.exec(text) ?? [];
  const header = { sequence: Number(sequence), epoch, format, length: Number(length) };
  const isOurs = names.test(epoch) && names.test(format) && header.length <= snapshotBytesMax;
  if (!isOurs || !Number.isSafeInteger(header.sequence)) return undefined;
  const lines = formatHeader(header);
  return sealHeader(lines, sha256) === text ? { header, lines, sha256 } : undefined;
}

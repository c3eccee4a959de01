/**
 * The checksums of a command log. Each covers its batch and the checksum before it, back to the epoch,
 * so that a batch that was changed, moved, or taken from another log does not fit in its place.
 */
import { crc32 } from "node:zlib";
import type { CommandBatch } from "../../ports/command-log.ts";

/** Three unsigned 64-bit integers, little-endian: first sequence, count, time in microseconds. */
const header = new DataView(new ArrayBuffer(24));
const headerBytes = new Uint8Array(header.buffer);

/** What the first batch of a log is chained to. */
export function chainStart(epoch: string): number {
  return crc32(epoch);
}

/** CRC-32 of a batch, continued from the checksum of the batch before it. */
export function chainChecksum(previous: number, batch: CommandBatch): number {
  setUint64(0, batch.firstSequence);
  setUint64(8, batch.count);
  setUint64(16, batch.timeUs);
  return crc32(batch.payload, crc32(headerBytes, previous));
}

/** Writes a safe integer in two halves, which is faster than making a bigint of it. */
function setUint64(offset: number, value: number): void {
  header.setUint32(offset, value >>> 0, true);
  header.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}

/** A recording as it is stored, and what unpacking one gives. */
import type { Readable } from "node:stream";

/** Bytes asked of the disk, and of what unpacks them, at once: what a block of lines is cut from. */
export const chunkBytes: number = 128 * 1024;

/** How a recording is stored. */
export type Compression = "none" | "gzip" | "zstd" | "zip" | "parquet" | "blocks";

const signatures: readonly (readonly [start: string, compression: Compression])[] = [
  ["1f8b", "gzip"],
  ["28b52ffd", "zstd"],
  ["504b0304", "zip"],
  ["504b0506", "zip"],
  ["50415231", "parquet"],
  ["5b2a4d18", "blocks"],
];

/** How a file is stored, by its first bytes. */
export function compressionOf(start: Buffer): Compression {
  const hex = start.toString("hex", 0, 4);
  return signatures.find(([signature]) => hex.startsWith(signature))?.[1] ?? "none";
}

/** A file that was found fit to be opened. */
export interface Recording {
  /** Where it is, or what it is called in messages. */
  readonly path: string;
  /** 0 of a stream, which is as long as it is. */
  readonly sizeBytes: number;
  readonly compression: Compression;
  /** What is read in place of a file, as standard input. It is read once. */
  readonly input?: Readable | undefined;
}

/** What is in a recording. */
export interface Unpacked {
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes of the file as stored that have been read so far. */
  readonly bytesRead: () => number;
  /** What of it could not be read so far, in words; of most kinds nothing can be left out. */
  readonly faults?: () => readonly string[];
  /** Lets the file go, read to its end or not. */
  readonly close: () => void;
}

/** What cannot be unpacked, in words for the operator. */
export class UnpackError extends Error {}

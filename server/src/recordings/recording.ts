/**
 * Reads one recording, however it is packed, as blocks of lines, no faster than they are taken. What cannot
 * be read is a failure in words for the operator; nothing is thrown for it.
 */
import { open } from "node:fs/promises";
import { foreignBytes, foreignFormat } from "./foreign.ts";
import { type Line, LineSplitter } from "./line-splitter.ts";
import { compressionOf, type Recording, UnpackError, type Unpacked } from "./stored-file.ts";
import { unpack } from "./unpack.ts";

/** More than so many times its stored size, and so much more, is no recording: it would never end. */
const expansionMax = 500;
const expansionFreeBytes = 16 * 1024 * 1024;

/** Why a file cannot be played. */
export interface RecordingFailure {
  readonly kind: "failed";
  readonly reason: string;
}

/** Some lines in a row. */
export interface LineBlock {
  readonly kind: "lines";
  readonly lines: readonly Line[];
  /** Number of the first of them, counted from 1. */
  readonly firstLineNumber: number;
  /** Bytes of the file as stored that have been read so far. */
  readonly bytesRead: number;
  /** At the end: what of it could not be read, in words. */
  readonly faults?: readonly string[];
}

/** Looks at a file without playing it: its size, and by its first bytes how it is packed. */
export async function inspectRecording(path: string): Promise<Recording | RecordingFailure> {
  try {
    await using file = await open(path, "r");
    const stats = await file.stat();
    if (stats.isDirectory()) return failed(path, "it is a directory; name the files in it");
    if (!stats.isFile()) return failed(path, "it is not a regular file");
    if (stats.size === 0) return failed(path, "it is empty; fetch it again or leave it out");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(foreignBytes), 0, foreignBytes, 0);
    const start = buffer.subarray(0, bytesRead);
    const compression = compressionOf(start);
    const foreign = compression === "none" ? foreignFormat(start) : undefined;
    if (foreign !== undefined) return failed(path, `it is ${foreign}`);
    return { path, sizeBytes: stats.size, compression };
  } catch (error) {
    return failed(path, readFault(error, { compression: "none" }));
  }
}

/**
 * Reads a recording from its start. The last item is a failure when the file cannot be read to its
 * end; leaving the loop early closes the file.
 */
export async function* readRecording(
  recording: Recording,
): AsyncGenerator<LineBlock | RecordingFailure, void> {
  const splitter = new LineSplitter();
  let lineNumber = 1;
  let unpackedBytes = 0;
  let bytes: Unpacked | undefined;
  try {
    bytes = await unpack(recording);
    for await (const chunk of bytes.chunks) {
      const foreign = lineNumber === 1 ? foreignFormat(chunk) : undefined;
      if (foreign !== undefined) throw new UnpackError(`it is ${foreign}`);
      const bytesRead = bytes.bytesRead();
      unpackedBytes += chunk.length;
      if (unpackedBytes > bytesRead * expansionMax + expansionFreeBytes)
        throw new UnpackError(bomb);
      const lines = splitter.push(chunk);
      yield { kind: "lines", lines, firstLineNumber: lineNumber, bytesRead };
      lineNumber += lines.length;
    }
    const bytesRead = bytes.bytesRead();
    const faults = bytes.faults?.() ?? [];
    const lines = splitter.end();
    yield { kind: "lines", lines, firstLineNumber: lineNumber, bytesRead, faults };
  } catch (error) {
    yield failed(recording.path, `${readFault(error, recording)} (after line ${lineNumber - 1})`);
  } finally {
    bytes?.close();
  }
}

const bomb = `it unpacks to more than ${expansionMax} times its size, as no recording does`;

function failed(path: string, reason: string): RecordingFailure {
  return { kind: "failed", reason: `cannot read ${path}: ${reason}` };
}

/** Says in plain words what went wrong with a file, by the code of the system's or gzip's error. */
function readFault(error: unknown, { compression }: Pick<Recording, "compression">): string {
  if (!(error instanceof Error)) return String(error);
  const data = compression === "zip" ? "ZIP" : compression;
  switch ("code" in error ? error.code : undefined) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "there is no permission to read it";
    case "Z_BUF_ERROR":
      return `its ${data} data ends too early; the file is incomplete, fetch it again`;
    case "Z_DATA_ERROR":
    case "ZSTD_error_corruption_detected":
    case "ZSTD_error_checksum_wrong":
    case "ZSTD_error_prefix_unknown":
      return `its ${data} data is damaged (${error.message}); fetch it again`;
    default:
      return error.message;
  }
}

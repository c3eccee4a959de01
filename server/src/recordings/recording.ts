/**
 * Reads one recording, plain or gzip, as blocks of lines, no faster than they are taken. What cannot
 * be read is a failure in words for the operator; nothing is thrown for it.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { foreignBytes, foreignFormat } from "./foreign.ts";
import { type Line, LineSplitter } from "./line-splitter.ts";

/** Bytes asked of the disk, and of gzip, at once: what a block of lines is cut from. */
export const chunkBytes: number = 128 * 1024;

/** A file that was found fit to be opened. */
export interface Recording {
  readonly path: string;
  readonly sizeBytes: number;
  readonly compression: "none" | "gzip";
}

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
}

const gzipSignature = "1f8b";

/** Looks at a file without playing it: its size, and by its first bytes whether it is gzip. */
export async function inspectRecording(path: string): Promise<Recording | RecordingFailure> {
  try {
    await using file = await open(path, "r");
    const stats = await file.stat();
    if (stats.isDirectory()) return failed(path, "it is a directory; name the files in it");
    if (!stats.isFile()) return failed(path, "it is not a regular file");
    if (stats.size === 0) return failed(path, "it is empty; fetch it again or leave it out");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(foreignBytes), 0, foreignBytes, 0);
    const start = buffer.subarray(0, bytesRead);
    const isGzip = start.toString("hex").startsWith(gzipSignature);
    const foreign = isGzip ? undefined : foreignFormat(start);
    if (foreign !== undefined) return failed(path, `it is ${foreign}`);
    return { path, sizeBytes: stats.size, compression: isGzip ? "gzip" : "none" };
  } catch (error) {
    return failed(path, readFault(error));
  }
}

/**
 * Reads a recording from its start. The last item is a failure when the file cannot be read to its
 * end; leaving the loop early closes the file.
 */
export async function* readRecording(
  recording: Recording,
): AsyncGenerator<LineBlock | RecordingFailure, void> {
  const file = createReadStream(recording.path, { highWaterMark: chunkBytes });
  const gunzip =
    recording.compression === "gzip" ? createGunzip({ chunkSize: chunkBytes }) : undefined;
  // A pipeline passes the error of the file on to gunzip, and there the loop below sees it.
  const bytes: Readable = gunzip === undefined ? file : pipeline(file, gunzip, () => undefined);
  const splitter = new LineSplitter();
  let lineNumber = 1;
  try {
    for await (const chunk of bytes) {
      const foreign = lineNumber === 1 ? foreignFormat(chunk as Buffer) : undefined;
      if (foreign !== undefined) {
        yield failed(recording.path, `it is ${foreign}`);
        return;
      }
      const lines = splitter.push(chunk as Buffer);
      const bytesRead = gunzip?.bytesWritten ?? file.bytesRead;
      yield { kind: "lines", lines, firstLineNumber: lineNumber, bytesRead };
      lineNumber += lines.length;
    }
    const bytesRead = file.bytesRead;
    yield { kind: "lines", lines: splitter.end(), firstLineNumber: lineNumber, bytesRead };
  } catch (error) {
    yield failed(recording.path, `${readFault(error)} (after line ${lineNumber - 1})`);
  } finally {
    file.destroy();
    bytes.destroy();
  }
}

function failed(path: string, reason: string): RecordingFailure {
  return { kind: "failed", reason: `cannot play ${path}: ${reason}` };
}

/** Says in plain words what went wrong with a file, by the code of the system's or gzip's error. */
function readFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  switch ("code" in error ? error.code : undefined) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "there is no permission to read it";
    case "Z_BUF_ERROR":
      return "its gzip data ends too early; the file is incomplete, fetch it again";
    case "Z_DATA_ERROR":
      return `its gzip data is damaged (${error.message}); fetch it again`;
    default:
      return error.message;
  }
}

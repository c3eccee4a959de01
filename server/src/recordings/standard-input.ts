/** Reads a stream as a recording: its first bytes are looked at and put back. */
import { Readable } from "node:stream";
import { foreignBytes, foreignFormat } from "./foreign.ts";
import type { RecordingFailure } from "./recording.ts";
import { compressionOf, type Recording } from "./stored-file.ts";

const name = "standard input";

/** Looks at the start of a stream. */
export async function inspectStream(
  stream: AsyncIterable<Buffer>,
): Promise<Recording | RecordingFailure> {
  const chunks = stream[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < foreignBytes) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    start = Buffer.concat([start, value]);
  }
  if (start.length === 0) return failed("it is empty");
  const compression = compressionOf(start);
  if (compression === "zip" || compression === "parquet") {
    const what = compression === "zip" ? "a ZIP archive" : "a Parquet file";
    return failed(`it is ${what}, which is read from its end: store it and name the file`);
  }
  const foreign = compression === "none" ? foreignFormat(start) : undefined;
  if (foreign !== undefined) return failed(`it is ${foreign}`);
  async function* all() {
    yield start;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { path: name, sizeBytes: 0, compression, input: Readable.from(all()) };
}

function failed(words: string): RecordingFailure {
  return { kind: "failed", reason: `cannot read ${name}: ${words}` };
}

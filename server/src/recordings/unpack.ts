/**
 * Unpacks a recording as a stream of its bytes: plain, gzip, zstd, the one file of a ZIP archive, or the
 * rows of a Parquet file as CSV. It holds a few chunks at a time, however much there is; what is in the bytes is not its business.
 */
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { openBlocks } from "./blocks.ts";
import { openParquet } from "./parquet.ts";
import {
  type Compression,
  chunkBytes,
  type Recording,
  UnpackError,
  type Unpacked,
} from "./stored-file.ts";
import { openZip } from "./zip.ts";

/** Opens what is in a recording; an error of the system, of zlib or an `UnpackError` when that is impossible. */
export async function unpack(recording: Recording): Promise<Unpacked> {
  const { path, sizeBytes, compression, input } = recording;
  if (compression === "zip") return await openZip(path, sizeBytes);
  if (compression === "parquet") return openParquet(path, sizeBytes);
  if (compression === "blocks") return openBlocks(path);
  if (input !== undefined) return unpackStream(input, compression);
  if (compression === "zstd") return unpackFrames(path, sizeBytes);
  return unpackStream(createReadStream(path, { highWaterMark: chunkBytes }), compression);
}

function unpackStream(stored: Readable, compression: Compression): Unpacked {
  const decompress = decompressor(compression);
  let plainBytes = 0;
  // A pipeline passes an error of the file on to what unpacks it, and there the reader sees it.
  const bytes = decompress === undefined ? stored : pipeline(stored, decompress, () => undefined);
  return {
    chunks: {
      async *[Symbol.asyncIterator]() {
        for await (const chunk of bytes) {
          plainBytes += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
      },
    },
    bytesRead: () => decompress?.bytesWritten ?? plainBytes,
    close() {
      stored.destroy();
      bytes.destroy();
    },
  };
}

function decompressor(compression: Compression) {
  if (compression === "gzip") return createGunzip({ chunkSize: chunkBytes });
  if (compression === "zstd") return createZstdDecompress({ chunkSize: chunkBytes });
  return undefined;
}

/** Frames that were joined into one file are read one after another: the decompressor ends with each. */
function unpackFrames(path: string, sizeBytes: number): Unpacked {
  let from = 0;
  let frame: Unpacked | undefined;
  return {
    chunks: {
      async *[Symbol.asyncIterator]() {
        while (from < sizeBytes) {
          const stored = createReadStream(path, { start: from, highWaterMark: chunkBytes });
          frame = unpackStream(stored, "zstd");
          yield* frame.chunks;
          const read = frame.bytesRead();
          frame.close();
          frame = undefined;
          if (read === 0) throw new UnpackError("its zstd data is damaged; fetch it again");
          from += read;
        }
      },
    },
    bytesRead: () => from + (frame?.bytesRead() ?? 0),
    close: () => frame?.close(),
  };
}

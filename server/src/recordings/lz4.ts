/**
 * Unpacks the LZ4 of Parquet files, which Node's zlib does not know: blocks of the LZ4 format (lz4_Block_format.md), and
 * such blocks in the frames of Hadoop, as older programs write them. It does not read LZ4 files.
 */

/** A match is at least this long. */
const matchMin = 4;

/** A length of this many goes on in the bytes that follow. */
const lengthMore = 15;

class DamagedLz4 extends Error {
  constructor() {
    super("damaged LZ4");
  }
}

/** Unpacks one block of Parquet's codec LZ4_RAW, whose unpacked length is known. */
export function unpackLz4(packed: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  if (unpackBlock(packed, output) !== length) throw new DamagedLz4();
  return output;
}

/**
 * Unpacks Parquet's older codec LZ4: frames of Hadoop, each with the unpacked and the packed length of a block as
 * 32 bits, the highest first; or, as some programs wrote it, a block without a frame.
 */
export function unpackHadoopLz4(packed: Uint8Array, length: number): Uint8Array {
  return unpackFrames(packed, length) ?? unpackLz4(packed, length);
}

/** Undefined where the bytes are not frames. */
function unpackFrames(packed: Uint8Array, length: number): Uint8Array | undefined {
  const output = new Uint8Array(length);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let [at, done] = [0, 0];
  while (at + 8 <= packed.length) {
    const [unpackedBytes, packedBytes] = [view.getUint32(at), view.getUint32(at + 4)];
    at += 8;
    if (at + packedBytes > packed.length || done + unpackedBytes > length) return undefined;
    const block = packed.subarray(at, at + packedBytes);
    if (unpackBlock(block, output.subarray(done, done + unpackedBytes)) !== unpackedBytes) {
      return undefined;
    }
    at += packedBytes;
    done += unpackedBytes;
  }
  return at === packed.length && done === length ? output : undefined;
}

/** Unpacks a block; answers how many bytes it holds, undefined where it is damaged or does not fit. */
function unpackBlock(packed: Uint8Array, output: Uint8Array): number | undefined {
  let [at, done] = [0, 0];
  const lengthOf = (start: number): number => {
    let length = start;
    // A byte that is missing is 0 and ends it.
    for (let more = start === lengthMore ? 255 : 0; more === 255; length += more) {
      more = packed[at] ?? 0;
      at += 1;
    }
    return length;
  };
  while (at < packed.length) {
    const token = packed[at]!;
    at += 1;
    const literals = lengthOf(token >> 4);
    if (at + literals > packed.length || done + literals > output.length) return undefined;
    output.set(packed.subarray(at, at + literals), done);
    at += literals;
    done += literals;
    // The last sequence has literals alone.
    if (at === packed.length) return done;
    const distance = packed[at]! + (packed[at + 1] ?? 0) * 256;
    at += 2;
    const match = lengthOf(token & 15) + matchMin;
    if (distance === 0 || distance > done || done + match > output.length) return undefined;
    // A match may reach into what it makes: byte by byte.
    for (const end = done + match; done < end; done += 1) output[done] = output[done - distance]!;
  }
  return undefined;
}

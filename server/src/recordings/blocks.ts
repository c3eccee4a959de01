/**
 * Recordings of our own: lines in blocks, each of which can be read by itself. A block is a skippable frame of
 * zstd, which says what is in it, and a frame of zstd with its lines, so `zstd -dc` reads the whole file.
 * What is wrong with one block is told and takes no other along; a file that ends within a block, as that of a
 * program that was killed, is read to the last whole one.
 */
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, crc32, zstdCompress, zstdDecompress } from "node:zlib";
import { UnpackError, type Unpacked } from "./stored-file.ts";

/** First bytes of a block: the number of a skippable frame, the lowest byte first. */
const blockMagic = "5b2a4d18";

/** Bytes of lines after which a block is written, as soon as it may end. */
export const blockBytesMin: number = 256 * 1024;

/** Most bytes of a block's lines, and of what it says of itself. */
const blockBytesMax: number = 256 * 1024 * 1024;
const noteBytesMax = 4_096;

/** Bytes before what a block says of itself: number of the frame, length, checksum. */
const prefixBytes = 12;

/** What is in a block. Times are microseconds since 1970. */
export interface BlockNote {
  /** Of its first and its last line. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly lines: number;
  /** Bytes of its lines, packed. */
  readonly bytes: number;
  /** CRC-32 of those. */
  readonly crc: number;
}

/** A block of a file: what is in it, and where its lines are. */
export interface PlacedBlock extends BlockNote {
  readonly offset: number;
}

const pack = promisify(zstdCompress);
const unpackFrame = promisify(zstdDecompress);

/** The bytes of a block. */
export async function packBlock(
  text: string,
  { fromUs, toUs, lines }: Pick<BlockNote, "fromUs" | "toUs" | "lines">,
): Promise<Buffer> {
  const packed = await pack(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const note: BlockNote = { fromUs, toUs, lines, bytes: packed.length, crc: crc32(packed) };
  const said = Buffer.from(JSON.stringify(note));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.write(blockMagic, 0, "hex");
  prefix.writeUInt32LE(said.length + 4, 4);
  prefix.writeUInt32LE(crc32(said), 8);
  return Buffer.concat([prefix, said, packed]);
}

/**
 * The whole blocks of a file, in order: its index, as far as it can be found. The lines themselves are not read.
 * Damage in the index is told in words.
 */
export async function blocksOf(
  path: string,
): Promise<{ readonly blocks: readonly PlacedBlock[]; readonly damage: string | undefined }> {
  await using file = await open(path, "r");
  const blocks: PlacedBlock[] = [];
  try {
    for await (const block of placedBlocks(file)) if (block !== undefined) blocks.push(block);
  } catch (error) {
    if (error instanceof UnpackError) return { blocks, damage: error.message };
    throw error;
  }
  return { blocks, damage: undefined };
}

/** Opens the lines of a file. */
export function openBlocks(path: string): Unpacked {
  let read = 0;
  let isClosed = false;
  const faults: string[] = [];
  async function* chunks(): AsyncGenerator<Buffer, void> {
    await using file = await open(path, "r");
    for await (const block of placedBlocks(file)) {
      if (block === undefined) faults.push(cutOff);
      if (block === undefined || isClosed) return;
      const lines = await linesOf(file, block);
      read = block.offset + block.bytes;
      if (lines === undefined) faults.push(damagedWords(block));
      else yield lines;
    }
  }
  return {
    chunks: { [Symbol.asyncIterator]: chunks },
    bytesRead: () => read,
    faults: () => faults,
    close() {
      isClosed = true;
    },
  };
}

const cutOff =
  "it ends within a block, as when its recorder was killed: read to the last whole one";

function damagedWords({ fromUs, toUs, lines, offset }: PlacedBlock): string {
  const [from, to] = [fromUs, toUs].map((us) => new Date(us / 1_000).toISOString());
  return `its block at byte ${offset} is damaged: ${lines} lines from ${from} to ${to} are missing`;
}

/** The blocks of a file; a last undefined says that it ends within one. */
async function* placedBlocks(file: FileHandle): AsyncGenerator<PlacedBlock | undefined, void> {
  const { size } = await file.stat();
  let at = 0;
  while (at < size) {
    const note = await noteAt(file, at, size);
    if (note === undefined) return yield undefined;
    const offset = at + note.length;
    if (offset + note.said.bytes > size) return yield undefined;
    yield { ...note.said, offset };
    at = offset + note.said.bytes;
  }
}

/** What the block at a place says of itself; undefined where the file ends before that is whole. */
async function noteAt(file: FileHandle, at: number, size: number) {
  const prefix = await bytesAt(file, at, Math.min(prefixBytes, size - at));
  if (prefix.length < prefixBytes) return undefined;
  const length = prefix.readUInt32LE(4) - 4;
  const isBlock = prefix.toString("hex", 0, 4) === blockMagic && length > 0;
  if (!isBlock || length > noteBytesMax) throw new UnpackError(damagedAt(at));
  if (at + prefixBytes + length > size) return undefined;
  const said = await bytesAt(file, at + prefixBytes, length);
  if (crc32(said) !== prefix.readUInt32LE(8)) throw new UnpackError(damagedAt(at));
  // Its checksum says that it is what was written.
  return { said: JSON.parse(said.toString()) as BlockNote, length: prefixBytes + length };
}

function damagedAt(at: number): string {
  return `what its block at byte ${at} says of itself is damaged, so nothing behind it can be found`;
}

/** The lines of a block; undefined when they are damaged. */
async function linesOf(file: FileHandle, block: PlacedBlock): Promise<Buffer | undefined> {
  const packed = await bytesAt(file, block.offset, block.bytes);
  if (crc32(packed) !== block.crc) return undefined;
  return await unpackFrame(packed, { maxOutputLength: blockBytesMax });
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** Where the pieces of a tape are: in memory while they are few, else in a file that nobody else sees and that goes with its process. */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a piece is. */
export interface StoredPiece {
  readonly offset: number;
  readonly bytes: number;
}

/** Bytes that are written to the file at once. */
const writtenBytes = 256 * 1024;

/** Pieces one after another. */
export class TapeStore {
  readonly #memoryBytesMax: number;
  /** Pieces that are in memory, by their offset. */
  readonly #held = new Map<number, Buffer>();
  /** Those of them that wait to be written. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #bytes = 0;

  constructor(memoryBytesMax: number) {
    this.#memoryBytesMax = memoryBytesMax;
  }

  /** What is stored, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Stores a piece behind the others; rejects where the disk has not taken one before it. */
  async add(piece: Buffer): Promise<StoredPiece> {
    const place = { offset: this.#bytes, bytes: piece.length };
    this.#bytes += piece.length;
    this.#held.set(place.offset, piece);
    if (this.#bytes <= this.#memoryBytesMax) return place;
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes < writtenBytes) return place;
    await this.#writing;
    this.#writing = this.#write();
    // Who adds the next one is told of it.
    this.#writing.catch(() => undefined);
    return place;
  }

  async #write(): Promise<void> {
    const pieces = this.#waiting;
    const bytes = Buffer.concat(pieces);
    const offset = this.#bytes - this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#file ??= await unseenFile();
    await writeAll(this.#file, bytes, offset);
    let at = offset;
    for (const piece of pieces) {
      this.#held.delete(at);
      at += piece.length;
    }
  }

  async read({ offset, bytes }: StoredPiece): Promise<Buffer> {
    const held = this.#held.get(offset);
    if (held !== undefined) return held;
    if (this.#file === undefined) throw new Error("the tape is closed");
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(bytes), 0, bytes, offset);
    if (bytesRead < bytes) throw new Error(`a tape in ${tmpdir()} was cut off`);
    return buffer;
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    this.#held.clear();
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** A file without a name: it is gone as soon as it is closed, also by a process that is killed. */
async function unseenFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "openbourse-tape-"));
  try {
    return await open(join(folder, "rows"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeAll(file: FileHandle, piece: Buffer, offset: number): Promise<void> {
  for (let written = 0; written < piece.length; ) {
    const left = piece.length - written;
    written += (await file.write(piece, written, left, offset + written)).bytesWritten;
  }
}

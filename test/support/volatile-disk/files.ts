/**
 * The files of a disk that forgets: what was written and not synced is lost when its power is cut. The model:
 * - of a file those bytes are there that it had when it was last synced, none where it never was;
 * - directories (names that were made, moved and taken away) are as they were when anything was last synced, as file
 *   systems have it that keep a journal of them in order;
 * - what was synced is never lost, and a sync is all or nothing.
 */

/** One file or directory. */
export interface Inode {
  readonly number: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  /** Undefined of what is no file. */
  data: Bytes | undefined;
  /** Undefined of what is no directory. */
  entries: Map<string, Inode> | undefined;
}

const typeMask = 0o170_000;
const directoryType = 0o040_000;

/** Content of a file, and of it what was synced. */
export class Bytes {
  #now: Buffer = Buffer.alloc(0);
  #synced: Buffer = Buffer.alloc(0);
  length = 0;
  #syncedLength = 0;
  /** Ranges that were changed since the last sync. */
  #changed: [number, number][] = [];

  read(offset: number, size: number): Buffer {
    return this.#now.subarray(Math.min(offset, this.length), Math.min(offset + size, this.length));
  }

  write(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    this.#now = grown(this.#now, end);
    this.#now.set(bytes, offset);
    this.#changed.push([Math.min(offset, this.length), end]);
    this.length = Math.max(this.length, end);
  }

  setLength(length: number): void {
    this.#now = grown(this.#now, length);
    // What is added is zeros, also where something was before.
    this.#now.fill(0, Math.min(length, this.length), Math.max(length, this.length));
    this.#changed.push([Math.min(length, this.length), Math.max(length, this.length)]);
    this.length = length;
  }

  sync(): void {
    this.#synced = grown(this.#synced, this.length);
    for (const [from, to] of this.#changed) {
      const end = Math.min(to, this.length);
      if (from < end) this.#now.copy(this.#synced, from, from, end);
    }
    this.#changed = [];
    this.#syncedLength = this.length;
  }

  /** Forgets what was not synced; returns how many bytes were changed since. */
  forget(): number {
    const lost = this.#changed.reduce((sum, [from, to]) => sum + to - from, 0);
    this.length = this.#syncedLength;
    this.#now = Buffer.from(this.#synced.subarray(0, this.length));
    this.#changed = [];
    return lost;
  }
}

/** All files. */
export class Files {
  root: Inode;
  readonly #inodes = new Map<number, Inode>();
  #last = 0;
  /** Directories as they were at the last sync. */
  #synced: ReadonlyMap<number, ReadonlyMap<string, Inode>> = new Map();
  #hasChanged = false;

  constructor() {
    this.root = this.#new(directoryType | 0o755, { uid: 0, gid: 0 });
    this.sync(undefined);
  }

  inode(number: number): Inode | undefined {
    return this.#inodes.get(number);
  }

  make(parent: Inode, name: string, of: { mode: number; uid: number; gid: number }): Inode {
    const made = this.#new(of.mode, of);
    this.name(parent, name, made);
    return made;
  }

  /** Gives a file a name, perhaps one more. */
  name(parent: Inode, name: string, inode: Inode): void {
    parent.entries?.set(name, inode);
    this.#hasChanged = true;
  }

  remove(parent: Inode, name: string): void {
    parent.entries?.delete(name);
    this.#hasChanged = true;
  }

  move(from: { parent: Inode; name: string }, to: { parent: Inode; name: string }): void {
    const moved = from.parent.entries?.get(from.name);
    if (moved === undefined) return;
    from.parent.entries?.delete(from.name);
    this.name(to.parent, to.name, moved);
  }

  /** Makes a file durable, and all that was done to directories. */
  sync(inode: Inode | undefined): void {
    inode?.data?.sync();
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    const directories = [...this.#inodes.values()].filter(({ entries }) => entries !== undefined);
    this.#synced = new Map(directories.map(({ number, entries }) => [number, new Map(entries)]));
  }

  /** The power is cut and comes back; returns how many bytes are gone. */
  forget(): number {
    let lost = 0;
    for (const inode of this.#inodes.values()) {
      lost += inode.data?.forget() ?? 0;
      if (inode.entries !== undefined) {
        inode.entries = new Map(this.#synced.get(inode.number) ?? []);
      }
    }
    this.#hasChanged = false;
    return lost;
  }

  #new(mode: number, { uid, gid }: { uid: number; gid: number }): Inode {
    this.#last += 1;
    const isDirectory = (mode & typeMask) === directoryType;
    const made: Inode = {
      ...{ number: this.#last, mode, uid, gid, mtimeMs: Date.now() },
      data: isDirectory ? undefined : new Bytes(),
      entries: isDirectory ? new Map() : undefined,
    };
    this.#inodes.set(made.number, made);
    this.#hasChanged = true;
    return made;
  }
}

function grown(buffer: Buffer, length: number): Buffer {
  if (buffer.length >= length) return buffer;
  const larger = Buffer.alloc(Math.max(length, buffer.length * 2, 4_096));
  buffer.copy(larger);
  return larger;
}

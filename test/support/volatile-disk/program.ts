/**
 * Serves a disk that forgets (see `files.ts`) at a folder, over the kernel's FUSE protocol (linux/fuse.h, 7.31). It says
 * `mounted`, and at each line `cut` on its input it forgets, is mounted anew and says how many bytes are gone. Nobody may have
 * a file of it open then.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, read, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { say } from "../say.ts";
import { Files, type Inode } from "./files.ts";

const [, , folder = ""] = process.argv;
const files = new Files();

const errors = { none: 0, noEntry: 2, exists: 17, notDirectory: 20, notEmpty: 39, notKnown: 38 };
const writeBytesMax = 131_072;
const headBytes = 40;
const attributeBytes = 88;
const everMs = 3_600n;

/** A question of the kernel. */
interface Question {
  readonly code: number;
  readonly inode: Inode | undefined;
  readonly uid: number;
  readonly gid: number;
  readonly body: Buffer;
}

/** What is answered: bytes, or the number of an error. */
type Answer = Buffer | number;

function attributes({ number, mode, uid, gid, mtimeMs, data }: Inode): Buffer {
  const out = Buffer.alloc(attributeBytes);
  const size = BigInt(data?.length ?? 4_096);
  out.writeBigUInt64LE(BigInt(number), 0);
  out.writeBigUInt64LE(size, 8);
  out.writeBigUInt64LE((size + 511n) / 512n, 16);
  const seconds = BigInt(Math.floor(mtimeMs / 1_000));
  for (const at of [24, 32, 40]) out.writeBigUInt64LE(seconds, at);
  for (const at of [48, 52, 56]) out.writeUInt32LE((mtimeMs % 1_000) * 1_000_000, at);
  out.writeUInt32LE(mode, 60);
  out.writeUInt32LE(1, 64);
  out.writeUInt32LE(uid, 68);
  out.writeUInt32LE(gid, 72);
  out.writeUInt32LE(4_096, 80);
  return out;
}

function attributesAnswer(inode: Inode): Buffer {
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(everMs, 0);
  return Buffer.concat([head, attributes(inode)]);
}

function entry(inode: Inode): Buffer {
  const head = Buffer.alloc(40);
  head.writeBigUInt64LE(BigInt(inode.number), 0);
  head.writeBigUInt64LE(everMs, 16);
  head.writeBigUInt64LE(everMs, 24);
  return Buffer.concat([head, attributes(inode)]);
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.subarray(at, bytes.indexOf(0, at)).toString("utf8");
}

const opened = Buffer.alloc(16);

/** How each question is answered, by its number in linux/fuse.h. Questions that are not here are not known. */
const answers: Readonly<Record<number, (question: Question & { inode: Inode }) => Answer>> = {
  // LOOKUP
  1: ({ inode, body }) => {
    const found = inode.entries?.get(textAt(body, 0));
    return found === undefined ? errors.noEntry : entry(found);
  },
  // GETATTR
  3: ({ inode }) => attributesAnswer(inode),
  // SETATTR
  4: ({ inode, body }) => {
    const valid = body.readUInt32LE(0);
    if (valid & 1) inode.mode = (inode.mode & 0o170_000) | (body.readUInt32LE(68) & 0o7_777);
    if (valid & 2) inode.uid = body.readUInt32LE(76);
    if (valid & 4) inode.gid = body.readUInt32LE(80);
    if (valid & 8) inode.data?.setLength(Number(body.readBigUInt64LE(16)));
    inode.mtimeMs = Date.now();
    return attributesAnswer(inode);
  },
  // MKNOD
  8: ({ inode, body, uid, gid }) =>
    entry(files.make(inode, textAt(body, 16), { mode: body.readUInt32LE(0), uid, gid })),
  // MKDIR
  9: ({ inode, body, uid, gid }) =>
    entry(files.make(inode, textAt(body, 8), { mode: 0o040_000 | body.readUInt32LE(0), uid, gid })),
  // UNLINK
  10: ({ inode, body }) => removed(inode, textAt(body, 0)),
  // RMDIR
  11: ({ inode, body }) => removed(inode, textAt(body, 0)),
  // RENAME
  12: ({ inode, body }) => moved(inode, body, 8),
  // LINK
  13: ({ inode, body }) => {
    const linked = files.inode(Number(body.readBigUInt64LE(0)));
    if (linked === undefined) return errors.noEntry;
    files.name(inode, textAt(body, 8), linked);
    return entry(linked);
  },
  // OPEN
  14: () => opened,
  // READ
  15: ({ inode, body }) =>
    inode.data?.read(Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)) ?? errors.noEntry,
  // WRITE
  16: ({ inode, body }) => {
    const size = body.readUInt32LE(16);
    inode.data?.write(body.subarray(40, 40 + size), Number(body.readBigUInt64LE(8)));
    inode.mtimeMs = Date.now();
    const out = Buffer.alloc(8);
    out.writeUInt32LE(size, 0);
    return out;
  },
  // STATFS
  17: () => {
    const out = Buffer.alloc(80);
    for (const at of [0, 8, 16, 24, 32]) out.writeBigUInt64LE(1n << 24n, at);
    out.writeUInt32LE(4_096, 40);
    out.writeUInt32LE(255, 44);
    out.writeUInt32LE(4_096, 48);
    return out;
  },
  // RELEASE
  18: () => errors.none,
  // FSYNC
  20: ({ inode }) => {
    files.sync(inode);
    return errors.none;
  },
  // FLUSH
  25: () => errors.none,
  // INIT
  26: () => {
    const out = Buffer.alloc(64);
    out.writeUInt32LE(7, 0);
    out.writeUInt32LE(31, 4);
    out.writeUInt32LE(writeBytesMax, 8);
    // Writes of more than a page.
    out.writeUInt32LE(1 << 5, 12);
    out.writeUInt16LE(12, 16);
    out.writeUInt16LE(9, 18);
    out.writeUInt32LE(writeBytesMax, 20);
    out.writeUInt32LE(1, 24);
    return out;
  },
  // OPENDIR
  27: () => opened,
  // READDIR
  28: ({ inode, body }) => listed(inode, Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)),
  // RELEASEDIR
  29: () => errors.none,
  // FSYNCDIR
  30: () => {
    files.sync(undefined);
    return errors.none;
  },
  // ACCESS
  34: () => errors.none,
  // CREATE
  35: ({ inode, body, uid, gid }) => {
    const made = files.make(inode, textAt(body, 16), { mode: body.readUInt32LE(4), uid, gid });
    return Buffer.concat([entry(made), opened]);
  },
  // DESTROY
  38: () => errors.none,
  // RENAME2
  45: ({ inode, body }) => moved(inode, body, 16),
};

/** Questions that are not answered: FORGET, INTERRUPT, BATCH_FORGET. */
const unanswered: ReadonlySet<number> = new Set([2, 36, 42]);

function removed(parent: Inode, name: string): Answer {
  const found = parent.entries?.get(name);
  if (found === undefined) return errors.noEntry;
  if ((found.entries?.size ?? 0) > 0) return errors.notEmpty;
  files.remove(parent, name);
  return errors.none;
}

function moved(parent: Inode, body: Buffer, at: number): Answer {
  const target = files.inode(Number(body.readBigUInt64LE(0)));
  const name = textAt(body, at);
  const to = textAt(body, at + Buffer.byteLength(name) + 1);
  if (target === undefined || !parent.entries?.has(name)) return errors.noEntry;
  files.move({ parent, name }, { parent: target, name: to });
  return errors.none;
}

function listed(inode: Inode, from: number, size: number): Buffer {
  const all = [...(inode.entries ?? [])];
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = from; at < all.length; at += 1) {
    const [name, of] = all[at]!;
    const text = Buffer.from(name);
    const out = Buffer.alloc(24 + Math.ceil(text.length / 8) * 8);
    out.writeBigUInt64LE(BigInt(of.number), 0);
    out.writeBigUInt64LE(BigInt(at + 1), 8);
    out.writeUInt32LE(text.length, 16);
    out.writeUInt32LE(of.mode >> 12, 20);
    text.copy(out, 24);
    length += out.length;
    if (length > size) break;
    parts.push(out);
  }
  return Buffer.concat(parts);
}

/** Answers what the kernel asks until the folder is unmounted. */
function serve(device: number): Promise<void> {
  const buffer = Buffer.alloc(writeBytesMax + 65_536);
  return new Promise((resolve) => {
    const next = () =>
      read(device, buffer, 0, buffer.length, null, (error, length) => {
        const { code } = error ?? {};
        // Not mounted yet; and questions that were taken back.
        if (code === "EPERM") return setTimeout(next, 1);
        if (code === "EINTR" || code === "EAGAIN" || code === "ENOENT") return next();
        if (error !== null) return resolve();
        answer(device, buffer.subarray(0, length));
        next();
      });
    next();
  });
}

function answer(device: number, asked: Buffer): void {
  const code = asked.readUInt32LE(4);
  if (unanswered.has(code)) return;
  const inode = files.inode(Number(asked.readBigUInt64LE(16)));
  const body = asked.subarray(headBytes);
  const [uid, gid] = [asked.readUInt32LE(24), asked.readUInt32LE(28)];
  const handler = answers[code];
  const isKnown = inode !== undefined || code === 26 || code === 38;
  const found: Answer =
    handler === undefined
      ? errors.notKnown
      : isKnown
        ? handler({ code, inode: inode ?? files.root, uid, gid, body })
        : errors.noEntry;
  const content = typeof found === "number" ? Buffer.alloc(0) : found;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + content.length, 0);
  head.writeInt32LE(typeof found === "number" ? -found : 0, 4);
  asked.copy(head, 8, 8, 16);
  try {
    writeSync(device, Buffer.concat([head, content]));
  } catch (error) {
    // Whoever asked was killed meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

let device = -1;
let served: Promise<void> = Promise.resolve();

async function mount(): Promise<void> {
  device = openSync("/dev/fuse", "r+");
  served = serve(device);
  const options = "fd=3,rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions";
  await run(["mount", "-i", "-t", "fuse", "-o", options, "openbourse-test", folder], device);
}

async function unmount(): Promise<void> {
  await run(["umount", folder]);
  await served;
  closeSync(device);
}

function run([program = "", ...args]: readonly string[], fd?: number): Promise<void> {
  const passed = fd === undefined ? [] : [fd];
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", ...passed] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`)),
    );
  });
}

await mount();
say("mounted\n");
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "cut") continue;
  await unmount();
  const lost = files.forget();
  await mount();
  say(`lost ${lost}\n`);
}
await unmount();

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mountSmallDisk, smallDiskMissing } from "../../../../test/support/small-disk.ts";
import {
  sequencesOf,
  snapshotAt,
  snapshotStoreContract,
} from "../../ports/snapshot-store.contract.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import { openSnapshotStore } from "./snapshot-store.ts";

let root: string;
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-snapshots-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

async function openOrThrow(folder: string): Promise<SnapshotStore> {
  const opened = await openSnapshotStore({ folder });
  if (opened.kind === "failure") throw new Error(opened.message);
  return opened.store;
}

function fileOf(folder: string, sequence: number): string {
  return join(folder, `state-${String(sequence).padStart(16, "0")}.snapshot`);
}

snapshotStoreContract("a folder", () => openOrThrow(newFolder()));

describe("a folder of snapshots", () => {
  it("is made for its owner only, files included, and holds nothing but snapshots", async () => {
    const folder = join(newFolder(), "data", "snapshots");
    const store = await openOrThrow(folder);

    await store.write(snapshotAt(7));

    expect(readdirSync(folder)).toEqual(["state-0000000000000007.snapshot"]);
    const modes = [folder, fileOf(folder, 7)].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
  });

  it("begins each file with lines that a person can read", async () => {
    const folder = newFolder();
    await (await openOrThrow(folder)).write(snapshotAt(7, 3));

    const lines = readFileSync(fileOf(folder, 7), "latin1").split("\n");

    expect(lines.slice(0, 5)).toEqual([
      "openbourse snapshot 1",
      "sequence 7",
      `epoch ${"e".repeat(32)}`,
      "format exchange-1",
      "length 3",
    ]);
  });

  it("removes what a crash left half written, and leaves strangers alone", async () => {
    const folder = newFolder();
    mkdirSync(folder);
    const leftover = `${fileOf(folder, 9)}.tmp`;
    const strangers = ["notes.txt", "state-7.snapshot", "state-0000000000000001.snapshot.old"];
    for (const file of [leftover, ...strangers.map((name) => join(folder, name))]) {
      writeFileSync(file, "half");
    }

    const store = await openOrThrow(folder);

    expect(existsSync(leftover)).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(strangers.sort());
    expect(await store.list()).toEqual([]);
  });

  it("is refused with a reason when it cannot be one", async () => {
    const file = newFolder();
    writeFileSync(file, "");

    expect(await openSnapshotStore({ folder: file })).toMatchObject({
      kind: "failure",
      fault: "failed",
    });
    expect(await openSnapshotStore({ folder: join(file, "below") })).toMatchObject({
      message: expect.stringContaining(file),
    });
  });

  it("says so when its folder has gone", async () => {
    const folder = newFolder();
    const store = await openOrThrow(folder);
    rmSync(folder, { recursive: true });

    expect(await store.write(snapshotAt(1))).toMatchObject({ kind: "failure", fault: "failed" });
    expect(await store.list()).toMatchObject({ kind: "failure" });
  });
});

describe("a damaged snapshot", () => {
  /** Writes two snapshots, spoils the newer one in many ways, and tries to read it each time. */
  async function expectNoticed(spoil: (bytes: Buffer) => Iterable<Buffer>): Promise<number> {
    const folder = newFolder();
    const store = await openOrThrow(folder);
    await store.write(snapshotAt(1));
    await store.write(snapshotAt(2, 5_000));
    const file = fileOf(folder, 2);
    let tried = 0;
    for (const spoiled of spoil(readFileSync(file))) {
      writeFileSync(file, spoiled);
      expect(await store.read(2)).toMatchObject({
        kind: "damage",
        sequence: 2,
        message: expect.stringContaining(file),
      });
      tried += 1;
    }
    expect(await sequencesOf(store)).toEqual([2, 1]);
    expect(await store.read(1)).toMatchObject({ kind: "snapshot" });
    return tried;
  }

  it("is noticed whichever bit of it is flipped", async () => {
    const tried = await expectNoticed(function* (bytes) {
      for (let at = 0; at < bytes.length; at += at < 512 ? 1 : 13) {
        const spoiled = Buffer.from(bytes);
        spoiled[at] = (spoiled[at] ?? 0) ^ (1 << (at % 8));
        yield spoiled;
      }
    });

    expect(tried).toBeGreaterThan(800);
  });

  it("is noticed wherever it was cut off, and when it grew", async () => {
    await expectNoticed(function* (bytes) {
      for (let length = 0; length < bytes.length; length += 61) yield bytes.subarray(0, length);
      yield Buffer.concat([bytes, Buffer.alloc(1)]);
    });
  });

  it("is noticed when it is another snapshot under its name", async () => {
    const folder = newFolder();
    const store = await openOrThrow(folder);
    await store.write(snapshotAt(1));
    renameSync(fileOf(folder, 1), fileOf(folder, 2));

    expect(await store.read(2)).toMatchObject({
      kind: "damage",
      message: expect.stringContaining("it is the snapshot of 1"),
    });
  });

  it("is noticed when it is a folder", async () => {
    const folder = newFolder();
    const store = await openOrThrow(folder);
    mkdirSync(fileOf(folder, 2));

    expect(await store.read(2)).toMatchObject({ kind: "damage" });
  });
});

const disk = mountSmallDisk(64);
afterAll(() => disk?.remove());

describe.runIf(disk !== undefined)(`a small disk (or ${smallDiskMissing})`, () => {
  it("keeps the older snapshots when it is full", async () => {
    const folder = join(disk?.folder ?? "", "full");
    const store = await openOrThrow(folder);
    expect(await store.write(snapshotAt(1, 30_000))).toBe("stored");

    expect(await store.write(snapshotAt(2, 60_000))).toMatchObject({
      kind: "failure",
      fault: "disk-full",
      message: expect.stringContaining(fileOf(folder, 2)),
    });

    // Not even the one that was to be replaced is touched.
    expect(await store.write(snapshotAt(1, 60_000))).toMatchObject({ fault: "disk-full" });

    expect(await sequencesOf(store)).toEqual([1]);
    expect(await store.read(1)).toMatchObject({ kind: "snapshot", ...snapshotAt(1, 30_000) });
    expect(readdirSync(folder)).toHaveLength(1);
    expect(await store.write(snapshotAt(2, 10_000))).toBe("stored");
  });

  it("says so when it may not be written, and still reads", async () => {
    const store = await openOrThrow(join(disk?.folder ?? "", "read-only"));
    expect(await store.write(snapshotAt(1, 10))).toBe("stored");

    disk?.setReadOnly(true);
    const outcome = await store.write(snapshotAt(2, 10));
    const found = await store.read(1);
    disk?.setReadOnly(false);

    expect(outcome).toMatchObject({ kind: "failure", fault: "read-only" });
    expect(found).toMatchObject({ kind: "snapshot" });
  });
});

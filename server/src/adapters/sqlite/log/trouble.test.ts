import { execFile } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mountSmallDisk, smallDiskMissing } from "../../../../../test/support/small-disk.ts";
import { appendAll, batchAt, batchesOf, readAll } from "../../../ports/command-log.contract.ts";
import type { CommandLog } from "../../../ports/command-log.ts";
import { type CommandLogOptions, type CommandLogRefusal, openCommandLog } from "./log.ts";

let root: string;
let files = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-log-trouble-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFile(): string {
  files += 1;
  return join(root, String(files), "commands.db");
}

async function openOrThrow(options: CommandLogOptions): Promise<CommandLog> {
  const opened = await openCommandLog(options);
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.log;
}

async function refusalOf(file: string): Promise<CommandLogRefusal> {
  const opened = await openCommandLog({ file });
  if (opened.kind === "refused") return opened;
  await opened.log.close();
  throw new Error("the log opened");
}

// Side by side: who is refused has waited a second for the other to end.
describe.concurrent("the file of a command log", () => {
  it("is made with its folder for its owner only, side files included", async () => {
    const file = newFile();
    const log = await openOrThrow({ file });
    await appendAll(log, [batchAt(1)]);

    const paths = [join(file, ".."), file, `${file}-wal`, `${file}.acknowledged`];
    const modes = paths.map((path) => statSync(path).mode & 0o777);

    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
    await log.close();
  });

  it("is refused to everybody else while it is open, by name", async () => {
    const file = newFile();
    const log = await openOrThrow({ file });
    await appendAll(log, [batchAt(1)]);

    const [here, elsewhere] = await Promise.all([refusalOf(file), openElsewhere(file)]);

    expect(here).toMatchObject({ fault: "busy", message: expect.stringContaining(file) });
    expect(elsewhere).toEqual(here);
    await appendAll(log, [batchAt(2)]);
    await log.close();
    expect(await openElsewhere(file)).toBe(2);
  });

  it("goes to exactly one of many who make it at once", async () => {
    const file = newFile();

    const opened = await Promise.all([1, 2, 3, 4].map(() => openCommandLog({ file })));

    const logs = opened.flatMap((each) => (each.kind === "opened" ? [each.log] : []));
    expect(logs).toHaveLength(1);
    await Promise.all(logs.map((log) => log.close()));
  });

  it.each([
    ["something else", (file: string) => writeFileSync(file, "hello ".repeat(2_000))],
    ["another program's database", (file: string) => makeForeign(file)],
    ["a folder", (file: string) => mkdirSync(file)],
  ])("is refused when it is %s", async (_, make) => {
    const file = newFile();
    mkdirSync(join(file, ".."));
    make(file);

    expect((await refusalOf(file)).message).toContain(file);
  });

  it("takes no batch when its end is damaged, and can be read as far as it is intact", async () => {
    const file = newFile();
    const log = await openOrThrow({ file });
    await appendAll(log, batchesOf([2, 2, 2]));
    await log.close();
    const database = new DatabaseSync(file);
    database.exec("DELETE FROM batch WHERE first_sequence = 5");
    database.close();

    const damaged = await openOrThrow({ file });

    expect(damaged.damage).toMatchObject({ fault: "lost-end", sequence: 5 });
    expect(damaged.lastSequence).toBe(4);
    expect(await readAll(damaged)).toEqual({ batches: batchesOf([2, 2]), damage: damaged.damage });
    expect(await damaged.append(batchAt(5))).toEqual({
      kind: "failure",
      fault: "failed",
      message: damaged.damage?.message,
    });
    await damaged.close();
  });
});

describe("a command log whose thread ends", () => {
  it("fails what is under way and answers every later question", async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker): void => {
      threads.push(worker);
    };
    process.on("worker", remember);
    // Threads of earlier logs are used again: this one is to have a thread that is known.
    const others: CommandLog[] = [];
    let log = await openOrThrow({ file: newFile() });
    while (threads.length === 0) {
      others.push(log);
      log = await openOrThrow({ file: newFile() });
    }
    process.off("worker", remember);
    await Promise.all(others.map((other) => other.close()));
    await appendAll(log, [batchAt(1)]);

    const reading = readAll(log);
    const outcome = log.append(batchAt(2));
    await Promise.all(threads.map((thread) => thread.terminate()));

    expect(threads).toHaveLength(1);
    // Either may have been answered just before.
    expect(["durable", expect.objectContaining({ fault: "failed" })]).toContainEqual(await outcome);
    await reading;
    expect(await log.append(batchAt(3))).toMatchObject({ kind: "failure", fault: "failed" });
    expect(await readAll(log)).toMatchObject({ batches: [], damage: { fault: "unreadable" } });
    await log.close();
  });
});

const logModule = new URL("./log.ts", import.meta.url).href;

/** Opens the log in another process: its last sequence, or why it was refused. */
async function openElsewhere(file: string): Promise<unknown> {
  const script = `
    import { openCommandLog } from ${JSON.stringify(logModule)};
    const opened = await openCommandLog({ file: ${JSON.stringify(file)} });
    console.log(JSON.stringify(opened.kind === "opened" ? opened.log.lastSequence : opened));
    await opened.log?.close();`;
  const child = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  return JSON.parse(child.stdout);
}

function makeForeign(file: string): void {
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE theirs (id INTEGER)");
  database.close();
}

/** Appends batches of 20,000 bytes without waiting until one fails; how many were durable by then. */
async function fill(log: CommandLog, firstSequence = 1): Promise<number> {
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      log.append(batchAt(firstSequence + index, 1, 20_000)),
    ),
  );
  const durable = outcomes.findIndex((outcome) => outcome !== "durable");
  expect(durable).toBeGreaterThanOrEqual(0);
  expect(new Set(outcomes.slice(0, durable)).size).toBeLessThanOrEqual(1);
  for (const outcome of outcomes.slice(durable)) {
    expect(outcome).toMatchObject({ kind: "failure", fault: "disk-full" });
  }
  return durable;
}

/** What was durable is there, and what failed is not or is there wholly. */
async function expectIntact(log: CommandLog, lastSequence: number): Promise<void> {
  expect(log.damage).toBeUndefined();
  expect(log.lastSequence).toBeGreaterThanOrEqual(lastSequence);
  const { batches, damage } = await readAll(log);
  expect(damage).toBeUndefined();
  expect(batches.map(({ payload }) => payload.length)).toEqual(batches.map(() => 20_000));
  expect(batches).toHaveLength(log.lastSequence);
}

describe("a command log without room", () => {
  it("fails every append past the bound of its file, and goes on when opened with more", async () => {
    const file = newFile();
    const log = await openOrThrow({ file, fileBytesMax: 600_000 });
    for (const batch of [1, 2, 3].map((sequence) => batchAt(sequence, 1, 20_000))) {
      expect(await log.append(batch)).toBe("durable");
    }

    const durable = 3 + (await fill(log, 4));
    expect(log.lastSequence).toBe(durable);
    expect(await log.append(batchAt(1))).toMatchObject({ fault: "disk-full" });
    await expectIntact(log, durable);
    await log.close();

    const again = await openOrThrow({ file });
    await expectIntact(again, durable);
    await appendAll(again, [batchAt(again.lastSequence + 1, 1, 20_000)]);
    await again.close();
  });
});

/** Appends one batch after the other until one waits. */
async function appendUntilStalled(log: CommandLog) {
  const stalled = new Promise<"stalled">((resolve) => log.onTrouble(() => resolve("stalled")));
  for (let sequence = log.lastSequence + 1; ; sequence += 1) {
    const waiting = log.append(batchAt(sequence, 1, 20_000));
    if (waiting === "no-room") throw new Error("one batch has room");
    if ((await Promise.race([waiting, stalled])) !== "stalled") continue;
    return { durable: sequence - 1, waiting };
  }
}

describe("a command log whose file is taken away while it is open", () => {
  const away = (file: string) => renameSync(file, `${file}.away`);
  const replace = (file: string) => {
    copyFileSync(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
  };
  it.each([
    ["moved", away, ""],
    ["deleted", (file: string) => rmSync(file), ""],
    ["replaced by a copy", replace, ""],
    ["left without its -wal", (file: string) => rmSync(file), "-wal"],
    ["left with another -wal", replace, "-wal"],
    ["left without its mark", (file: string) => rmSync(file), ".acknowledged"],
  ])("acknowledges nothing more when it is %s", async (_what, take, suffix) => {
    const file = newFile();
    const log = await openOrThrow({ file });
    await appendAll(log, [batchAt(1)]);
    take(file + suffix);

    const outcome = await log.append(batchAt(2));

    expect(outcome).toMatchObject({
      fault: "moved",
      message: expect.stringContaining(file + suffix),
    });
    expect(log.stall).toBeUndefined();
    await log.close();
  });

  it("notices it while nothing is appended", async () => {
    const file = newFile();
    const log = await openOrThrow({ file });
    await appendAll(log, [batchAt(1)]);
    const failed = new Promise<void>((resolve) => log.onTrouble(resolve));
    rmSync(join(file, ".."), { recursive: true });
    await failed;
    expect(log.failure).toMatchObject({ fault: "moved" });
    expect(await log.append(batchAt(2))).toMatchObject({ fault: "moved" });
    await log.close();
  });

  it("goes on beside a hard link, as backups make it", async () => {
    const file = newFile();
    const log = await openOrThrow({ file });
    await appendAll(log, [batchAt(1)]);
    linkSync(file, `${file}.backup`);
    expect(await log.append(batchAt(2))).toBe("durable");
    await log.close();
  });
});

const disk = mountSmallDisk(400);
afterAll(() => disk?.remove());

describe.runIf(disk !== undefined)(`a small disk (or ${smallDiskMissing})`, () => {
  const diskFile = (name: string): string => join(disk?.folder ?? "", name, "commands.db");

  it("waits while it is full, and makes all durable that it has taken when there is room again", async () => {
    const file = diskFile("full");
    const ballast = join(disk?.folder ?? "", "ballast");
    writeFileSync(ballast, Buffer.alloc(200_000));
    const log = await openOrThrow({ file });
    const { durable, waiting } = await appendUntilStalled(log);
    expect(log.stall).toMatchObject({ fault: "disk-full", message: expect.stringContaining(file) });
    const later = log.append(batchAt(durable + 2, 1, 20_000));
    await expectIntact(log, durable);

    const resumed = new Promise<void>((resolve) => log.onTrouble(resolve));
    rmSync(ballast);
    await resumed;

    expect(log.stall).toBeUndefined();
    expect(await Promise.all([waiting, later])).toEqual(["durable", "durable"]);
    await log.close();
    const again = await openOrThrow({ file });
    await expectIntact(again, durable + 2);
    await again.close();
    rmSync(join(file, ".."), { recursive: true });
  });

  it("fails what waits when it is closed before there is room, and keeps what was durable", async () => {
    const file = diskFile("closed");
    const ballast = join(disk?.folder ?? "", "ballast");
    writeFileSync(ballast, Buffer.alloc(200_000));
    const log = await openOrThrow({ file });
    const { durable, waiting } = await appendUntilStalled(log);
    await log.close();
    expect(await waiting).toMatchObject({ kind: "failure", fault: "disk-full" });

    // Opening and reading need no room.
    const full = await openOrThrow({ file });
    await expectIntact(full, durable);
    await full.close();
    rmSync(ballast);
    rmSync(join(file, ".."), { recursive: true });
  });

  it("opens what a killed process left, whatever room there is", async () => {
    const left = newFile();
    const log = await openOrThrow({ file: left });
    await appendAll(log, [batchAt(1, 1, 20_000), batchAt(2, 1, 20_000)]);
    const parts = ["", "-wal", ".acknowledged"];
    const file = diskFile("nearly-full");
    const ballast = join(disk?.folder ?? "", "ballast");

    for (let room = 0; room <= 120_000; room += 8_192) {
      mkdirSync(join(file, ".."));
      for (const part of parts) copyFileSync(left + part, file + part);
      const { bavail, bsize } = statfsSync(join(file, ".."));
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - room));

      const opened = await openOrThrow({ file });

      await expectIntact(opened, 2);
      await opened.close();
      rmSync(ballast);
      rmSync(join(file, ".."), { recursive: true });
    }
    await log.close();
  });

  it("is refused by name when it may not be written", async () => {
    const file = diskFile("read-only");
    const log = await openOrThrow({ file });
    await appendAll(log, [batchAt(1)]);
    await log.close();

    disk?.setReadOnly(true);
    const known = await refusalOf(file);
    const unknown = await refusalOf(diskFile("new"));
    disk?.setReadOnly(false);

    expect(known.message).toContain(file);
    expect(unknown.message).toContain(diskFile("new"));
    const again = await openOrThrow({ file });
    expect((await readAll(again)).batches).toEqual([batchAt(1)]);
    await again.close();
  });
});

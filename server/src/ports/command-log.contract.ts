/** What every command log must do, whatever it keeps its batches in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../simulation/random.ts";
import type { CommandBatch, CommandLog, LogDamage, LoggedBatch } from "./command-log.ts";

/** Opens logs of one storage, one after the other. */
export interface LogStorage {
  open(inFlightBytesMax?: number): Promise<CommandLog>;
}

/** A batch whose payload is told by its sequence and looks random, so that a reader can check it. */
export function batchAt(firstSequence: number, count = 1, bytes = 40): CommandBatch {
  const random = new Random(firstSequence, "payload");
  const words = new Uint32Array(Math.ceil(bytes / 4)).map(() => random.word());
  const payload = new Uint8Array(words.buffer).slice(0, bytes);
  return { firstSequence, count, timeUs: 1_700_000_000_000_000 + firstSequence, payload };
}

/** Consecutive batches of these sizes. */
export function batchesOf(counts: readonly number[], firstSequence = 1): readonly CommandBatch[] {
  let next = firstSequence;
  return counts.map((count) => {
    const batch = batchAt(next, count);
    next += count;
    return batch;
  });
}

/** Everything that reading yields; batches as they were appended. */
export async function readAll(
  log: CommandLog,
  fromSequence = 1,
): Promise<{ readonly batches: readonly CommandBatch[]; readonly damage: LogDamage | undefined }> {
  const batches: CommandBatch[] = [];
  for await (const entry of log.read(fromSequence)) {
    if (entry.kind === "damage") return { batches, damage: entry };
    batches.push(plain(entry));
  }
  return { batches, damage: undefined };
}

function plain({ firstSequence, count, timeUs, payload }: LoggedBatch): CommandBatch {
  return { firstSequence, count, timeUs, payload: payload.slice() };
}

/** Appends batches at once and waits for all of them. */
export async function appendAll(log: CommandLog, batches: readonly CommandBatch[]): Promise<void> {
  const outcomes = await Promise.all(batches.map((batch) => log.append(batch)));
  expect(new Set(outcomes)).toEqual(new Set(batches.length === 0 ? [] : ["durable"]));
}

/** Runs the suite against the storages that `create` makes; each must be new and empty. */
export function commandLogContract(name: string, create: () => LogStorage): void {
  describe(`${name} as a command log`, () => {
    let storage: LogStorage;
    let log: CommandLog;
    beforeEach(async () => {
      storage = create();
      log = await storage.open();
    });
    afterEach(() => log.close());

    const reopen = async (inFlightBytesMax?: number): Promise<CommandLog> => {
      await log.close();
      log = await storage.open(inFlightBytesMax);
      return log;
    };

    appendContract(() => log, reopen);
    readContract(() => log);
    roomContract(reopen);
    tickContract(() => log, reopen);
    callerContract(() => log);
  });
}

type Reopen = (inFlightBytesMax?: number) => Promise<CommandLog>;

function appendContract(current: () => CommandLog, reopen: Reopen): void {
  it("starts empty, intact, and with an epoch of its own", async () => {
    expect(current().lastSequence).toBe(0);
    expect(current().damage).toBeUndefined();
    expect(current().epoch).toMatch(/^[0-9a-f]{32}$/);
    expect(await readAll(current())).toEqual({ batches: [], damage: undefined });
  });

  it("gives back exactly what was appended, now and when it is opened again", async () => {
    const batches = [batchAt(1, 3, 0), batchAt(4, 1, 1), batchAt(5, 1_000_000, 70_000)];
    const { epoch } = current();
    await appendAll(current(), batches);

    expect(current().lastSequence).toBe(1_000_004);
    expect(await readAll(current())).toEqual({ batches, damage: undefined });

    const again = await reopen();
    expect(again.lastSequence).toBe(1_000_004);
    expect(again.epoch).toBe(epoch);
    expect(await readAll(again)).toEqual({ batches, damage: undefined });
  });

  it("keeps numbers up to the largest safe integer", async () => {
    const batch = { ...batchAt(1), timeUs: Number.MAX_SAFE_INTEGER };
    await appendAll(current(), [batch]);

    expect((await readAll(current())).batches).toEqual([batch]);
  });

  it("goes on where it ended when it is opened again", async () => {
    await appendAll(current(), batchesOf([2, 2]));
    const again = await reopen();

    await appendAll(again, [batchAt(5)]);

    expect(again.lastSequence).toBe(5);
    expect((await readAll(again)).batches).toEqual([...batchesOf([2, 2]), batchAt(5)]);
  });

  it("makes many appends at once durable in their order", async () => {
    const batches = batchesOf(Array.from({ length: 300 }, (_, index) => (index % 7) + 1));
    const order: number[] = [];

    await Promise.all(
      batches.map(async (batch) => {
        expect(await current().append(batch)).toBe("durable");
        order.push(batch.firstSequence);
        expect(current().lastSequence).toBeGreaterThanOrEqual(
          batch.firstSequence + batch.count - 1,
        );
      }),
    );

    expect(order).toEqual(batches.map((batch) => batch.firstSequence));
    expect((await readAll(current())).batches).toEqual(batches);
  });

  it("makes what was taken durable before it closes, and may be closed twice", async () => {
    const outcomes = batchesOf([1, 1, 1]).map((batch) => current().append(batch));
    await current().close();
    await current().close();
    expect(current().failure, "what was closed has not failed").toBeUndefined();

    expect(await Promise.all(outcomes)).toEqual(["durable", "durable", "durable"]);
    expect((await reopen()).lastSequence).toBe(3);
  });
}

function readContract(current: () => CommandLog): void {
  const cases: readonly [number, readonly number[]][] = [
    [1, [1, 4, 5]],
    [3, [1, 4, 5]],
    [4, [4, 5]],
    [5, [5]],
    [14, [5]],
    [15, []],
    [Number.MAX_SAFE_INTEGER, []],
  ];

  it.each(cases)("reads from the batch that holds sequence %i", async (from, expected) => {
    await appendAll(current(), batchesOf([3, 1, 10]));

    const { batches, damage } = await readAll(current(), from);

    expect(batches.map((batch) => batch.firstSequence)).toEqual(expected);
    expect(damage).toBeUndefined();
  });

  it("reads a log that is many times larger than what it holds in memory", async () => {
    const batches = Array.from({ length: 60 }, (_, index) => batchAt(index + 1, 1, 100_000));
    await appendAll(current(), batches);

    let next = 1;
    for await (const entry of current().read(1)) {
      const { payload, ...batch } = batchAt(next, 1, 100_000);
      expect(entry).toMatchObject({ kind: "batch", ...batch });
      // A comparison by element would take long.
      expect(entry.kind === "batch" && Buffer.compare(entry.payload, payload)).toBe(0);
      next += 1;
    }
    expect(next).toBe(61);
  });

  it("reads several times at once, also while it is appended to", async () => {
    await appendAll(current(), batchesOf([1, 1]));

    const [first, second] = await Promise.all([
      readAll(current()),
      readAll(current(), 2),
      appendAll(current(), [batchAt(3)]),
    ]);

    expect(first.batches.slice(0, 2)).toEqual(batchesOf([1, 1]));
    expect(second.batches[0]).toEqual(batchAt(2));
  });

  it("lets a reader stop early", async () => {
    await appendAll(current(), batchesOf(Array.from({ length: 50 }, () => 1)));

    // More often than reads may be under way at once.
    for (let round = 0; round < 40; round += 1) {
      for await (const entry of current().read(1)) {
        expect(entry.kind).toBe("batch");
        break;
      }
    }

    expect((await readAll(current())).batches).toHaveLength(50);
  });
}

function roomContract(reopen: Reopen): void {
  it("takes no batch when too much is under way, and takes it later", async () => {
    const log = await reopen(10_000);
    const first = log.append(batchAt(1, 1, 8_000));
    const second = batchAt(2, 1, 8_000);

    expect(log.append(second)).toBe("no-room");
    expect(log.append(second)).toBe("no-room");
    expect(await first).toBe("durable");
    expect(await log.append(second)).toBe("durable");

    expect((await readAll(log)).batches).toEqual([batchAt(1, 1, 8_000), second]);
  });

  it("has its room back once a batch is durable", async () => {
    const log = await reopen(20_000);

    for (let sequence = 1; sequence < 10; sequence += 2) {
      await appendAll(log, [batchAt(sequence, 1, 8_000), batchAt(sequence + 1, 1, 8_000)]);
    }

    expect(log.lastSequence).toBe(10);
  });

  it("takes a batch of any size when nothing is under way", async () => {
    const log = await reopen(1_000);

    expect(await log.append(batchAt(1, 1, 50_000))).toBe("durable");
  });

  it("takes the largest batch that it says it takes", async () => {
    const log = await reopen();
    const { commands, bytes } = log.largestBatch;

    await appendAll(log, [batchAt(1, commands, 1), batchAt(commands + 1, 1, bytes)]);

    expect(log.lastSequence).toBe(commands + 1);
  });
}

function tickContract(current: () => CommandLog, reopen: Reopen): void {
  const tickAt = (firstSequence: number): CommandBatch => batchAt(firstSequence, 0, 0);

  it("answers a tick when all before it is durable, and before what comes after it", async () => {
    const order: number[] = [];
    const batches = [tickAt(1), batchAt(1, 2), tickAt(3), batchAt(3), tickAt(4), tickAt(4)];

    await Promise.all(
      batches.map(async (batch, index) => {
        expect(await current().append(batch)).toBe("durable");
        expect(current().lastSequence).toBeGreaterThanOrEqual(batch.firstSequence - 1);
        order.push(index);
      }),
    );

    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(current().lastSequence).toBe(3);
    const again = await reopen();
    expect(again.lastSequence).toBe(3);
    expect((await readAll(again)).batches.filter(({ count }) => count > 0)).toEqual([
      batchAt(1, 2),
      batchAt(3),
    ]);
  });

  it("treats a tick out of its place as a bug of the caller", async () => {
    await appendAll(current(), [batchAt(1, 2)]);

    expect(() => current().append(tickAt(2))).toThrow("invariant violated");
    expect(() => current().append(tickAt(4))).toThrow("invariant violated");
    await appendAll(current(), [tickAt(3), batchAt(3)]);
  });
}

function callerContract(current: () => CommandLog): void {
  const bugs: readonly [string, CommandBatch][] = [
    ["skips a sequence", batchAt(4)],
    ["repeats a sequence", batchAt(2)],
    ["holds no command", batchAt(3, 0)],
    ["holds part of a command", batchAt(3, 1.5)],
    ["holds too many commands", batchAt(3, 1_000_001)],
    ["has a negative time", { ...batchAt(3), timeUs: -1 }],
    ["has a fractional time", { ...batchAt(3), timeUs: 0.5 }],
    ["is too large", { ...batchAt(3), payload: new Uint8Array(16 * 1_024 * 1_024 + 1) }],
  ];

  it.each(bugs)("treats a batch that %s as a bug of the caller", async (_, batch) => {
    await appendAll(current(), [batchAt(1, 2)]);

    expect(() => current().append(batch)).toThrow("invariant violated");

    await appendAll(current(), [batchAt(3)]);
    expect(current().lastSequence).toBe(3);
  });

  it("treats an append after closing as a bug of the caller", async () => {
    await current().close();

    expect(() => current().append(batchAt(1))).toThrow("invariant violated");
  });

  it("treats reading from before the first sequence as a bug of the caller", async () => {
    await expect(readAll(current(), 0)).rejects.toThrow("invariant violated");
  });
}

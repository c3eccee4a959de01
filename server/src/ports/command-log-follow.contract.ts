/** How every command log is followed, and how it fences off a writer that was taken over from. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../simulation/random.ts";
import { appendAll, batchAt, batchesOf, type LogStorage, readAll } from "./command-log.contract.ts";
import { type CommandBatch, type CommandLog, followersMax, isTick } from "./command-log.ts";
import { tailBytesMax } from "./log-tail.ts";

/** Runs the suite against the storages that `create` makes; each must be new and empty. */
export function followContract(name: string, create: () => LogStorage): void {
  describe(`${name} as a command log that is followed`, () => {
    let storage: LogStorage;
    let log: CommandLog;
    let stop: AbortController;
    beforeEach(async () => {
      storage = create();
      log = await storage.open();
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await log.close();
    });

    const reopen = async (): Promise<CommandLog> => {
      await log.close();
      log = await storage.open();
      return log;
    };
    orderContract(
      () => log,
      () => stop,
    );
    endContract(
      () => log,
      () => stop,
      reopen,
    );
    fenceContract(() => log, reopen);
  });
}

const tickBefore = (sequence: number): CommandBatch => batchAt(sequence, 0, 0);

/** Follows until it has seen command `last`, and returns all it saw; `pause` is waited for after each batch. */
async function seenBy(
  log: CommandLog,
  { from = 1, last, stop, pause }: Watch,
): Promise<readonly CommandBatch[]> {
  const seen: CommandBatch[] = [];
  for await (const entry of log.follow(from, stop.signal)) {
    if (entry.kind === "damage") throw new Error(entry.message);
    const { firstSequence, count, timeUs, payload } = entry;
    seen.push({ firstSequence, count, timeUs, payload: payload.slice() });
    if (firstSequence + count > last) break;
    await pause?.();
  }
  return seen;
}

interface Watch {
  readonly from?: number;
  readonly last: number;
  readonly stop: AbortController;
  pause?(): Promise<void>;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function orderContract(current: () => CommandLog, stopping: () => AbortController): void {
  const starts: readonly [number, number][] = [
    [1, 0],
    [3, 0],
    [4, 1],
    [6, 2],
    [7, 3],
  ];

  it.each(starts)(
    "yields what is stored from command %i on, and then what becomes durable",
    async (from, skipped) => {
      const batches = batchesOf([3, 2, 1, 4, 1, 1]);
      await appendAll(current(), batches.slice(0, 3));
      const seen = seenBy(current(), { from, last: 12, stop: stopping() });
      for (const batch of batches.slice(3)) {
        await nextTurn();
        await appendAll(current(), [batch]);
      }

      expect(await seen).toEqual(batches.slice(skipped));
    },
  );

  it("yields ticks at their place, to those who have caught up", async () => {
    const batches = [tickBefore(1), batchAt(1), tickBefore(2), tickBefore(2), batchAt(2, 2)];
    const seen = seenBy(current(), { last: 3, stop: stopping() });
    await appendAll(current(), batches);

    expect(await seen).toEqual(batches);
  });

  it("holds no writer up, keeps little, and reads from storage what it has missed", async () => {
    const bytes = 200_000;
    const count = Math.ceil((3 * tailBytesMax) / bytes);
    const batches = Array.from({ length: count }, (_, index) => batchAt(index + 1, 1, bytes));
    let goOn = () => {};
    let pauses = 0;
    const pause = () =>
      new Promise<void>((resolve) => {
        pauses += 1;
        if (pauses > 1) resolve();
        else goOn = resolve;
      });
    const seen = seenBy(current(), { last: count, stop: stopping(), pause });
    for (const batch of batches) await appendAll(current(), [batch]);
    goOn();

    expect((await seen).map(({ firstSequence }) => firstSequence)).toEqual(
      batches.map(({ firstSequence }) => firstSequence),
    );
    expect((await seen).at(-1)).toEqual(batches.at(-1));
  });

  it.each([1, 2, 3, 4])(
    "gives every follower every batch once, whenever it comes, is slow or comes back (seed %i)",
    async (seed) => {
      const random = new Random(seed, "followers");
      const draw = (below: number) => random.below(below);
      const batches = batchesOf(Array.from({ length: 120 }, () => 1 + draw(4)));
      const last = batches.reduce((sum, { count }) => sum + count, 0);
      const pause = async () => {
        for (let turns = draw(4); turns > 0; turns -= 1) await nextTurn();
      };
      /** Is cut now and then, and follows again from where it was. */
      const followInPieces = async (): Promise<readonly CommandBatch[]> => {
        const seen: CommandBatch[] = [];
        let next = 1;
        while (next <= last) {
          const piece = Math.min(last, next + draw(40));
          const more = await seenBy(current(), {
            from: next,
            last: piece,
            stop: stopping(),
            pause,
          });
          seen.push(...more);
          const end = more.at(-1) as CommandBatch;
          next = end.firstSequence + end.count;
          await pause();
        }
        return seen;
      };
      const followers = Array.from({ length: 5 }, followInPieces);
      for (const batch of batches) {
        void current().append(batch);
        if (draw(3) === 0) void current().append(tickBefore(batch.firstSequence + batch.count));
        if (draw(3) === 0) await nextTurn();
      }

      for (const seen of await Promise.all(followers)) {
        expect(seen.filter((batch) => !isTick(batch))).toEqual(batches);
        const places = seen.map(({ firstSequence }) => firstSequence);
        expect(places).toEqual(places.toSorted((left, right) => left - right));
      }
    },
  );
}

function endContract(
  current: () => CommandLog,
  stopping: () => AbortController,
  reopen: () => Promise<CommandLog>,
): void {
  /** Follows to the end. */
  const follow = async (from = 1): Promise<readonly unknown[]> => {
    const seen: unknown[] = [];
    for await (const entry of current().follow(from, stopping().signal)) {
      seen.push(entry.kind === "batch" ? entry.firstSequence : entry);
    }
    return seen;
  };

  it("ends when it is told to, also while it waits", async () => {
    await appendAll(current(), [batchAt(1)]);
    const seen = follow();
    await nextTurn();
    stopping().abort();

    expect((await seen).filter((at) => at !== 1)).toEqual([]);
    expect(await follow()).toEqual([]);
  });

  it("ends with the log, after what is durable and was told", async () => {
    await appendAll(current(), [batchAt(1)]);
    const seen = [follow(), follow(2)];
    await nextTurn();
    await appendAll(current(), [batchAt(2)]);
    await current().close();

    expect(await Promise.all(seen)).toEqual([[1, 2], [2]]);
  });

  it("says that the log has lost its end when it ends before its follower", async () => {
    await appendAll(current(), [batchAt(1, 4)]);

    expect(await follow(6)).toEqual([
      {
        kind: "damage",
        fault: "lost-end",
        sequence: 5,
        message: expect.stringContaining(
          "ends at command 4, but its follower knows commands up to 5",
        ),
      },
    ]);
  });

  it("is bounded in how many may follow; one more is a bug of the caller", async () => {
    const all = Array.from({ length: followersMax }, () => follow());
    await nextTurn();

    await expect(follow()).rejects.toThrow("invariant violated");

    stopping().abort();
    await Promise.all(all);
    await reopen();
  });
}

function fenceContract(current: () => CommandLog, reopen: () => Promise<CommandLog>): void {
  const append = (batch: CommandBatch) =>
    current().append(batch, { expects: batch.firstSequence - 1 });

  it("takes a batch where its fence expects the log to be", async () => {
    expect([await append(batchAt(1, 2)), await append(batchAt(3))]).toEqual(["durable", "durable"]);
    expect(await append(tickBefore(4))).toBe("durable");
    expect(current().lastSequence).toBe(3);
  });

  const refused: readonly [string, CommandBatch][] = [
    ["that has gone on", { ...batchAt(3, 2), timeUs: 1 }],
    ["that has gone on, for a batch that ends elsewhere", batchAt(3, 1)],
    ["that has gone on within a batch", batchAt(4, 1)],
    ["that is not there yet", batchAt(7)],
    ["that has gone on, for a tick", tickBefore(3)],
  ];

  it.each(refused)("refuses a batch for a log %s, as a value", async (_, batch) => {
    await appendAll(current(), batchesOf([2, 2]));

    const outcome = await append(batch);

    expect(outcome).toEqual({
      kind: "fenced",
      message: `another writer has taken over: the log is at command 4, and this writer expected it at ${batch.firstSequence - 1}`,
    });
    await appendAll(current(), [batchAt(5)]);
    expect((await readAll(await reopen())).batches).toEqual([...batchesOf([2, 2]), batchAt(5)]);
  });

  it("knows a batch again that was appended before, and has it once", async () => {
    const batch = batchAt(3, 2, 5_000);
    await appendAll(current(), [batchAt(1, 2), batch, batchAt(5)]);

    expect(await append(batch)).toBe("durable");
    const again = await reopen();
    expect(await append(batch)).toBe("durable");

    expect((await readAll(again)).batches).toEqual([batchAt(1, 2), batch, batchAt(5)]);
  });

  it("knows a batch again while it is still under way", async () => {
    const outcomes = [
      append(batchAt(1)),
      append(batchAt(2)),
      append(batchAt(1)),
      append(batchAt(3)),
    ];

    expect(await Promise.all(outcomes)).toEqual(["durable", "durable", "durable", "durable"]);
    expect((await readAll(current())).batches).toEqual(batchesOf([1, 1, 1]));
  });

  it("treats a fence that does not expect what comes before its batch as a bug of the caller", () => {
    expect(() => current().append(batchAt(1), { expects: 1 })).toThrow("invariant violated");
  });
}

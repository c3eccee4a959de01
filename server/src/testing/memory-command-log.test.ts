import { describe, expect, it } from "vitest";
import { batchAt, batchesOf, commandLogContract, readAll } from "../ports/command-log.contract.ts";
import { followContract } from "../ports/command-log-follow.contract.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { MemoryCommandLog, MemoryLogStorage } from "./memory-command-log.ts";

const create = () => {
  const storage = new MemoryLogStorage();
  return {
    open: (inFlightBytesMax?: number) => {
      const log = new MemoryCommandLog(storage, { inFlightBytesMax });
      // A batch stays under way for a moment, as on a real disk.
      log.holdBack();
      const takeNow = log.append.bind(log);
      log.append = (batch, fence) => {
        const taken = takeNow(batch, fence);
        queueMicrotask(() => log.letThrough());
        return taken;
      };
      return Promise.resolve(log);
    },
  };
};

commandLogContract("memory", create);
followContract("memory", create);

const failure: StorageFailure = { kind: "failure", fault: "failed", message: "the disk is gone" };

describe("a command log in memory", () => {
  it("makes a batch durable at once unless it is held back", async () => {
    const log = new MemoryCommandLog(new MemoryLogStorage());

    const outcome = log.append(batchAt(1));

    expect(log.lastSequence).toBe(1);
    expect(await outcome).toBe("durable");
  });

  it("holds durability back until it is let through, batch by batch", async () => {
    const storage = new MemoryLogStorage();
    const log = new MemoryCommandLog(storage);
    log.holdBack();
    const outcomes = batchesOf([1, 1, 1]).map((batch) => log.append(batch));

    expect([log.lastSequence, log.inFlightBatches]).toEqual([0, 3]);
    log.letThrough(2);
    expect([log.lastSequence, log.inFlightBatches]).toEqual([2, 1]);
    expect(await Promise.all(outcomes.slice(0, 2))).toEqual(["durable", "durable"]);
    log.letThrough();
    expect(await outcomes[2]).toBe("durable");
  });

  it("keeps what was durable in a crash, and nothing else", async () => {
    const storage = new MemoryLogStorage();
    const log = new MemoryCommandLog(storage);
    log.holdBack();
    for (const batch of batchesOf([1, 1, 1])) void log.append(batch);
    log.letThrough(1);
    log.crash();

    const next = new MemoryCommandLog(storage);

    expect((await readAll(next)).batches).toEqual([batchAt(1)]);
    expect(await next.append(batchAt(2))).toBe("durable");
  });

  it("fails what is under way and everything later until it is opened again", async () => {
    const storage = new MemoryLogStorage();
    const log = new MemoryCommandLog(storage);
    log.holdBack();
    const outcomes = batchesOf([1, 1]).map((batch) => log.append(batch));

    log.fail(failure);

    expect(await Promise.all(outcomes)).toEqual([failure, failure]);
    expect(await log.append(batchAt(3))).toBe(failure);
    await log.close();
    expect(await new MemoryCommandLog(storage).append(batchAt(1))).toBe("durable");
  });

  it("is full when its storage is", async () => {
    const log = new MemoryCommandLog(new MemoryLogStorage({ bytesMax: 100 }));

    expect(await log.append(batchAt(1, 1, 100))).toBe("durable");
    expect(await log.append(batchAt(2, 1, 1))).toMatchObject({ fault: "disk-full" });
    expect(log.lastSequence).toBe(1);
  });

  it("reports a spoiled batch where it is, and takes no batch when it is the last", async () => {
    const storage = new MemoryLogStorage();
    const log = new MemoryCommandLog(storage);
    for (const batch of batchesOf([2, 2, 2])) expect(await log.append(batch)).toBe("durable");
    storage.corrupt(4);
    const { batches, damage } = await readAll(log);
    await log.close();
    storage.corrupt(5);
    const reopened = new MemoryCommandLog(storage);

    expect(batches).toEqual([batchAt(1, 2)]);
    expect(damage).toMatchObject({ fault: "corrupt", sequence: 3 });
    expect(reopened.damage).toMatchObject({ fault: "corrupt", sequence: 5 });
    expect(reopened.lastSequence).toBe(4);
    expect(await reopened.append(batchAt(5))).toMatchObject({ kind: "failure", fault: "failed" });
  });

  it("refuses the batches of a writer that another has taken over from, under way or new", async () => {
    const storage = new MemoryLogStorage();
    const older = new MemoryCommandLog(storage);
    const stored = await older.append(batchAt(1), { expects: 0 });
    older.holdBack();
    const underWay = older.append(batchAt(2), { expects: 1 });
    const newer = new MemoryCommandLog(storage, { takesOver: true });
    older.letThrough();
    const repeated = older.append(batchAt(1), { expects: 0 });
    older.letThrough();

    expect([older.term, newer.term]).toEqual([0, 1]);
    expect([stored, await repeated]).toEqual(["durable", "durable"]);
    expect(await underWay).toMatchObject({ kind: "fenced" });
    expect(await newer.append({ ...batchAt(2), timeUs: 7 }, { expects: 1 })).toBe("durable");
    const later = older.append(batchAt(3), { expects: 2 });
    older.letThrough();
    expect(await later).toMatchObject({ kind: "fenced" });
    expect((await readAll(newer)).batches).toEqual([batchAt(1), { ...batchAt(2), timeUs: 7 }]);
  });

  it("knows a batch again whose answer was lost, in the log of the same writer or the next", async () => {
    const storage = new MemoryLogStorage();
    const log = new MemoryCommandLog(storage);
    log.loseAnswers(1);
    let answer: unknown;
    void (log.append(batchAt(1), { expects: 0 }) as Promise<unknown>).then((outcome) => {
      answer = outcome;
    });

    expect(await log.append(batchAt(1), { expects: 0 })).toBe("durable");
    log.crash();
    const next = new MemoryCommandLog(storage);
    expect(await next.append(batchAt(1), { expects: 0 })).toBe("durable");
    expect(answer).toBeUndefined();
    expect(storage.batches.length).toBe(1);
  });

  it("shows a follower of one log what another has written after taking over", async () => {
    const storage = new MemoryLogStorage();
    const older = new MemoryCommandLog(storage);
    const seen: number[] = [];
    const following = (async () => {
      for await (const entry of older.follow(1, new AbortController().signal)) {
        if (entry.kind === "batch") seen.push(entry.firstSequence);
      }
    })();
    await older.append(batchAt(1));
    const newer = new MemoryCommandLog(storage, { takesOver: true });
    await newer.append(batchAt(2));
    await older.close();
    await following;

    expect(seen).toEqual([1, 2]);
  });

  it("treats a second opening of its storage as a bug of the caller", () => {
    const storage = new MemoryLogStorage();
    new MemoryCommandLog(storage);

    expect(() => new MemoryCommandLog(storage)).toThrow("invariant violated");
  });
});

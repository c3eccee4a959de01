import { beforeEach, describe, expect, it } from "vitest";
import { appendAll, batchAt } from "../ports/command-log.contract.ts";
import { writerOf } from "../ports/shared-log.contract.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryBroker, MemorySharedLog } from "../testing/memory-shared-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { pieceIntervalMs, roundIntervalMs, Scrub } from "./scrub.ts";

let clock: VirtualClock;
let errors: object[];
let warnings: object[];
beforeEach(() => {
  clock = new VirtualClock();
  errors = [];
  warnings = [];
});

const report = {
  debug() {},
  info() {},
  warn: (_phrase: string, fields: object = {}) => void warnings.push(fields),
  error: (_phrase: string, fields: object = {}) => void errors.push(fields),
};

async function scrubOf(storage: MemoryLogStorage): Promise<Scrub> {
  const log = new MemoryCommandLog(storage);
  await appendAll(log, [batchAt(1, 4_096), batchAt(4_097, 4_096), batchAt(8_193, 10)]);
  return new Scrub({ log, clock, report });
}

async function pass(ms: number): Promise<void> {
  clock.advanceBy(ms * 1_000);
  for (let settled = 0; settled < 100; settled += 1) await Promise.resolve();
}

describe("reading the log through", () => {
  it("goes piece by piece, with a pause after each, and begins again when it is done", async () => {
    const scrub = await scrubOf(new MemoryLogStorage());
    await pass(roundIntervalMs);
    expect([scrub.sequence, scrub.rounds]).toEqual([4_096, 0]);
    await pass(pieceIntervalMs);
    expect([scrub.sequence, scrub.rounds]).toEqual([8_192, 0]);
    await pass(pieceIntervalMs);
    expect([scrub.sequence, scrub.rounds]).toEqual([8_202, 1]);
    await pass(roundIntervalMs);
    expect(scrub.sequence).toBe(4_096);
    expect([scrub.damage, errors]).toEqual([undefined, []]);
    scrub.stop();
  });

  it("says loudly where an old part is damaged, once", async () => {
    const storage = new MemoryLogStorage();
    const scrub = await scrubOf(storage);
    storage.corruptSequence = 4_097;
    await pass(roundIntervalMs);
    await pass(pieceIntervalMs);
    await pass(roundIntervalMs);
    expect(scrub.damage).toContain("damaged at sequence 4097");
    expect(errors).toEqual([{ sequence: 4_097, reason: scrub.damage }]);
  });

  it("begins where a log that is shortened begins, and finds no damage in what is left out meanwhile", async () => {
    const broker = new MemoryBroker();
    const shared = new MemorySharedLog(broker);
    const writer = await writerOf(shared, "a");
    for (const first of [1, 4_097, 8_193]) await writer.append(batchAt(first, 4_096));
    await shared.shorten(4_096, Number.MAX_SAFE_INTEGER);
    const log = Object.assign(new MemoryCommandLog(new MemoryLogStorage()), {
      firstSequence: async () => broker.start.lastSequence + 1,
      read: (fromSequence: number) => shared.read(fromSequence),
    });
    const scrub = new Scrub({ log, clock, report });
    await pass(roundIntervalMs);
    expect(scrub.sequence).toBe(8_192);
    await shared.shorten(12_288, Number.MAX_SAFE_INTEGER);
    for (let piece = 0; piece < 3; piece += 1) await pass(pieceIntervalMs);
    await pass(roundIntervalMs);
    expect([scrub.damage, errors]).toEqual([undefined, []]);
    scrub.stop();
  });

  it("reads a log again that could not be reached meanwhile", async () => {
    const log = new MemoryCommandLog(new MemoryLogStorage());
    await appendAll(log, [batchAt(1, 4_096), batchAt(4_097, 10)]);
    let isAway = true;
    const shared = Object.assign(log, {
      read: async function* (from: number) {
        for await (const entry of MemoryCommandLog.prototype.read.call(log, from)) {
          yield entry;
          if (isAway) throw new Error("the broker is away");
        }
      },
    });
    const scrub = new Scrub({ log: shared, clock, report });
    await pass(roundIntervalMs);
    await pass(pieceIntervalMs);
    expect([scrub.rounds, warnings]).toEqual([0, [{ reason: "the broker is away" }]]);
    isAway = false;
    await pass(roundIntervalMs);
    await pass(pieceIntervalMs);
    expect([scrub.rounds, scrub.damage, errors]).toEqual([1, undefined, []]);
    scrub.stop();
  });

  it("stops when it is told to, also in a pause", async () => {
    const scrub = await scrubOf(new MemoryLogStorage());
    await pass(roundIntervalMs);
    scrub.stop();
    await pass(roundIntervalMs);
    expect([scrub.sequence, scrub.rounds]).toEqual([4_096, 0]);
  });
});

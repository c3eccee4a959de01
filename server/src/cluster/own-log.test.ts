import { beforeEach, describe, expect, it } from "vitest";
import { chainChecksum, chainStart } from "../adapters/chain/batch-chain.ts";
import { appendAll, batchAt, batchesOf } from "../ports/command-log.contract.ts";
import type { CommandBatch } from "../ports/command-log.ts";
import type { Answering } from "../ports/request-line.ts";
import { writerOf } from "../ports/shared-log.contract.ts";
import { nextTurn } from "../ports/timers.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryRequestLine, MemoryRequests } from "../testing/memory-request-line.ts";
import { MemoryBroker, MemorySharedLog } from "../testing/memory-shared-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { pageBatchesMax, pageSubject } from "./log-page.ts";
import { answerPages } from "./log-service.ts";
import { reachShared } from "./own-log.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const forever = Number.MAX_SAFE_INTEGER;
const batches = batchesOf([1, 2, 1, 3, 1, 1]);

let clock: VirtualClock;
let requests: MemoryRequests;
let shared: MemorySharedLog;
/** The log of an engine that has all. */
let whole: MemoryCommandLog;
beforeEach(async () => {
  clock = new VirtualClock();
  requests = new MemoryRequests();
  shared = new MemorySharedLog(new MemoryBroker());
  const writer = await writerOf(shared, "a");
  for (const batch of batches) await writer.append(batch);
  whole = new MemoryCommandLog(new MemoryLogStorage());
  await appendAll(whole, batches);
});

/** An engine answers from a log. */
function answers(from: Pick<MemoryCommandLog, "epoch" | "lastSequence" | "read"> = whole) {
  const line = new MemoryRequestLine(requests);
  return answerPages({ log: from, line, cluster: "test" });
}

/** An engine that has some batches comes to the shared log; resolves with its disk. */
async function comes(has: readonly CommandBatch[]): Promise<MemoryLogStorage> {
  const disk = new MemoryLogStorage();
  const before = new MemoryCommandLog(disk);
  await appendAll(before, has);
  const chainAtStart = has.reduce(chainChecksum, chainStart(disk.epoch));
  const own = Object.assign(before, { chainAtStart });
  const line = new MemoryRequestLine(requests);
  let isDone = false;
  const reached = reachShared({
    ...{ own, shared, log, line, cluster: "test", clock },
    chainAfter: chainChecksum,
  }).finally(() => {
    isDone = true;
  });
  reached.catch(() => {});
  for (let round = 0; !isDone && round < 1_000; round += 1) {
    clock.advanceBy(100_000);
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  }
  await reached;
  return disk;
}

const firsts = (disk: MemoryLogStorage) => disk.batches.map(({ firstSequence }) => firstSequence);

describe("an engine whose own log ends before the shared one begins", () => {
  beforeEach(async () => {
    await shared.shorten(7, forever);
  });

  it.each([
    ["has nothing", 0],
    ["was away", 2],
    ["is just before", 3],
  ])(
    "takes what it lacks from another engine where it %s, and nothing that the shared one has",
    async (_, has) => {
      await answers();
      expect(firsts(await comes(batches.slice(0, has)))).toEqual([1, 2, 4, 5]);
    },
  );

  it("asks nobody where it reaches the shared one", async () => {
    expect(firsts(await comes(batches.slice(0, 4)))).toHaveLength(4);
    expect(firsts(await comes(batches))).toHaveLength(6);
  });

  it("takes what has no room in one message in several", async () => {
    const large = [1, 2, 3, 4, 5].map((first) => batchAt(first, 1, 400_000));
    shared = new MemorySharedLog(new MemoryBroker());
    const writer = await writerOf(shared, "a");
    for (const batch of large) await writer.append(batch);
    await shared.shorten(4, forever);
    const storage = new MemoryLogStorage();
    const engine = new MemoryCommandLog(storage);
    await appendAll(engine, large);
    await answers(engine);

    const disk = await comes([]);
    expect(disk.batches).toEqual(storage.batches.slice(0, 4));
  });

  it("waits for an engine that is being started, or that lacks something itself", async () => {
    const behind = new MemoryCommandLog(new MemoryLogStorage());
    await appendAll(behind, batches.slice(0, 2));
    const first: Answering = await answers(behind);
    const come = comes([]);
    for (let turn = 0; turn < 40; turn += 1) await nextTurn();
    await first.stop();
    await answers();
    expect(firsts(await come)).toEqual([1, 2, 4, 5]);
  });

  it("says what helps where no engine has it", async () => {
    const refused =
      /begins behind command 7.*lacks the commands from 2 on.*\(nobody\).*start one that has.*cluster refill/;
    await expect(comes(batches.slice(0, 1))).rejects.toThrow(refused);
  });

  it("does not follow what it was given where the chain is another one", async () => {
    const other = new MemoryCommandLog(new MemoryLogStorage());
    await appendAll(
      other,
      batches.map((batch) => ({ ...batch, timeUs: batch.timeUs + 1 })),
    );
    await answers(other);
    await expect(comes([])).rejects.toThrow(/^corrupt: up to command 7 /);
  });

  it("is told where the other engine has other batches, and takes none", async () => {
    const other = new MemoryCommandLog(new MemoryLogStorage());
    await appendAll(other, batchesOf([4, 4, 4]));
    await answers(other);
    await expect(comes(batches.slice(0, 1))).rejects.toThrow(/other commands there: compare/);
  });

  it("believes nothing that is no page", async () => {
    const line = new MemoryRequestLine(requests);
    await line.answer(pageSubject("test"), async () => Buffer.from("nonsense"));
    await expect(comes([])).rejects.toThrow(/no page of a log/);
  });

  it("is filled once more where the shared log is shortened meanwhile", async () => {
    const more = { ...whole, epoch: whole.epoch, lastSequence: whole.lastSequence };
    let reads = 0;
    await answers({
      ...more,
      read(from: number) {
        reads += 1;
        if (reads === 1) void shared.shorten(8, forever);
        return whole.read(from);
      },
    });
    expect(firsts(await comes([]))).toEqual([1, 2, 4, 5, 8]);
  });
});

describe("an engine that answers from its own log", () => {
  it("answers no page of more batches than a page has, and nothing that is no question", async () => {
    await answers();
    const line = new MemoryRequestLine(requests);
    const asked = async (question: object) => {
      const answer = await line.ask(pageSubject("test"), Buffer.from(JSON.stringify(question)));
      return Buffer.from(answer as Uint8Array).toString("utf8", 4);
    };
    const { epoch } = whole;
    for (const question of [
      {},
      { epoch, after: -1, batchesMax: 1 },
      { epoch, after: 0, batchesMax: pageBatchesMax + 1 },
      { epoch: "f".repeat(32), after: 0, batchesMax: 1 },
    ]) {
      expect(await asked(question)).toBe('"other-log"');
    }
    expect(await asked({ epoch, after: 9, batchesMax: 1 })).toBe('"behind"');
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { batchesOf } from "../ports/command-log.contract.ts";
import { writerOf } from "../ports/shared-log.contract.ts";
import { snapshotAt } from "../ports/snapshot-store.contract.ts";
import { nextTurn } from "../ports/timers.ts";
import { MemorySnapshots } from "../sequencer/memory-snapshots.fixture.ts";
import { MemoryBroker, MemorySharedLog } from "../testing/memory-shared-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { LogShortener, type LogShortenerOptions, lookEveryMs } from "./log-shortener.ts";
import type { NodeNeed } from "./shortening.ts";

/** 40 seconds after the batches of the tests. */
const nowUs = 1_700_000_040_000_000;
const other: NodeNeed = { node: "b", role: "engine", state: "following", has: 3 };

let clock: VirtualClock;
let shared: MemorySharedLog;
let snapshots: MemorySnapshots;
let warned: string[];
let wanted: number;
beforeEach(async () => {
  clock = new VirtualClock(nowUs);
  shared = new MemorySharedLog(new MemoryBroker());
  snapshots = new MemorySnapshots();
  warned = [];
  wanted = 0;
  const writer = await writerOf(shared, "a");
  for (const batch of batchesOf([1, 1, 1, 1, 1])) await writer.append(batch);
  await snapshots.write(snapshotAt(4));
});

function shortener(more: Partial<LogShortenerOptions> = {}): LogShortener {
  const log = { debug() {}, info() {}, warn: (phrase: string) => warned.push(phrase), error() {} };
  return new LogShortener({
    ...{ node: "a", shared, snapshots, clock, log, keepMs: 0, waitBytesMax: 1_000_000 },
    ...{ leads: () => true, own: () => 5, nodes: () => [other] },
    wantSnapshot: () => {
      wanted += 1;
    },
    ...more,
  });
}

describe("an engine that looks how long the shared log is", () => {
  it("shortens it every few seconds while it leads, and says what keeps the rest", async () => {
    const made = shortener();
    made.start();
    clock.advanceBy(lookEveryMs * 1_000);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(shared.broker.start.lastSequence).toBe(3);
    expect(made.status).toMatchObject({ begins: 3, leftBehind: [] });
    expect(made.status?.heldBy).toMatch(/^b \(following\) has up to command 3/);
    await made.stop();
  });

  it("changes nothing while another leads, and tells the same", async () => {
    const made = shortener({ leads: () => false });
    await made.look();
    expect(made.status).toMatchObject({ begins: 0, heldBy: expect.stringMatching(/^b /) });
    expect(shared.broker.start.lastSequence).toBe(0);
  });

  it("keeps what is younger than it is told", async () => {
    const made = shortener({ keepMs: 24 * 3_600_000 });
    await made.look();
    expect(made.status).toMatchObject({ begins: 0 });
    expect(made.status?.heldBy).toBe("commands of the last 24 h are kept (cluster.keepLogHours)");
  });

  it("waits for nobody that keeps it larger than it may be for that, and says so once", async () => {
    const made = shortener({ waitBytesMax: 10 });
    await made.look();
    await made.look();
    expect(made.status).toMatchObject({ begins: 4, leftBehind: ["b"] });
    expect(warned).toHaveLength(1);
  });

  it("asks for a snapshot where none has come for an hour, once an hour", async () => {
    const made = shortener();
    await made.look();
    clock.advanceBy(3_599_000_000);
    await made.look();
    expect(wanted).toBe(0);
    clock.advanceBy(1_000_000);
    await made.look();
    await made.look();
    expect(wanted).toBe(1);
  });

  it("asks for none where the newest one is of all commands", async () => {
    const made = shortener({ own: () => 4 });
    await made.look();
    clock.advanceBy(3_600_000_000);
    await made.look();
    expect(wanted).toBe(0);
  });

  it("does nothing while the log cannot be asked", async () => {
    const made = shortener();
    shared.isCut = true;
    await made.look();
    expect(made.status).toBeUndefined();
  });
});

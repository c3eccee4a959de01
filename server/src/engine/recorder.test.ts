import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openHistory } from "../adapters/sqlite/history/history.ts";
import type { Atoms } from "../core/num/money.ts";
import type { History } from "../ports/history.ts";
import type { Released } from "../ports/released.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { gatheringMs, handedOverEventsMax, Recorder } from "./recorder.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-recorder-"));
afterAll(() => rmSync(folder, { recursive: true }));
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function historyIn(name: string): Promise<History> {
  const file = join(folder, name);
  const opened = await openHistory({ file, epoch: "0".repeat(32) });
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.history;
}

/** Lets what was begun without a wait go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const released = (from: number, count: number): readonly Released[] =>
  Array.from({ length: count }, (_, index) => ({
    sequence: from + index,
    timeUs: 1_750_000_000_000_000,
    command: { kind: "halt-market", market: "NO_SUCH" },
    events: [{ kind: "refused", reason: "unknown-market" }],
  }));

/** A command with so many events, which no exchange would have, but each of which is stored. */
const depositsIn = (sequence: number, count: number): Released => ({
  sequence,
  timeUs: 1_750_000_000_000_000,
  command: { kind: "cancel-all", user: "a" },
  events: Array.from({ length: count }, (_, index) => ({
    ...{ kind: "balance-changed", user: "a", currency: "USDT", reason: "deposit" },
    oldAvailable: BigInt(index) as Atoms,
    newAvailable: BigInt(index + 1) as Atoms,
    oldHeld: 0n as Atoms,
    newHeld: 0n as Atoms,
  })),
});

describe("the recorder", () => {
  it("has caught up with a command when that is stored, whatever comes after it", async () => {
    const history = await historyIn("history.db");
    const recorder = new Recorder(history, log);
    recorder.take(released(1, 3_000));
    const caughtUp = recorder.caughtUp(3_000);
    recorder.take(released(3_001, 3_000));
    expect(await caughtUp).toBeUndefined();
    expect(history.lastSequence).toBeGreaterThanOrEqual(3_000);
    await recorder.finish();
    rmSync(join(folder, "history.db"));
  });

  it("gathers commands for a while, unless somebody waits for them", async () => {
    const clock = new VirtualClock();
    const history = await historyIn("gathered.db");
    const recorder = new Recorder(history, log, clock);

    recorder.take(released(1, 2));
    recorder.take(released(3, 2));
    expect(await history.flushed()).toBe(0);
    clock.advanceBy(gatheringMs * 1_000);
    await settled();
    expect(await history.flushed()).toBe(4);

    recorder.take(released(5, 2));
    expect(await recorder.caughtUp(6)).toBeUndefined();
    expect(history.lastSequence).toBe(6);
    recorder.take(released(7, 1_000));
    await settled();
    expect(await history.flushed()).toBe(1_006);

    recorder.take(released(1_007, 1));
    await recorder.finish();
    const reopened = await historyIn("gathered.db");
    expect(reopened.lastSequence).toBe(1_007);
    await reopened.close();
  });

  it("hands a large command over in pieces, and lets a turn pass between two of them", async () => {
    const history = await historyIn("pieces.db");
    const given: number[] = [];
    const record = history.record.bind(history);
    history.record = (commands, isUnfinished) => {
      given.push(commands.reduce((sum, { events }) => sum + events.length, 0));
      record(commands, isUnfinished);
    };
    const recorder = new Recorder(history, log);
    const changes = 3 * handedOverEventsMax + 1;
    recorder.take([released(1, 1)[0]!, depositsIn(2, changes)]);
    const caughtUp = recorder.caughtUp(2);
    recorder.take(released(3, 1));
    await settled();
    expect(given.length).toBeLessThan(4);

    expect(await caughtUp).toBeUndefined();
    expect(history.lastSequence).toBe(3);
    expect(Math.max(...given)).toBe(handedOverEventsMax);
    const query = { user: "a", currency: "USDT", limit: 2 };
    expect(await history.balanceChanges(query)).toMatchObject([
      { sequence: 2, ordinal: changes - 1 },
      { sequence: 2, ordinal: changes - 2 },
    ]);
    await recorder.finish();
  });

  it("stores everything in order at the pace of the history, and later skips what is stored", async () => {
    const first = await historyIn("history.db");
    // Nobody else asks for what is stored, and the history would gather for a second each time.
    const advanced = first.advanced.bind(first);
    first.advanced = () => {
      void first.flushed();
      return advanced();
    };
    const recorder = new Recorder(first, log, undefined, 2_000);
    let unstoredMost = 0;
    for (let from = 1; from <= 11_001; from += 1_000) {
      await recorder.replayed(released(from, 1_000));
      unstoredMost = Math.max(unstoredMost, recorder.unstoredEvents);
    }
    expect(unstoredMost).toBeLessThan(2_000);
    await recorder.finish();

    const second = await historyIn("history.db");
    expect(second.lastSequence).toBe(12_000);
    const again = new Recorder(second, log);
    await again.replayed(released(11_901, 200));
    expect(await second.flushed()).toBe(12_100);
    await again.finish();
  });

  it("has no room while more events are unstored than its bound, whoever has them, and has it again", async () => {
    const history = await historyIn("bound.db");
    const clock = new VirtualClock();
    const recorder = new Recorder(history, log, clock, 5_000);
    recorder.take(released(1, 1));
    recorder.take([depositsIn(2, 4_998)]);
    expect([recorder.unstoredEvents, recorder.hasRoom]).toEqual([4_999, true]);
    recorder.take(released(3, 1));
    expect(recorder.hasRoom).toBe(false);

    // Handed over, it is the history that has them: they count as before.
    clock.advanceBy(gatheringMs * 1_000);
    await settled();
    expect(recorder.hasRoom).toBe(false);
    expect(await recorder.caughtUp(3)).toBeUndefined();
    expect([recorder.unstoredEvents, recorder.hasRoom]).toEqual([0, true]);
    await recorder.finish();
  });

  it("says why nothing is stored when that happens, whether commands come or not, and once", async () => {
    const said: unknown[] = [];
    const error = (phrase: string, fields?: unknown) => said.push([phrase, fields]);
    const history = new MemoryHistory();
    const recorder = new Recorder(history, { ...log, error });
    history.fail({ kind: "failure", fault: "disk-full", message: "no room" });
    expect(said).toEqual([
      [expect.stringMatching(/^the history is not written any more/), { reason: "no room" }],
    ]);
    recorder.take(released(1, 2));
    await recorder.finish();
    expect(said).toHaveLength(1);
  });

  it("holds nobody back once its history stores nothing more", async () => {
    const history = new MemoryHistory();
    const recorder = new Recorder(history, log, new VirtualClock(), 10);
    recorder.take(released(1, 10));
    expect(recorder.hasRoom).toBe(false);
    history.fail({ kind: "failure", fault: "failed", message: "broken" });
    expect(recorder.hasRoom).toBe(true);
    expect(recorder.fault).toBe("broken");
  });
});

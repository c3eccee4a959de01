import { describe, expect, it } from "vitest";
import {
  MemoryCommandLog,
  MemoryLogStorage,
} from "../../../server/src/testing/memory-command-log.ts";
import { DurablePath } from "./durable-path.ts";
import { setupCommands } from "./order-commands.ts";
import { createOrderFlow } from "./order-flow.ts";

const flow = createOrderFlow({ seed: 5, markets: 2, users: 10, resting: 50, operations: 4_000 });
const setupCount = setupCommands(flow.options).length;

async function opened(nowMs?: () => number) {
  const storage = new MemoryLogStorage();
  const log = new MemoryCommandLog(storage);
  return { storage, log, path: await DurablePath.open(log, flow, nowMs) };
}

describe("the durable path of a flow", () => {
  it("opens with its markets, money and orders in the log", async () => {
    const { storage, path } = await opened();

    expect(storage.lastSequence).toBe(setupCount + flow.fillLength);
    expect(path.exchange.sequence).toBe(storage.lastSequence);
  });

  it("brings every command of a range into the log, with a few under way or many", async () => {
    const { storage, path } = await opened();
    const middle = flow.fillLength + 1_000;

    expect(await path.saturate({ from: flow.fillLength, to: middle }, 3)).toBe(1_000);
    expect(await path.saturate({ from: middle, to: flow.length }, 100_000)).toBe(3_000);
    expect(storage.lastSequence).toBe(setupCount + flow.length);
  });

  it("tells how long each command took from when it was due", async () => {
    const { path } = await opened();
    const range = { from: flow.fillLength, to: flow.fillLength + 2_000 };

    const latencies = await path.pace(range, 40_000);

    expect(latencies).toHaveLength(2_000);
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(0);
  });

  it("counts the time for which nothing could be submitted", async () => {
    let nowMs = 0;
    const { path } = await opened(() => nowMs);
    const range = { from: flow.fillLength, to: flow.fillLength + 400 };
    // All of them become due while nothing is submitted.
    setImmediate(() => (nowMs = 60));

    const latencies = await path.pace(range, 10_000);

    // The last of 400 at 10,000 a second is due 39.9 ms after the first.
    expect(latencies[0]).toBe(60);
    expect(latencies[399]).toBeCloseTo(20.1);
  });

  it("fails when the log does", async () => {
    const { log, path } = await opened();
    log.fail({ kind: "failure", fault: "disk-full", message: "the disk is full" });

    const range = { from: flow.fillLength, to: flow.length };
    await expect(path.saturate(range, 100)).rejects.toThrow("was not done: stopped");
  });
});

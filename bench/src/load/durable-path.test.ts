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

async function opened() {
  const storage = new MemoryLogStorage();
  const log = new MemoryCommandLog(storage);
  return { storage, log, path: await DurablePath.open(log, flow) };
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
    const { path } = await opened();
    const range = { from: flow.fillLength, to: flow.fillLength + 400 };
    const until = performance.now() + 60;
    setImmediate(() => {
      while (performance.now() < until);
    });

    const latencies = await path.pace(range, 10_000);

    // The first command of 400 at 10,000 a second is due at once, and waited for the whole stall.
    expect(Math.max(...latencies)).toBeGreaterThan(30);
    expect(latencies[399]! - latencies[0]!).toBeLessThan(0);
  });

  it("fails when the log does", async () => {
    const { log, path } = await opened();
    log.fail({ kind: "failure", fault: "disk-full", message: "the disk is full" });

    const range = { from: flow.fillLength, to: flow.length };
    await expect(path.saturate(range, 100)).rejects.toThrow("was not done: stopped");
  });
});

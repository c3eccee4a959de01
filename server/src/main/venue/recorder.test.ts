import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openHistory } from "../../adapters/sqlite/history.ts";
import type { History } from "../../ports/history.ts";
import type { Released } from "../../ports/released.ts";
import { Recorder } from "./recorder.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-recorder-"));
afterAll(() => rmSync(folder, { recursive: true }));
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A history on disk that says to wait after every handful. */
async function slowHistory(): Promise<History> {
  const file = join(folder, "history.db");
  const opened = await openHistory({ file, epoch: "0".repeat(32), backlogMax: 1 });
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.history;
}

const released = (from: number, count: number): readonly Released[] =>
  Array.from({ length: count }, (_, index) => ({
    sequence: from + index,
    timeUs: 1_750_000_000_000_000,
    command: { kind: "halt-market", market: "NO_SUCH" },
    events: [{ kind: "refused", reason: "unknown-market" }],
  }));

describe("the recorder", () => {
  it("has caught up with a command when that is stored, whatever comes after it", async () => {
    const history = await slowHistory();
    const recorder = new Recorder(history, log);
    recorder.take(released(1, 3_000));
    const caughtUp = recorder.caughtUp(3_000);
    recorder.take(released(3_001, 3_000));
    expect(await caughtUp).toBeUndefined();
    expect(history.lastSequence).toBeGreaterThanOrEqual(3_000);
    await recorder.finish();
    rmSync(join(folder, "history.db"));
  });

  it("stores everything in order at the pace of the history, and later skips what is stored", async () => {
    const first = await slowHistory();
    const recorder = new Recorder(first, log);
    for (let from = 1; from <= 9_001; from += 3_000) recorder.take(released(from, 3_000));
    await recorder.finish();

    const second = await slowHistory();
    expect(second.lastSequence).toBe(12_000);
    const again = new Recorder(second, log);
    await again.replayed(released(11_901, 200));
    expect(await second.flushed()).toBe(12_100);
    await again.finish();
  });
});

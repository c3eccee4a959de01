import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RecordedLines } from "./recorded-lines.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Files that keep what they are given; `hold` makes the disk stand still. */
class Files {
  readonly blocks: string[][] = [];
  hold: Promise<void> | undefined;
  failure: Error | undefined;
  #lines: string[] = [];

  get isFull(): boolean {
    return false;
  }

  add(text: string): void {
    this.#lines.push(text);
  }

  async cut(): Promise<void> {
    await this.hold;
    if (this.failure !== undefined) throw this.failure;
    if (this.#lines.length > 0) this.blocks.push(this.#lines);
    this.#lines = [];
  }

  async close(): Promise<void> {
    await this.cut();
  }

  get lines() {
    return this.blocks.flat().map((line) => JSON.parse(line));
  }
}

it("writes lines with their times, a block a second", async () => {
  const files = new Files();
  const lines = new RecordedLines(files);
  lines.take("recv", 1_732_689_600_000_001, { data: "a" });
  lines.take("recv", 1_732_689_600_000_002, {});
  await vi.advanceTimersByTimeAsync(1_000);
  lines.take("close", 1_732_689_601_500_000, { data: "1000" });
  await lines.close();

  expect(files.blocks).toEqual([
    ['{"t":"recv","ts":1732689600.000001,"data":"a"}\n', '{"t":"recv","ts":1732689600.000002}\n'],
    ['{"t":"close","ts":1732689601.500000,"data":"1000"}\n'],
  ]);
});

it("never goes back in time, also behind what was recorded before", async () => {
  const files = new Files();
  const lines = new RecordedLines(files, 5_000_000);
  lines.gap({ fromUs: 5_000_000, toUs: 4_000_000, why: "nobody recorded" });
  lines.take("recv", 3_000_000, {});
  await lines.close();

  expect(files.lines).toEqual([
    { t: "gap", ts: 5.000001, from: 5, why: "nobody recorded" },
    { t: "recv", ts: 5.000001 },
  ]);
});

it("drops what the disk does not take in time, and tells how much of which time", async () => {
  const files = new Files();
  const waitingTextMax = 4_000;
  const lines = new RecordedLines(files, 0, waitingTextMax);
  const { promise, resolve } = Promise.withResolvers<void>();
  files.hold = promise;
  lines.take("recv", 1_000_000, { data: "first" });
  await vi.advanceTimersByTimeAsync(1_000);
  const large = "x".repeat(waitingTextMax / 4);
  for (let n = 2; n <= 6; n += 1) lines.take("recv", n * 1_000_000, { data: large });
  expect(lines.dropped).toBe(2);
  files.hold = undefined;
  resolve();
  await vi.advanceTimersByTimeAsync(2_000);
  lines.take("recv", 7_000_000, { data: "last" });
  await lines.close();

  const told = files.lines.map(({ t, ts, from, dropped }) => ({ t, ts, from, dropped }));
  expect(told).toEqual([
    ...[1, 2, 3, 4].map((ts) => ({ t: "recv", ts })),
    { t: "gap", ts: 6, from: 5, dropped: 2 },
    { t: "recv", ts: 7 },
  ]);
});

it("says once that the disk fails, and takes nothing any more", async () => {
  const files = new Files();
  const lines = new RecordedLines(files);
  const failed = vi.fn();
  lines.failed = failed;
  files.failure = new Error("no space left on device");
  lines.take("recv", 1, {});
  await vi.advanceTimersByTimeAsync(1_000);
  lines.take("recv", 2, {});
  await lines.close();
  expect(failed.mock.calls).toEqual([["no space left on device"]]);
});

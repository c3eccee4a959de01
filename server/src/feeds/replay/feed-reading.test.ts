import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import { windowRowsMax } from "../../recordings/sort-window.ts";
import { chunkBytes } from "../../recordings/stored-file.ts";
import { createReplayFeed } from "./feed.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-reading-"));
const path = join(folder, "large.csv");
const rowsPerPart = 5000;
const parts = rounds(60, 150);
const rowCount = rowsPerPart * parts;
let fileBytes = 0;

beforeAll(async () => {
  await using file = await open(path, "w");
  for (let part = 0; part < parts; part += 1) {
    const rows = Array.from({ length: rowsPerPart }, (_, at) => {
      const id = part * rowsPerPart + at;
      return `${id},61837.63000000,0.02000000,1236.75260000,${1_723_161_255_000 + id},true,true\n`;
    });
    fileBytes += (await file.write(rows.join(""))).bytesWritten;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function largeFeed(): ReturnType<typeof createReplayFeed> {
  return createReplayFeed({
    files: [path],
    format: { kind: "binance-trades" },
    publisher: "binance",
    ticker: "BTC/USDT",
    speed: "max",
  });
}

it("a large file is read no further ahead than the window of its start and a few chunks", async () => {
  const context = new VirtualFeedContext();
  const batches = largeFeed().run(context, new AbortController().signal);
  const bytesPerRow = fileBytes / rowCount;
  let pulled = 0;
  let bytesMax = 0;

  for (let batch = 0; batch < 60; batch += 1) {
    const { value } = await batches.next();
    // A consumer that is slow gives the disk all the time it wants to run ahead.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    for (const event of Array.isArray(value) ? value : []) {
      if (event.kind === "trades") pulled += event.trades.length;
    }
    bytesMax = (pulled + windowRowsMax) * bytesPerRow + 4 * chunkBytes;
    expect(context.counts.bytes).toBeLessThanOrEqual(bytesMax);
  }

  await batches.return({ kind: "stopped" });
  // A file that was read whole meanwhile would have been too much for each of the bounds.
  expect(fileBytes).toBeGreaterThan(1.5 * bytesMax);
  expect(pulled).toBeGreaterThan(50_000);
});

it("a large file at full speed is read whole and leaves the event loop its turns", async () => {
  const context = new VirtualFeedContext();
  let turns = 0;
  let isRunning = true;
  const turn = () => {
    turns += 1;
    if (isRunning) setImmediate(turn);
  };
  setImmediate(turn);

  const { outcome, trades } = await runFeed(largeFeed(), { context });
  isRunning = false;

  expect(outcome).toEqual({ kind: "finished" });
  expect(trades).toHaveLength(rowCount);
  expect(trades.at(-1)?.id).toBe(rowCount - 1);
  expect(context.counts.bytes).toBe(fileBytes);
  expect(turns).toBeGreaterThan(fileBytes / chunkBytes / 4);
});

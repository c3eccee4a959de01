import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredTrade } from "../ports/dataset-reader.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { DatasetRecording } from "./dataset-recording.ts";
import { inspectRecording } from "./recording.ts";
import { RotatingFiles, recordedFiles, recordedUntil } from "./rotating-files.ts";
import { readTrades } from "./trade-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recording-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const dataset = "crypto";
const startUs = Date.UTC(2024, 7, 8) * 1_000;

/** Whether all trades of the moment of a trade have numbers for ids. */
const hasNumber = (n: number) => Math.floor(n / 7) % 5 !== 0;

/** Trades of several tickers; some moments have many. */
function tradesOf(count: number): StoredTrade[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{ ticker: ["A/B", "C/D", "E/F"][n % 3]!, venue: "venue", id: hasNumber(n) ? n : String(n) },
    ...{ price: 100 + (n % 50), priceScale: 2, quantity: 10 * n + 1, quantityScale: 3 },
    ...{ eventTimeUs: startUs + Math.floor(n / 7) * 10_001, aggressor: "buy" as const },
  }));
}

async function storeOf(trades: readonly StoredTrade[]): Promise<MemoryDatasetStore> {
  const store = new MemoryDatasetStore();
  await store.import({ dataset, trades, bars: [], known: [] });
  return store;
}

const names = () => ({ folder, name: dataset });

/** Records as a new recorder does, from where the files end. */
async function record(
  store: MemoryDatasetStore,
  toUs: number,
  bounds = { fileBytes: 1e9, diskBytes: 2e9 },
) {
  const told: string[] = [];
  const files = new RotatingFiles(names(), bounds, {
    begun: () => told.push("begun"),
    removed: () => told.push("removed"),
  });
  const untilUs = await recordedUntil(names());
  const fromUs = untilUs === undefined ? 0 : untilUs + 1;
  await new DatasetRecording({ reader: store, dataset, files, fromUs }).record(toUs, () => false);
  await files.close();
  return told;
}

/** What is in the files: ticker, time, id and amounts of each trade. */
async function recorded() {
  const rows: unknown[] = [];
  const warned: string[] = [];
  for (const path of await recordedFiles(names())) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) throw new Error(recording.reason);
    const context = { count: () => undefined, warn: (line: string) => void warned.push(line) };
    for await (const block of readTrades({
      ...{ recording, format: { kind: "auto" } as const, context, isQuiet: false },
    })) {
      if (block.kind === "failed") throw new Error(block.reason);
      rows.push(...block.trades.map((row) => [row.eventTimeUs, row.symbol, row.id, row.quantity]));
    }
  }
  return { rows, warned };
}

const inOrder = (trades: readonly StoredTrade[]) =>
  trades
    .map((trade, n) => ({ trade, n }))
    .toSorted(
      (left, right) =>
        left.trade.eventTimeUs - right.trade.eventTimeUs ||
        (hasNumber(left.n) ? 0 : left.trade.ticker.localeCompare(right.trade.ticker)) ||
        left.n - right.n,
    )
    .map(({ trade }) => [trade.eventTimeUs, trade.ticker, trade.id, trade.quantity]);

describe("a recording of a dataset", () => {
  it("has each trade once, in the order of times, however often it was interrupted and begun again", async () => {
    const trades = tradesOf(3_000);
    const store = await storeOf(trades);
    for (const part of [0.1, 0.1, 0.35, 0.8, 1]) {
      await record(store, startUs + Math.ceil((trades.length / 7) * 10_001 * part) + 1);
    }

    expect(await recorded()).toEqual({ rows: inOrder(trades), warned: [] });
  });

  it("goes on after the last whole block when its recorder was killed while it wrote", async () => {
    const trades = tradesOf(2_000);
    const store = await storeOf(trades);
    await record(store, startUs + 500_000);
    await record(store, startUs + 1_500_000);
    const [, second = ""] = await recordedFiles(names());
    truncateSync(second, statSync(second).size - 3);
    await record(store, 8e15);

    const { rows, warned } = await recorded();
    expect(rows).toEqual(inOrder(trades));
    expect(warned).toEqual([]);
  });

  it("keeps within its bytes: the oldest files go, which is told", async () => {
    const trades = tradesOf(20_000);
    const store = await storeOf(trades);
    const told = await record(store, 8e15, { fileBytes: 15_000, diskBytes: 40_000 });

    const files = readdirSync(folder);
    expect(told.filter((word) => word === "removed").length).toBeGreaterThan(1);
    expect(told.filter((word) => word === "begun").length).toBe(
      files.length + told.filter((word) => word === "removed").length,
    );
    const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(bytes).toBeLessThanOrEqual(40_000);
    const { rows } = await recorded();
    expect(rows).toEqual(inOrder(trades).slice(-rows.length));
  });

  it("reads more tickers than pages can hold, part by part, without a hole", async () => {
    const many = Array.from({ length: 6_000 }, (_, n) => ({
      ...tradesOf(1)[0]!,
      ...{ ticker: `T${n % 60}`, id: n, eventTimeUs: startUs + Math.floor(n / 11) },
    }));
    // One ticker has more trades in one moment than a page.
    const crowd = Array.from({ length: 900 }, (_, n) => ({
      ...tradesOf(1)[0]!,
      ...{ ticker: "T0", id: 100_000 + n, eventTimeUs: startUs + 1_000 },
    }));
    const store = await storeOf([...many, ...crowd]);
    await record(store, 8e15);

    const { rows } = await recorded();
    expect(rows).toHaveLength(6_900);
    expect(new Set(rows.map((row) => (row as unknown[])[2])).size).toBe(6_900);
  });
});

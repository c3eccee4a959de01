import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import type { StoredTrade } from "../ports/dataset-reader.ts";
import { stopSource } from "../ports/feed.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { Export, type ExportFormat } from "./exporter.ts";
import { Importer } from "./importer.ts";
import { inspectRecording } from "./recording.ts";

const folder = mkdtempSync(join(tmpdir(), "export-"));
afterAll(() => rmSync(folder, { recursive: true }));

const dataset = "crypto";
const tickers = ["BTC/USDT", 'odd, "name"'];
const startUs = Date.UTC(2024, 7, 8) * 1_000;
const minute = secondsInterval(60);

type Interval = typeof minute | undefined;

async function exported(
  store: MemoryDatasetStore,
  interval: Interval,
  format: ExportFormat,
): Promise<Buffer> {
  const order = { dataset, tickers, interval, fromUs: 0, toUs: 8e15 };
  const file = new Export(store, order, format);
  const pieces: Uint8Array[] = [];
  for await (const piece of file.pieces()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A store with what is in a file. */
async function imported(content: Buffer): Promise<MemoryDatasetStore> {
  const path = join(folder, "file");
  writeFileSync(path, content);
  const recording = await inspectRecording(path);
  if ("kind" in recording) throw new Error(recording.reason);
  const store = new MemoryDatasetStore();
  const warned: string[] = [];
  const listener = {
    say: () => undefined,
    warn: (line: string) => void warned.push(line),
    progress: () => undefined,
  };
  const target = { store, dataset, venue: "elsewhere", tickers: new Map<string, string>() };
  const importer = new Importer(target, listener, stopSource().signal);
  await importer.take(recording, { kind: "auto" });
  await importer.stored();
  expect(warned).toEqual([]);
  return store;
}

const formats = fc.constantFrom<ExportFormat>("csv", "ndjson", "parquet");
const amount = fc.oneof(
  fc.integer({ min: 1, max: 1_000 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc.bigInt({ min: 2n ** 53n, max: 10n ** 19n }),
);
const scale = fc.integer({ min: 0, max: 18 });
const trade: fc.Arbitrary<StoredTrade> = fc.record({
  ticker: fc.constantFrom(...tickers),
  venue: fc.constantFrom("binance", "coinbase"),
  id: fc.oneof(
    fc.integer({ min: 0, max: 1e14 }),
    fc.constantFrom("01J4T", "a,b", 'q"', "-7", "007", "7", "123456789012345"),
    fc.constantFrom(7, 123_456_789_012_345),
    fc.constant(undefined),
  ),
  price: amount,
  priceScale: scale,
  quantity: amount,
  quantityScale: scale,
  // Few moments, so that many trades share one.
  eventTimeUs: fc.integer({ min: 0, max: 90 }).map((at) => startUs + at * 1_500_001),
  aggressor: fc.constantFrom("buy", "sell", "unknown"),
});

/** Two trades of a moment whose ids say another order, after trades of another ticker. */
const sameMoment: StoredTrade[] = [
  { ticker: tickers[0]!, id: undefined, eventTimeUs: startUs + 90 },
  { ticker: tickers[1]!, id: 1, eventTimeUs: startUs + 80 },
  { ticker: tickers[1]!, id: 0, eventTimeUs: startUs + 80 },
].map((row) => ({
  ...{ venue: "binance", price: 1, priceScale: 0, quantity: 1, quantityScale: 0 },
  ...{ ...row, aggressor: "buy" },
}));

const part = fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined });
const bar: fc.Arbitrary<StoredBar> = fc
  .record({
    at: fc.integer({ min: 0, max: 5_000 }),
    price: amount,
    spread: fc.integer({ min: 0, max: 50 }),
    priceScale: fc.integer({ min: 0, max: 9 }),
    volumeScale: fc.integer({ min: 0, max: 9 }),
    quoteVolume: fc.option(fc.bigInt({ min: 200n, max: 10n ** 20n }), { nil: undefined }),
    takerBuyVolume: part,
    takerBuyQuoteVolume: part,
    tradeCount: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    revision: fc.integer({ min: 0, max: 9 }),
    within: fc.integer({ min: 0, max: 59_999_999 }),
  })
  .map(({ at, price, spread, within, ...rest }) => {
    const open = BigInt(price);
    const barStartUs = startUs + at * 60_000_000;
    return {
      ...rest,
      startUs: barStartUs,
      open,
      high: open + BigInt(spread),
      low: open,
      close: open,
      volume: 100,
      firstUs: barStartUs + Math.floor(within / 2),
      lastUs: barStartUs + within,
    };
  });

describe("an import of an export has what was exported", () => {
  it("of trades, in every format", async () => {
    const property = fc.asyncProperty(
      fc.array(trade, { minLength: 1, maxLength: 60 }),
      formats,
      async (trades, format) => {
        const store = new MemoryDatasetStore();
        await store.import({ dataset, trades, bars: [], known: [] });

        const again = await imported(await exported(store, undefined, format));

        expect(String(await exported(again, undefined, "csv"))).toBe(
          String(await exported(store, undefined, "csv")),
        );
        expect(String(await exported(again, minute, "csv"))).toBe(
          String(await exported(store, minute, "csv")),
        );
      },
    );
    await fc.assert(property, { numRuns: 15, examples: [[sameMoment, "csv"]] });
  });

  it("of minutes, in every format, with what is not told untold", async () => {
    const property = fc.asyncProperty(
      fc.array(bar, { minLength: 1, maxLength: 30 }),
      formats,
      async (bars, format) => {
        const store = new MemoryDatasetStore();
        const rows = bars.map((one, at) => ({ ticker: tickers[at % 2]!, bar: one }));
        await store.import({ dataset, trades: [], bars: rows, known: [] });

        const again = await imported(await exported(store, minute, format));

        expect(String(await exported(again, minute, "csv"))).toBe(
          String(await exported(store, minute, "csv")),
        );
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });
});

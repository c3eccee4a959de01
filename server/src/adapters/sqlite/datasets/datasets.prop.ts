/** Whatever is put, imported and forgotten: the files answer as plain lists in memory do, also when they are opened again. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rounds } from "../../../../../test/support/rounds.ts";
import type { StoredBar } from "../../../marketdata/bars/bar.ts";
import {
  monthsInterval,
  secondsInterval,
  weekInterval,
} from "../../../marketdata/bars/interval.ts";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import type { DatasetBatch, DatasetStore, TickerBar } from "../../../ports/dataset-store.ts";
import { MemoryDatasetStore } from "../../../testing/memory-dataset-store.ts";
import { directWork } from "./direct-work.fixture.ts";
import { SqliteDatasetStore } from "./store.ts";

const dataset = "crypto";
const tickers = ["BTC/USDT", "ETH/USDT"];
/** Two days before the end of a month, which is a Tuesday. */
const startUs = Date.UTC(2024, 0, 30) * 1_000;
const minuteUs = 60_000_000;
const dayMinutes = 1_440;
const all = { fromUs: startUs, toUs: startUs + 40 * dayMinutes * minuteUs };

let folder = "";
let stores = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-datasets-prop-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newFolder(): string {
  stores += 1;
  return join(folder, `${stores}`);
}

const openIn = (where: string) => new SqliteDatasetStore(directWork(where));

/** A minute of the first days, more often one of few. */
const someMinute = fc.oneof(
  fc.nat({ max: 90 }),
  fc.nat({ max: 4 * dayMinutes }),
  fc.nat({ max: 90 }).map((minutes) => dayMinutes - 45 + minutes),
);

const someTrade = fc.record({
  ticker: fc.constantFrom(...tickers),
  id: fc.oneof(fc.constant(undefined), fc.nat({ max: 500 })),
  minutes: someMinute,
  seconds: fc.nat({ max: 59 }),
  price: fc.integer({ min: 1, max: 999 }),
  priceScale: fc.nat({ max: 2 }),
});

const toTrade = ({
  minutes,
  seconds,
  ...trade
}: {
  ticker: string;
  id: number | undefined;
  minutes: number;
  seconds: number;
  price: number;
  priceScale: number;
}): StoredTrade => ({
  ...trade,
  venue: "binance",
  quantity: 3,
  quantityScale: 1,
  eventTimeUs: startUs + minutes * minuteUs + seconds * 1_000_000,
  aggressor: trade.price % 2 === 0 ? "buy" : "sell",
});

const someBar = fc
  .record({
    ticker: fc.constantFrom(...tickers),
    minutes: someMinute,
    price: fc.integer({ min: 1, max: 99 }),
    tradeCount: fc.integer({ min: 1, max: 5 }),
    revision: fc.nat({ max: 2 }),
  })
  .map(({ ticker, minutes, price, tradeCount, revision }): TickerBar => {
    const start = startUs + minutes * minuteUs;
    const figures = { open: price, high: price + 2, low: price, close: price + 1 };
    const sums = { volume: price, quoteVolume: price * price, takerBuyVolume: 1 };
    const bar: StoredBar = {
      ...figures,
      ...sums,
      startUs: start,
      priceScale: 1,
      volumeScale: 2,
      takerBuyQuoteVolume: 1,
      tradeCount,
      firstUs: start + 1,
      lastUs: start + 2,
      revision,
    };
    return { ticker, bar };
  });

const someSpan = fc.record({
  ticker: fc.constantFrom(undefined, ...tickers),
  fromUs: someMinute.map((minutes) => startUs + minutes * minuteUs),
  lengthUs: fc.nat({ max: 600 }).map((minutes) => minutes * minuteUs),
});
const spans = fc
  .array(someSpan, { maxLength: 3 })
  .map((some) =>
    some.map(({ ticker, fromUs, lengthUs }) => ({ ticker, fromUs, toUs: fromUs + lengthUs })),
  );

const batch = fc.record({
  trades: fc.array(someTrade, { maxLength: 60 }).map((trades) => trades.map(toTrade)),
  bars: fc.array(someBar, { maxLength: 30 }),
  known: spans,
  gaps: spans.map((some) => some.map((span) => ({ ...span, reason: "no line" }))),
});

const step = fc.oneof(
  { weight: 5, arbitrary: batch.map((rows) => ({ kind: "put" as const, ...rows })) },
  { weight: 3, arbitrary: batch.map((rows) => ({ kind: "import" as const, ...rows })) },
  {
    weight: 1,
    arbitrary: someMinute.map((minutes) => ({
      kind: "forget" as const,
      beforeUs: startUs + minutes * minuteUs + 30_000_000,
    })),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "open again" as const }) },
);

const intervals = [
  ...[60, 300, 2_700, 3_600, 14_400, 86_400, 3 * 86_400].map(secondsInterval),
  weekInterval,
  monthsInterval(1),
];

/** Everything that a store answers with. */
async function answersOf(store: DatasetStore, pageMax: number): Promise<unknown> {
  const answers: unknown[] = [await store.position(dataset), await store.tickers(dataset)];
  answers.push(await store.coverage({ dataset, ...all }));
  for (const order of ["oldest-first", "newest-first"] as const) {
    for (const ticker of tickers) {
      const query = { dataset, ticker, order, ...all, limit: pageMax };
      for (let offset = 0; offset < 3 * pageMax; offset += pageMax) {
        answers.push(await store.trades({ ...query, offset }));
        answers.push(await store.bars({ ...query, offset, interval: secondsInterval(60) }));
      }
      for (const interval of intervals) {
        answers.push(await store.bars({ ...query, interval }));
        const part = { fromUs: startUs + 700 * minuteUs, toUs: startUs + 3_333 * minuteUs };
        answers.push(await store.bars({ ...query, ...part, interval, offset: 1 }));
      }
    }
  }
  return answers;
}

it("answers as lists in memory do, whatever was put, imported and forgotten, and opened again", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 12 }),
    fc.integer({ min: 3, max: 40 }),
    async (steps, pageMax) => {
      const where = newFolder();
      let store: DatasetStore = openIn(where);
      const model = new MemoryDatasetStore();
      for (const [sequence, { kind, ...rest }] of steps.entries()) {
        if (kind === "open again") {
          await store.close();
          store = openIn(where);
        } else if (kind === "forget") {
          const { beforeUs } = rest as { beforeUs: number };
          expect(await store.forget(dataset, beforeUs)).toBeUndefined();
          await model.forget(dataset, beforeUs);
        } else {
          const rows = rest as Pick<DatasetBatch, "trades" | "bars" | "known" | "gaps">;
          const position = { epoch: "one", sequence, timeUs: sequence };
          const one = { dataset, ...rows };
          if (kind === "put") {
            expect(await store.put({ ...one, position })).toBeUndefined();
            await model.put({ ...one, position });
          } else {
            expect(await store.import(one)).toEqual(await model.import(one));
          }
        }
      }
      expect(await answersOf(store, pageMax)).toEqual(await answersOf(model, pageMax));
      await store.close();
      rmSync(where, { recursive: true, force: true });
    },
  );

  await fc.assert(property, { numRuns: rounds(5, 15) });
});

it("keeps trades in order and exact when they are many, come late, and fill several blocks", async () => {
  const many = fc.record({
    count: fc.integer({ min: 1, max: 3_000 }),
    fromMs: fc.nat({ max: 4_000 }),
    spreadMs: fc.constantFrom(0, 1, 3, 2_000),
    isImport: fc.boolean(),
  });
  const property = fc.asyncProperty(
    fc.array(many, { minLength: 2, maxLength: 8 }),
    fc.integer({ min: 1, max: 9_000 }),
    async (batches, offset) => {
      const where = newFolder();
      const store = openIn(where);
      const model = new MemoryDatasetStore();
      for (const [sequence, { count, fromMs, spreadMs, isImport }] of batches.entries()) {
        const trades = Array.from({ length: count }, (_, index) =>
          toTrade({
            ticker: tickers[0]!,
            id: sequence * 10_000 + index,
            minutes: 0,
            seconds: (fromMs + ((index * 7) % 11) * spreadMs) / 1_000,
            price: 1 + (index % 999),
            priceScale: 2,
          }),
        );
        const one = { dataset, trades, bars: [], known: [], gaps: [] };
        const position = { epoch: "one", sequence, timeUs: 0 };
        for (const each of [store, model]) {
          if (isImport) await each.import(one);
          else expect(await each.put({ ...one, position })).toBeUndefined();
        }
      }
      for (const order of ["oldest-first", "newest-first"] as const) {
        const query = { dataset, ticker: tickers[0]!, order, ...all, limit: 2_500, offset };
        expect(await store.trades(query)).toEqual(await model.trades(query));
        const bars = { ...query, offset: 0, interval: secondsInterval(5) };
        expect(await store.bars(bars)).toEqual(await model.bars(bars));
      }
      await store.close();
      rmSync(where, { recursive: true, force: true });
    },
  );

  await fc.assert(property, { numRuns: rounds(3, 6) });
});

it("has all of every batch up to one, and nothing of the next, wherever its process stops", async () => {
  const property = fc.asyncProperty(
    fc.array(batch, { minLength: 1, maxLength: 5 }),
    async (batches) => {
      const where = newFolder();
      const store = openIn(where);
      const model = new MemoryDatasetStore();
      for (const [sequence, rows] of batches.entries()) {
        const one = { dataset, ...rows, position: { epoch: "one", sequence, timeUs: 0 } };
        expect(await store.put(one)).toBeUndefined();
        await model.put(one);
        // What a killed process leaves: its files as they are, the write-ahead log among them.
        const left = newFolder();
        cpSync(where, left, { recursive: true });
        const copy = openIn(left);
        expect(await answersOf(copy, 20)).toEqual(await answersOf(model, 20));
        await copy.close();
      }
      await store.close();
    },
  );

  await fc.assert(property, { numRuns: rounds(3, 6) });
});

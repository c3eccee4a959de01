/** What every store of bars must do. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Bar, StoredBar } from "../marketdata/bars/bar.ts";
import { monthsInterval, secondsInterval, weekInterval } from "../marketdata/bars/interval.ts";
import { drawnTrades, foldedBars } from "../marketdata/bars/naive-bar.fixture.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import type { Span } from "../marketdata/bars/span.ts";
import {
  type StoredBarQuery,
  type StoredBars,
  storedOffsetMax,
  storedRowsMax,
} from "./dataset-reader.ts";
import type { DatasetBatch, DatasetStore } from "./dataset-store.ts";
import { isUnanswered } from "./history.ts";

const minute = secondsInterval(60);
const dataset = "crypto";
const ticker = "BTC/USDT";
/** A Monday, the first of a month, at midnight. */
const startUs = Date.UTC(2024, 0, 1) * 1_000;

/** So many minutes after the start. */
const at = (minutes: number) => startUs + minutes * 60_000_000;
const span = (from: number, to: number): Span => ({ fromUs: at(from), toUs: at(to) });

/** The bar of a minute, with one trade of a price unless told otherwise. */
function barAt(minutes: number, price: number, changes: Partial<Bar> = {}): Bar {
  return {
    startUs: at(minutes),
    priceScale: 2,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 5,
    volumeScale: 1,
    quoteVolume: price * 5,
    takerBuyVolume: 0,
    takerBuyQuoteVolume: 0,
    tradeCount: 1,
    firstUs: at(minutes) + 1,
    lastUs: at(minutes) + 2,
    revision: 0,
    ...changes,
  };
}

/** The one of two states that a store keeps, the first where they are as new. */
function newerOf(bar: Bar, old: Bar | undefined): Bar {
  const rank = ({ revision, tradeCount }: Bar) => revision * 10 + tradeCount;
  return old === undefined || rank(bar) >= rank(old) ? bar : old;
}

function batch(
  sequence: number,
  bars: readonly Bar[],
  changes: Partial<DatasetBatch> = {},
): DatasetBatch {
  return {
    dataset,
    trades: [],
    position: { epoch: "one", sequence, timeUs: at(sequence) },
    bars: bars.map((bar) => ({ ticker, bar })),
    known: [],
    gaps: [],
    ...changes,
  };
}

/** Describes the contract; `open` makes an empty store. */
export function datasetStoreContract(name: string, open: () => Promise<DatasetStore>): void {
  describe(`${name} as a store of bars`, () => {
    let store: DatasetStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const read = async (changes: Partial<StoredBarQuery> = {}): Promise<StoredBars> => {
      const query = { dataset, ticker, interval: minute, order: "oldest-first" as const };
      const answer = await store.bars({ ...query, ...span(0, 1_000), limit: 100, ...changes });
      if (isUnanswered(answer)) throw new Error(`not answered: ${answer.kind}`);
      return answer;
    };
    const put = async (...batches: readonly DatasetBatch[]) => {
      for (const each of batches) expect(await store.put(each)).toBeUndefined();
    };

    it("knows nothing of a dataset of which nothing was put", async () => {
      expect(await store.position(dataset)).toBeUndefined();
      expect(await store.reached(dataset)).toBeUndefined();
      expect(await read()).toEqual({
        bars: [],
        unknown: [{ ...span(0, 1_000), reason: undefined }],
      });
    });

    it("gives back every figure of a bar, with the position", async () => {
      const large = barAt(1, 7, {
        open: 2n ** 70n,
        volume: 2n ** 60n,
        quoteVolume: 2n ** 131n,
        takerBuyVolume: undefined,
        takerBuyQuoteVolume: undefined,
        revision: 3,
      });
      await put(batch(4, [barAt(0, 9), large]));

      expect((await read()).bars).toEqual([barAt(0, 9), large]);
      const position = { epoch: "one", sequence: 4, timeUs: at(4) };
      expect(await store.position(dataset)).toEqual(position);
      expect(await store.reached(dataset)).toEqual(position);
    });

    it("keeps datasets and tickers apart", async () => {
      await put(batch(1, [barAt(0, 9)]), batch(7, [barAt(0, 4)], { dataset: "stocks" }));
      await put(batch(2, [], { bars: [{ ticker: "ETH/USDT", bar: barAt(0, 5) }] }));

      expect((await read()).bars).toEqual([barAt(0, 9)]);
      expect((await read({ ticker: "ETH/USDT" })).bars).toEqual([barAt(0, 5)]);
      expect((await read({ dataset: "stocks" })).bars).toEqual([barAt(0, 4)]);
      expect(await store.position("stocks")).toMatchObject({ sequence: 7 });
      expect(await store.position(dataset)).toMatchObject({ sequence: 2 });
    });

    it.each([
      ["grown", { tradeCount: 2 }, { tradeCount: 3 }],
      ["revised", { tradeCount: 2 }, { tradeCount: 3, revision: 1 }],
      ["corrected to fewer trades", { tradeCount: 2 }, { tradeCount: 1, revision: 1 }],
      ["of the highest revision", { revision: 2 }, { revision: 3 }],
    ])("keeps the state of a bar that is %s, whichever comes first", async (_, older, newer) => {
      const [old, young] = [barAt(0, 9, older), barAt(0, 8, newer)];
      await put(batch(1, [old]), batch(2, [young]));
      expect((await read()).bars).toEqual([young]);

      await put(batch(3, [old]));
      expect((await read()).bars).toEqual([young]);
    });

    it("stores nothing again that is not after its position, and begins again with an epoch", async () => {
      await put(batch(5, [barAt(0, 9)], { known: [span(0, 1)] }));
      await put(batch(5, [barAt(1, 9)], { known: [span(0, 2)] }), batch(4, [barAt(2, 9)]));
      expect((await read()).bars).toEqual([barAt(0, 9)]);
      expect((await read()).unknown).toEqual([{ ...span(1, 1_000), reason: undefined }]);

      await put(batch(1, [barAt(1, 3)], { position: { epoch: "two", sequence: 1, timeUs: 7 } }));
      expect((await read()).bars).toEqual([barAt(0, 9), barAt(1, 3)]);
      expect(await store.position(dataset)).toEqual({ epoch: "two", sequence: 1, timeUs: 7 });
    });

    it("refuses a batch that does not follow what is stored, so that nothing is stored twice or left out", async () => {
      const position = { epoch: "one", sequence: 5, timeUs: at(5) };
      await put(batch(5, [barAt(0, 9)], { follows: "nothing" }));
      for (const follows of [
        "nothing",
        { ...position, sequence: 4 },
        { ...position, epoch: "two" },
      ] as const) {
        expect(await store.put(batch(6, [barAt(1, 9)], { follows }))).toMatchObject({
          kind: "failure",
          fault: "failed",
          message: expect.stringContaining("dataset crypto is stored up to 5 of one and not up to"),
        });
      }
      expect((await read()).bars).toEqual([barAt(0, 9)]);

      // What was stored before is told again by whoever did not hear that it was.
      await put(batch(5, [barAt(3, 9)], { follows: "nothing" }));
      await put(batch(6, [barAt(1, 9)], { follows: position }));
      expect((await read()).bars).toEqual([barAt(0, 9), barAt(1, 9)]);
    });

    it("knows which minutes were revised since market time passed a whole minute", async () => {
      const revised = (minutes: number) => barAt(minutes, 9, { tradeCount: 2, revision: 1 });
      const timed = (sequence: number, seconds: number, bars: readonly Bar[]) =>
        batch(sequence, bars, {
          position: { epoch: "one", sequence, timeUs: at(10) + seconds * 1_000_000 },
        });
      expect(await store.revised(dataset)).toEqual([]);
      await put(timed(1, 5, [barAt(9, 9), revised(8), barAt(10, 9)]), timed(2, 59, [revised(3)]));
      const other = { bars: [{ ticker: "ETH/USDT", bar: revised(3) }] };
      await put({ ...timed(3, 59, []), ...other });
      expect(await store.revised(dataset)).toEqual([
        { ticker, startUs: at(3) },
        { ticker: "ETH/USDT", startUs: at(3) },
        { ticker, startUs: at(8) },
      ]);

      await put(timed(4, 60, [revised(9)]));
      expect(await store.revised(dataset)).toEqual([{ ticker, startUs: at(9) }]);
      await put(timed(5, 300, []));
      expect(await store.revised(dataset)).toEqual([]);
    });

    it("names tickers that are new since it was asked before, whoever stored them", async () => {
      expect(await store.tickersAfter(dataset, 0)).toEqual({ names: [], upTo: 0 });
      await put(batch(1, [barAt(0, 9)]));
      const first = await store.tickersAfter(dataset, 0);
      if ("kind" in first) throw new Error(`not answered: ${first.kind}`);
      const bars = [{ ticker: "ETH/USDT", bar: barAt(0, 8) }];
      await store.import({ dataset, trades: [], bars, known: [] });
      const later = await store.tickersAfter(dataset, first.upTo);
      if ("kind" in later) throw new Error(`not answered: ${later.kind}`);

      expect([first.names, later.names]).toEqual([[ticker], ["ETH/USDT"]]);
      expect(await store.tickersAfter(dataset, later.upTo)).toEqual({ ...later, names: [] });
    });

    it("does not move the position for what was imported", async () => {
      await put(batch(5, [barAt(3, 9)]));
      const bars = [{ ticker, bar: barAt(0, 8) }];
      expect(await store.import({ dataset, trades: [], bars, known: [] })).toMatchObject({
        barsStored: 1,
      });

      expect((await read()).bars).toEqual([barAt(0, 8), barAt(3, 9)]);
      expect(await store.position(dataset)).toMatchObject({ sequence: 5 });
    });

    gapContract(() => ({ read, put, store: () => store }));
    queryContract(() => ({ read, put, store: () => store }));

    it("holds the newest state of every bar, however they were batched", async () => {
      const state = fc.record({
        minutes: fc.nat({ max: 9 }),
        price: fc.integer({ min: 1, max: 99 }),
        tradeCount: fc.integer({ min: 1, max: 4 }),
        revision: fc.nat({ max: 2 }),
        endsBatch: fc.boolean(),
      });
      const property = fc.asyncProperty(fc.array(state, { maxLength: 40 }), async (states) => {
        const fresh = await open();
        try {
          const expected = new Map<number, Bar>();
          let waiting: Bar[] = [];
          for (const [index, { minutes, price, endsBatch, ...changes }] of states.entries()) {
            const bar = barAt(minutes, price, changes);
            expected.set(minutes, newerOf(bar, expected.get(minutes)));
            waiting.push(bar);
            if (!endsBatch && index < states.length - 1) continue;
            expect(await fresh.put(batch(index, waiting))).toBeUndefined();
            waiting = [];
          }
          const query = { dataset, ticker, interval: minute, ...span(0, 10), limit: 10 };
          expect(await fresh.bars({ ...query, order: "oldest-first" })).toMatchObject({
            bars: [...expected.values()].toSorted((left, right) => left.startUs - right.startUs),
          });
        } finally {
          await fresh.close();
        }
      });

      await fc.assert(property, { numRuns: rounds(8, 20) });
    });
  });
}

/** What the tests of a part need. */
type Stage = () => {
  read(changes?: Partial<StoredBarQuery>): Promise<StoredBars>;
  put(...batches: readonly DatasetBatch[]): Promise<void>;
  store(): DatasetStore;
};

function gapContract(stage: Stage): void {
  const unknown = async (changes: Partial<StoredBarQuery> = {}) =>
    (await stage().read({ ...span(0, 100), ...changes })).unknown.map(
      ({ fromUs, toUs, reason }) => [(fromUs - startUs) / 6e7, (toUs - startUs) / 6e7, reason],
    );

  it("tells that nothing was traded from that nothing is known", async () => {
    await stage().put(batch(1, [barAt(12, 9)], { known: [span(10, 20)] }));
    await stage().put(
      batch(2, [], { known: [span(30, 40)], gaps: [{ ...span(20, 30), reason: "no line" }] }),
    );

    expect(await unknown()).toEqual([
      [0, 10, undefined],
      [20, 30, "no line"],
      [40, 100, undefined],
    ]);
    expect(await unknown(span(11, 20))).toEqual([]);
    expect(await unknown(span(25, 35))).toEqual([[25, 30, "no line"]]);
  });

  it("forgets a gap as far as it becomes known", async () => {
    await stage().put(batch(1, [], { gaps: [{ ...span(0, 100), reason: "no line" }] }));
    await stage().put(
      batch(2, [], { known: [span(0, 10)] }),
      batch(3, [], { known: [span(10, 40)] }),
    );
    const known = [span(30, 60), span(90, 100)];
    await stage().store().import({ dataset, trades: [], bars: [], known });

    expect(await unknown()).toEqual([[60, 90, "no line"]]);
  });

  it("knows times of one ticker beside those of all", async () => {
    await stage().put(
      batch(1, [], {
        known: [span(0, 50), { ...span(60, 100), ticker }],
        gaps: [{ ...span(50, 70), reason: "halted" }],
      }),
    );

    expect(await unknown()).toEqual([[50, 60, "halted"]]);
    expect(await unknown({ ticker: "ETH/USDT" })).toEqual([
      [50, 70, "halted"],
      [70, 100, undefined],
    ]);
  });

  it("forgets what was before a time: it is not known any more", async () => {
    const all = [span(0, 100), { ...span(0, 100), ticker }];
    await stage().put(batch(1, [barAt(0, 1), barAt(10, 2), barAt(11, 3)], { known: all }));
    await stage().put(batch(1, [barAt(0, 4)], { dataset: "stocks" }));

    expect(await stage().store().forget(dataset, at(11))).toBeUndefined();

    expect((await stage().read()).bars).toEqual([barAt(11, 3)]);
    expect(await unknown()).toEqual([[0, 11, undefined]]);
    expect(await stage().store().position(dataset)).toMatchObject({ sequence: 1 });
    expect((await stage().read({ dataset: "stocks" })).bars).toEqual([barAt(0, 4)]);
    expect(await stage().store().forget("forex", at(11))).toBeUndefined();
  });
}

function queryContract(stage: Stage): void {
  it.each<[string, Partial<StoredBarQuery>, readonly number[]]>([
    ["all", {}, [0, 1, 5, 61]],
    ["the newest first", { order: "newest-first" }, [61, 5, 1, 0]],
    ["those that begin in a time", span(1, 61), [1, 5]],
    ["those that begin after a time within one", { fromUs: at(1) + 1, toUs: at(61) + 1 }, [5, 61]],
    ["the first page", { limit: 3 }, [0, 1, 5]],
    ["the page after", { limit: 3, offset: 3 }, [61]],
    ["a page of the newest", { limit: 2, offset: 1, order: "newest-first" }, [5, 1]],
    ["hours", { interval: secondsInterval(3_600) }, [0, 60]],
    ["hours that begin in a time", { interval: secondsInterval(3_600), ...span(1, 61) }, [60]],
    ["of no time at all", span(5, 5), []],
    ["of another ticker", { ticker: "ETH/USDT" }, []],
  ])("answers with %s", async (_, query, expected) => {
    await stage().put(batch(1, [barAt(5, 1), barAt(0, 2), barAt(61, 3), barAt(1, 4)]));

    const { bars } = await stage().read(query);

    expect(bars.map((bar) => (bar.startUs - startUs) / 6e7)).toEqual(expected);
  });

  it("rolls minutes up into any interval, page by page, from either end", async () => {
    const intervals = [
      minute,
      secondsInterval(45 * 60),
      secondsInterval(86_400),
      weekInterval,
      monthsInterval(1),
      monthsInterval(4),
    ];
    let sequence = 0;
    const property = fc.asyncProperty(
      drawnTrades,
      fc.constantFrom(...intervals),
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom("oldest-first" as const, "newest-first" as const),
      async (trades, interval, limit, order) => {
        sequence += 1;
        const of = `T${sequence}`;
        const minutes = foldedBars(trades, minute);
        const bars = minutes.map((bar) => ({ ticker: of, bar }));
        await stage().put(batch(sequence, [], { bars }));

        const range = { fromUs: 0, toUs: Date.UTC(2040, 0) * 1_000 };
        const found: StoredBar[] = [];
        for (let offset = 0; ; offset += limit) {
          const page = { ticker: of, interval, order, limit, offset, ...range };
          const answer = await stage().read(page);
          if (answer.bars.length === 0) break;
          found.push(...answer.bars);
        }

        const expected = [...rollUp(minutes, interval)];
        expect(found).toEqual(order === "oldest-first" ? expected : expected.toReversed());
      },
    );

    await fc.assert(property, { numRuns: rounds(8, 25) });
  });

  it("keeps what others did not tell of their bars untold, of longer intervals too", async () => {
    const untold = { quoteVolume: undefined, tradeCount: undefined };
    const bars = [{ ...barAt(0, 1), ...untold }, barAt(61, 2)].map((bar) => ({ ticker, bar }));
    await stage().store().import({ dataset, trades: [], bars, known: [] });

    expect((await stage().read()).bars).toEqual(bars.map(({ bar }) => bar));
    expect((await stage().read({ interval: secondsInterval(3_600) })).bars).toMatchObject([
      { volume: 5, ...untold },
      { volume: 5, quoteVolume: 10, tradeCount: 1 },
    ]);
    expect((await stage().read({ interval: secondsInterval(86_400) })).bars).toMatchObject([
      { volume: 10, close: 2, ...untold },
    ]);
  });

  it.each([
    { limit: 0 },
    { limit: 1.5 },
    { limit: storedRowsMax + 1 },
    { offset: -1 },
    { offset: storedOffsetMax + 1 },
    { fromUs: Number.NaN },
  ])("treats a query for %j as a bug of the caller", (changes) => {
    const query = { dataset, ticker, interval: minute, order: "oldest-first" as const };
    expect(() =>
      stage()
        .store()
        .bars({ ...query, ...span(0, 9), limit: 1, ...changes }),
    ).toThrow("invariant violated");
  });
}

/** What every store of datasets must do with trades, imports, and what is known. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import { atFinest, naiveBars } from "../marketdata/bars/naive-bar.fixture.ts";
import type { Span } from "../marketdata/bars/span.ts";
import type { AggressorSide } from "../marketdata/trade.ts";
import type { StoredBarQuery, StoredTrade, StoredTradeQuery } from "./dataset-reader.ts";
import type { DatasetBatch, DatasetStore, ImportBatch } from "./dataset-store.ts";
import { isUnanswered } from "./history.ts";

const dataset = "crypto";
const ticker = "BTC/USDT";
const startUs = Date.UTC(2024, 0, 1) * 1_000;
const minuteUs = 60_000_000;
const all = { fromUs: startUs - 1e9, toUs: startUs + 1e12 };

const at = (minutes: number) => startUs + minutes * minuteUs;
const span = (from: number, to: number) => ({ fromUs: at(from), toUs: at(to) });

function tradeAt(minutes: number, changes: Partial<StoredTrade> = {}): StoredTrade {
  return {
    ticker,
    venue: "binance",
    id: undefined,
    price: 100,
    priceScale: 1,
    quantity: 3,
    quantityScale: 0,
    eventTimeUs: at(minutes),
    aggressor: "buy",
    ...changes,
  };
}

let sequence = 0;
function batch(changes: Partial<DatasetBatch> = {}): DatasetBatch {
  sequence += 1;
  const position = { epoch: "one", sequence, timeUs: startUs };
  return { dataset, position, trades: [], bars: [], known: [], gaps: [], ...changes };
}

/** Few enough times, ids and prices that trades are alike; every kind of number and id. */
const drawnStoredTrades: fc.Arbitrary<readonly StoredTrade[]> = fc.array(
  fc.record({
    ticker: fc.constant(ticker),
    venue: fc.constantFrom("binance", "kraken"),
    id: fc.constantFrom<number | string | undefined>(undefined, 7, 8, "7", "é-\ud83d", -1, 0.5),
    price: fc.constantFrom<number | bigint>(5, 50, 51, Number.MAX_SAFE_INTEGER, 2n ** 70n),
    priceScale: fc.constantFrom(0, 1, 6),
    quantity: fc.constantFrom<number | bigint>(1, 20, 2n ** 60n),
    quantityScale: fc.constantFrom(0, 1, 2),
    eventTimeUs: fc.nat({ max: 12 }).map((steps) => at(steps / 4)),
    aggressor: fc.constantFrom<AggressorSide>("buy", "sell", "unknown"),
  }),
  { maxLength: 40, size: "max" },
);

const byTime = (trades: readonly StoredTrade[]) =>
  trades.toSorted((left, right) => left.eventTimeUs - right.eventTimeUs);

const orders = ["oldest-first", "newest-first"] as const;

const within = (trades: readonly StoredTrade[], { fromUs, toUs }: Span) =>
  trades.filter(({ eventTimeUs }) => eventTimeUs >= fromUs && eventTimeUs < toUs);

const inOrder = <Row>(rows: readonly Row[], order: StoredTradeQuery["order"]) =>
  order === "oldest-first" ? rows : rows.toReversed();

/** All rows, page by page. */
async function paged<Row>(
  limit: number,
  read: (page: { limit: number; offset: number }) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (let offset = 0; ; offset += limit) {
    const page = await read({ limit, offset });
    found.push(...page);
    if (page.length < limit) return found;
  }
}

/** Describes the contract; `open` makes an empty store. */
export function datasetTradesContract(name: string, open: () => Promise<DatasetStore>): void {
  describe(`${name} as a store of trades`, () => {
    let store: DatasetStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const read = async (changes: Partial<StoredTradeQuery> = {}) => {
      const query = { dataset, ticker, ...all, order: "oldest-first" as const, limit: 100 };
      const answer = await store.trades({ ...query, ...changes });
      if (isUnanswered(answer)) throw new Error(`not answered: ${answer.kind}`);
      return answer;
    };
    const readBars = async (changes: Partial<StoredBarQuery> = {}) => {
      const interval = secondsInterval(60);
      const query = { dataset, ticker, ...all, order: "oldest-first" as const, limit: 100 };
      const answer = await store.bars({ ...query, interval, ...changes });
      if (isUnanswered(answer)) throw new Error(`not answered: ${answer.kind}`);
      return answer.bars;
    };
    const put = async (changes: Partial<DatasetBatch>) =>
      expect(await store.put(batch(changes))).toBeUndefined();
    const imported = (changes: Partial<ImportBatch>) =>
      store.import({ dataset, trades: [], bars: [], known: [], ...changes });

    it("gives back every trade as it was, by time and then as it came, page by page from either end", async () => {
      let stores = 0;
      const property = fc.asyncProperty(
        fc.array(drawnStoredTrades, { maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...orders),
        fc.nat({ max: 12 }),
        async (batches, limit, order, from) => {
          stores += 1;
          const of = `T${stores}`;
          const named = batches.map((trades) => trades.map((trade) => ({ ...trade, ticker: of })));
          for (const trades of named) await put({ trades });
          const range = { fromUs: at(from / 4), toUs: at(2.5) };
          const found = await paged(limit, (page) =>
            read({ ticker: of, ...range, order, ...page }),
          );
          expect(inOrder(found, order)).toEqual(within(byTime(named.flat()), range));
        },
      );

      await fc.assert(property, { numRuns: rounds(12, 40) });
    });

    it("makes bars below a minute of trades, page by page from either end", async () => {
      let stores = 0;
      const property = fc.asyncProperty(
        drawnStoredTrades,
        fc.constantFrom(...[1, 15, 45, 90].map(secondsInterval)),
        fc.constantFrom(...orders),
        async (trades, interval, order) => {
          stores += 1;
          const of = `S${stores}`;
          await put({ trades: trades.map((trade) => ({ ...trade, ticker: of })) });
          const found = await paged(2, (page) =>
            readBars({ ticker: of, interval, order, ...page }),
          );
          // What is folded from trades lacks nothing.
          const bars = inOrder(found as readonly Bar[], order);
          expect(bars.map(atFinest)).toEqual(naiveBars(byTime(trades), interval));
        },
      );

      await fc.assert(property, { numRuns: rounds(10, 30) });
    });

    it("imports a trade once, however often and in whatever order it comes", async () => {
      const trades = [4, 0, 2, 0].map((minutes, id) => tradeAt(minutes, { id }));
      await put({ trades: trades.slice(0, 1) });

      expect(await imported({ trades })).toMatchObject({ tradesStored: 3, tradesKnown: 1 });
      expect(await imported({ trades: trades.toReversed() })).toMatchObject({
        tradesStored: 0,
        tradesKnown: 4,
      });
      expect(await read()).toEqual([trades[1], trades[3], trades[2], trades[0]]);
    });

    it("takes no trade for another one of the same id that says something else, nor one of another number for one of the same worth", async () => {
      const trade = tradeAt(0, { id: 1, price: 1_000, priceScale: 2 });
      await imported({ trades: [trade] });

      const others = [
        { ...trade, venue: "kraken" },
        { ...trade, price: 1_001 },
        { ...trade, id: "1" },
      ];
      expect(await imported({ trades: others })).toMatchObject({ tradesStored: 3 });
      const same = [
        { ...trade, price: 10, priceScale: 0 },
        { ...trade, price: 10_000n, priceScale: 3 },
        { ...trade, price: 10n * 10n ** 60n, priceScale: 60 },
      ];
      expect(await imported({ trades: same })).toMatchObject({ tradesStored: 0, tradesKnown: 3 });
    });

    it("stores trades without ids as often as an import has them", async () => {
      const twice = [tradeAt(0), tradeAt(0), tradeAt(1)];
      expect(await imported({ trades: twice })).toMatchObject({ tradesStored: 3 });
      expect(await imported({ trades: twice })).toMatchObject({ tradesStored: 0, tradesKnown: 3 });
      expect(await imported({ trades: [...twice, tradeAt(0)] })).toMatchObject({ tradesStored: 1 });
      expect(await read()).toHaveLength(4);
    });

    it("folds the bars of imported trades from all that are stored", async () => {
      const own = tradeAt(0.5, { id: 1, price: 200 });
      await put({ trades: [own] });
      const early = tradeAt(0.25, { id: 2, price: 1_001, priceScale: 2 });
      await imported({ trades: [early, tradeAt(3, { id: 3 })] });

      expect(await readBars()).toMatchObject([
        { startUs: at(0), open: 1_001, close: 2_000, priceScale: 2, tradeCount: 2, revision: 0 },
        { startUs: at(3), tradeCount: 1 },
      ]);
      await imported({ trades: [early, tradeAt(0.75, { id: 4 })] });
      expect(await readBars()).toMatchObject([{ tradeCount: 3, revision: 1 }, { revision: 0 }]);
      const hours = await readBars({ interval: secondsInterval(3_600) });
      expect(hours).toMatchObject([{ startUs: at(0), tradeCount: 4 }]);
    });

    it("takes bars of others but where all trades of their minute are known", async () => {
      const trades = [tradeAt(0, { id: 1 }), tradeAt(1, { id: 2 })];
      await imported({ trades, known: [span(0, 1)] });
      const bars = (await readBars()).map((bar) => ({ ticker, bar: { ...bar, volume: 99 } }));
      const more = {
        ticker,
        bar: { ...bars[0]!.bar, startUs: at(2), firstUs: at(2), lastUs: at(2) },
      };

      expect(await imported({ bars: [...bars, more] })).toMatchObject({
        barsStored: 2,
        barsKnown: 1,
      });
      expect(await readBars()).toMatchObject([
        { volume: 3, revision: 0 },
        { volume: 99, revision: 1 },
        { volume: 99, revision: 0 },
      ]);
      expect(await imported({ bars: [...bars, more] })).toMatchObject({
        barsStored: 0,
        barsKnown: 3,
      });
    });

    it("stores trades and all else of a batch, or nothing of it", async () => {
      await put({ trades: [tradeAt(0)] });
      const again = batch({ trades: [tradeAt(1)], known: [span(0, 1)] });
      expect(await store.put(again)).toBeUndefined();
      expect(await store.put(again)).toBeUndefined();
      expect(await read()).toHaveLength(2);
    });

    it("forgets trades with their minute", async () => {
      const trades = [0, 0.5, 1, 1.5, 2].map((minutes) => tradeAt(minutes));
      await imported({ trades });
      await store.forget(dataset, at(0.25));
      expect(await read()).toEqual(trades.slice(2));
      await store.forget(dataset, at(2));
      expect(await read()).toEqual(trades.slice(4));
      expect(await store.tickers(dataset)).toMatchObject([{ minutes: 1, trades: 1 }]);
      await store.forget(dataset, at(9));
      expect(await read()).toEqual([]);
      expect(await store.tickers(dataset)).toEqual([]);
    });

    coverageContract(() => ({ store, put, imported }));
  });
}

function coverageContract(
  stage: () => {
    readonly store: DatasetStore;
    put(changes: Partial<DatasetBatch>): Promise<void>;
    imported(changes: Partial<ImportBatch>): Promise<unknown>;
  },
): void {
  it("lists what is stored of each ticker", async () => {
    const { store, imported } = stage();
    expect(await store.tickers(dataset)).toEqual([]);
    const trades = [0, 1.5, 90].map((minutes) => tradeAt(minutes));
    await imported({ trades: [...trades, tradeAt(3, { ticker: "ADA/USDT" })] });

    expect(await store.tickers(dataset)).toEqual([
      { ticker: "ADA/USDT", firstUs: at(3), lastUs: at(3), minutes: 1, trades: 1 },
      { ticker, firstUs: at(0), lastUs: at(90), minutes: 3, trades: 3 },
    ]);
  });

  it("tells what is known and what is missing, of everything or of what concerns a ticker", async () => {
    const { store, put } = stage();
    const eth = "ETH/USDT";
    await put({
      known: [span(0, 10), { ...span(5, 20), ticker }, { ...span(5, 7), ticker: eth }],
      gaps: [
        { ...span(8, 15), reason: "no line" },
        { ...span(15, 18), reason: "no line" },
      ],
    });
    await put({ gaps: [{ ...span(17, 30), ticker, reason: "halted" }], known: [span(10, 12)] });

    const whole = { ticker: undefined };
    expect(await store.coverage({ dataset, ...span(2, 25) })).toEqual({
      known: [
        { ...span(2, 12), ...whole },
        { ...span(5, 7), ticker: eth },
        { ...span(5, 20), ticker },
      ].toSorted(
        (left, right) => left.fromUs - right.fromUs || (left.ticker! < right.ticker! ? -1 : 1),
      ),
      gaps: [
        { ...span(12, 18), reason: "no line", ...whole },
        { ...span(20, 25), ticker, reason: "halted" },
      ],
    });
    expect(await store.coverage({ dataset, ticker: eth, ...span(2, 25) })).toEqual({
      known: [
        { ...span(2, 12), ...whole },
        { ...span(5, 7), ticker: eth },
      ],
      gaps: [{ ...span(12, 18), reason: "no line", ...whole }],
    });
    expect(await store.coverage({ dataset: "forex", ...span(0, 9) })).toEqual({
      known: [],
      gaps: [],
    });
  });
}

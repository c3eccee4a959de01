import { describe, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { rulesOf } from "../core/scenario.fixture.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { type BarInterval, monthsInterval, secondsInterval } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import type { Span } from "../marketdata/bars/span.ts";
import type { StoredBarQuery, StoredTradeQuery } from "../ports/dataset-reader.ts";
import {
  type Answer,
  type BarQuery,
  foldedBarsMax,
  historyLimitMax,
  historyOffsetMax,
  isUnanswered,
  type TradeBarQuery,
  type TradeQuery,
} from "../ports/history.ts";
import { Story, tell } from "../ports/history-story.fixture.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { LocalDataset, type LocalDatasetParts, rowsPerTurn } from "./local-dataset.ts";

const all: Span = { fromUs: 0, toUs: Date.UTC(2100, 0) * 1_000 };
const ofTicker = { dataset: "local", ticker: "BTC/USDT", ...all, order: "oldest-first" } as const;

/** A dataset over a history that has been told a story. */
async function datasetOf(story: Story, changes: Partial<LocalDatasetParts> = {}) {
  const history = new MemoryHistory();
  await tell(history, story);
  return new LocalDataset({
    history,
    venue: "openbourse",
    markets: () =>
      new Map(["BTC", "ETH"].map((base) => [`${base}/USDT`, rulesOf(base, "USDT")] as const)),
    caughtUp: async () => undefined,
    known: async () => all,
    ...changes,
  });
}

/** Trades of one lot each, so many seconds apart; prices go from 1 to 9, again and again. */
function storyOfTrades(waits: readonly number[]): Story {
  const story = new Story().open();
  story.deposit("ann", "BTC", { amount: "1000000", key: "more" });
  story.deposit("bob", "USDT", { amount: "1000000", key: "more" });
  for (const [index, seconds] of waits.entries()) {
    story.wait(seconds);
    const terms = { price: ticks(1 + (index % 9)), quantity: lots(1) };
    story.place("ann", "sell", terms);
    story.place("bob", "buy", terms);
  }
  return story;
}

/** A history that counts how many rows it gives within one turn of the event loop. */
function countedRows(history: MemoryHistory) {
  const seen = { most: 0, all: 0 };
  let rows = 0;
  function counted<Query, Row>(
    read: (query: Query) => Answer<Row>,
    countOf: (page: readonly Row[]) => number = (page) => page.length,
  ) {
    return async (query: Query) => {
      const page = await read(query);
      if (isUnanswered(page)) return page;
      rows += countOf(page);
      seen.all += countOf(page);
      seen.most = Math.max(seen.most, rows);
      setImmediate(() => {
        rows = 0;
      });
      return page;
    };
  }
  return {
    seen,
    history: {
      trades: counted((query: TradeQuery) => history.trades(query)),
      tradeBars: counted(
        (query: TradeBarQuery) => history.tradeBars(query),
        (pages) => pages.reduce((count, { bars }) => count + bars.length, 0),
      ),
      bars: counted((query: BarQuery) => history.bars(query)),
      totals: (market: string) => history.totals(market),
    } as LocalDatasetParts["history"],
  };
}

async function barsOf(
  dataset: LocalDataset,
  interval: BarInterval,
  changes: Partial<StoredBarQuery> = {},
): Promise<readonly StoredBar[]> {
  const answer = await dataset.bars({ ...ofTicker, interval, limit: 10_000, ...changes });
  if (isUnanswered(answer)) throw new Error(`not answered: ${answer.kind}`);
  return answer.bars;
}

async function tradesOf(dataset: LocalDataset, changes: Partial<StoredTradeQuery> = {}) {
  const answer = await dataset.trades({ ...ofTicker, limit: 10_000, ...changes });
  if (isUnanswered(answer)) throw new Error(`not answered: ${answer.kind}`);
  return answer;
}

const figures = ({
  firstUs: _,
  lastUs: __,
  takerBuyVolume: ___,
  takerBuyQuoteVolume: ____,
  ...bar
}: StoredBar) => bar;

describe("the past of the exchange's own trades", () => {
  it("tells trades as those of a feed, in decimals", async () => {
    const dataset = await datasetOf(storyOfTrades([0]));
    const [trade] = await tradesOf(dataset);
    expect(trade).toEqual({
      ticker: "BTC/USDT",
      venue: "openbourse",
      id: undefined,
      price: 1,
      priceScale: 0,
      quantity: 1,
      quantityScale: 0,
      eventTimeUs: expect.any(Number),
      aggressor: "buy",
    });
  });

  it("has bars of every length, which add up to those of their seconds", async () => {
    const waits = Array.from({ length: 300 }, (_, index) => [0, 7, 61, 4_000, 90_000][index % 5]!);
    const dataset = await datasetOf(storyOfTrades(waits));
    const seconds = await barsOf(dataset, secondsInterval(1));
    const lengths = [5, 45, 60, 300, 3_600, 14_400, 86_400, 604_800].map(secondsInterval);
    for (const interval of [...lengths, monthsInterval(1)]) {
      const bars = await barsOf(dataset, interval);
      expect(bars.map(figures)).toEqual([...rollUp(seconds, interval)].map(figures));
      const reversed = await barsOf(dataset, interval, { order: "newest-first" });
      expect(reversed).toEqual(bars.toReversed());
    }
  });

  it.each([
    [secondsInterval(1), foldedBarsMax],
    [secondsInterval(2_700), rowsPerTurn],
  ])(
    "makes long answers in turns, with others' work in between: bars of %o",
    async (interval, most) => {
      const own = new MemoryHistory();
      await tell(own, storyOfTrades(Array.from({ length: 3 * most }, () => 61)));
      const { seen, history } = countedRows(own);
      const dataset = await datasetOf(new Story(), { history });

      await barsOf(dataset, interval);

      expect(seen.most).toBe(most);
    },
  );

  it("reads no further when nobody waits for the answer any more", async () => {
    const own = new MemoryHistory();
    await tell(own, storyOfTrades(Array.from({ length: 3 * foldedBarsMax }, () => 1)));
    const { seen, history } = countedRows(own);
    const dataset = await datasetOf(new Story(), { history });
    const asked = { ...ofTicker, interval: secondsInterval(1), limit: 10_000 };

    const bars = await dataset.bars({ ...asked, isAbandoned: () => seen.most > 0 });

    expect(bars).toEqual({ kind: "busy", asker: "this" });
    expect(seen.all).toBe(foldedBarsMax);
  });

  it.each([secondsInterval(30), secondsInterval(60), secondsInterval(7_200)])(
    "gives any page of what it has, in either order: %o",
    async (interval) => {
      const waits = Array.from({ length: 1_500 }, (_, index) => (index % 90) * 7);
      const dataset = await datasetOf(storyOfTrades(waits));
      for (const order of ["oldest-first", "newest-first"] as const) {
        const whole = await barsOf(dataset, interval, { order });
        expect(whole.length).toBeGreaterThan(12);
        for (const [offset, limit] of [
          [0, 1],
          [1, 1],
          [5, 7],
          [whole.length - 1, 3],
          [whole.length, 1],
        ] as const) {
          const page = await barsOf(dataset, interval, { order, offset, limit });
          expect(page).toEqual(whole.slice(offset, offset + limit));
        }
      }
    },
  );

  it("skips and pages trades further than one query of the history goes", async () => {
    const dataset = await datasetOf(storyOfTrades(Array<number>(historyLimitMax + 50).fill(1)));
    const whole = await tradesOf(dataset);
    expect(whole).toHaveLength(historyLimitMax + 50);
    const newest = await tradesOf(dataset, { order: "newest-first", offset: 1_020, limit: 9 });
    expect(newest).toEqual(whole.toReversed().slice(1_020, 1_029));
    expect(await tradesOf(dataset, { offset: historyOffsetMax + 1 })).toEqual([]);
  });

  it("knows its past from the first command of the log to what was published", async () => {
    const story = storyOfTrades([0, 60]);
    const known = { fromUs: story.timeOf(1), toUs: story.timeOf(5) };
    const dataset = await datasetOf(story, { known: async () => known });
    const range = { fromUs: 0, toUs: story.timeOf(5) + 1 };
    expect(await dataset.coverage({ dataset: "local", ...range })).toEqual({
      known: [known],
      gaps: [],
    });
    const minute = secondsInterval(60);
    const answer = await dataset.bars({ ...ofTicker, ...range, interval: minute, limit: 9 });
    expect(answer).toMatchObject({ unknown: [{ fromUs: 0, toUs: known.fromUs }, {}] });
  });

  it("reads only when all that was published is stored, and says when it never will be", async () => {
    const caughtUp = async () => "the disk is full";
    const dataset = await datasetOf(storyOfTrades([0]), { caughtUp });
    const failure = { kind: "failure", fault: "failed", message: "the disk is full" };
    const interval = secondsInterval(60);
    expect(await dataset.bars({ ...ofTicker, interval, limit: 1 })).toEqual(failure);
    expect(await dataset.trades({ ...ofTicker, limit: 1 })).toEqual(failure);
    expect(await dataset.tickers()).toEqual(failure);
  });

  it("lists the tickers that were traded", async () => {
    const dataset = await datasetOf(storyOfTrades([0, 600]));
    expect(await dataset.tickers()).toEqual([
      {
        ticker: "BTC/USDT",
        firstUs: expect.any(Number),
        lastUs: expect.any(Number),
        minutes: 2,
        trades: 2,
      },
    ]);
  });

  it("has nothing of a ticker that is no market", async () => {
    const dataset = await datasetOf(storyOfTrades([0]));
    expect(await barsOf(dataset, secondsInterval(60), { ticker: "DOGE/USDT" })).toEqual([]);
    expect(await tradesOf(dataset, { ticker: "DOGE/USDT" })).toEqual([]);
  });
});

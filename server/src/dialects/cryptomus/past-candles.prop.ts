import fc from "fast-check";
import { expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { atoms } from "../../core/num/money.ts";
import { storedCandles } from "../../engine/board.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import { BarFold } from "../../marketdata/bars/fold.ts";
import { candleIntervalsS } from "../../marketdata/candles.ts";
import { candlesMax, type DurableEvents, MarketBoard } from "../../marketdata/market-board.ts";
import type { StoredTrade, TickerBarQuery } from "../../ports/dataset-reader.ts";
import { MemoryDatasetStore } from "../../testing/memory-dataset-store.ts";
import { marketRules } from "./conversation.fixture.ts";
import { type CandleQuestion, findCandles, joinCandles, keptCandlesMax } from "./past-candles.ts";

const market = "BTC_USDT";
const ticker = "BTC/USDT";
const rules = {
  ...marketRules(market),
  tickSize: { coefficient: 5, scale: 2 },
  lotSize: { coefficient: 2, scale: 3 },
};
const epochUs = 1_700_000_123_456_789;

interface Drawn {
  readonly timeUs: number;
  readonly price: number;
  readonly quantity: number;
}

/** Runs of trades that fill a table of seconds or of minutes, and wide gaps. */
const run = fc.record({
  count: fc.oneof(fc.nat({ max: 30 }), fc.constantFrom(1_500, 4_000)),
  stepUs: fc.constantFrom(
    300_000,
    1_000_000,
    17_000_000,
    60_000_000,
    3_600_000_000,
    90_000_000_000,
  ),
});
const drawn = fc.array(run, { minLength: 1, maxLength: 3 }).map((runs): readonly Drawn[] => {
  let timeUs = epochUs;
  return runs.flatMap(({ count, stepUs }) =>
    Array.from({ length: count }, (_, index) => {
      timeUs += stepUs;
      return { timeUs, price: 90 + ((index * 7) % 23), quantity: 1 + (index % 5) };
    }),
  );
});

const scales = { priceScale: 2, quantityScale: 3 };

/** Bars of all trades of a length, oldest first, with no table, roll-up or store in between. */
function naive(trades: readonly Drawn[], lengthUs: number): readonly Bar[] {
  const byStart = Map.groupBy(trades, ({ timeUs }) => timeUs - (timeUs % lengthUs));
  return Array.from(byStart, ([startUs, inside]) => {
    const fold = new BarFold({ startUs, ...scales });
    for (const { timeUs, price, quantity } of inside) {
      const numbers = { price: price * 5, quantity: quantity * 2 };
      fold.add({ ...numbers, eventTimeUs: timeUs, aggressor: "buy" });
    }
    return fold.toBar();
  });
}

/** Where the exchange's trades would be stored. */
class Past {
  readonly #store = new MemoryDatasetStore();
  #sequence = 0;

  async put(trades: readonly Drawn[]): Promise<void> {
    this.#sequence += 1;
    const stored = trades.map(
      ({ timeUs, price, quantity }): StoredTrade => ({
        ...{ ticker, venue: "v", id: undefined, ...scales, aggressor: "buy" as const },
        ...{ price: price * 5, quantity: quantity * 2, eventTimeUs: timeUs },
      }),
    );
    await this.#store.put({
      dataset: "local",
      position: { epoch: "e", sequence: this.#sequence, timeUs: trades.at(-1)?.timeUs ?? 0 },
      trades: stored.slice(this.#stored),
      bars: naive(trades, 60_000_000).map((bar) => ({ ticker, bar })),
      known: [],
      gaps: [],
    });
    this.#stored = stored.length;
  }
  #stored = 0;

  bars = (_: string, query: TickerBarQuery) =>
    this.#store.bars({ ...query, dataset: "local", ticker });
}

function events({ timeUs, price, quantity }: Drawn, sequence: number): DurableEvents {
  const traded = { kind: "traded", market, ordinal: 0, price, quantity, aggressor: "buy" } as const;
  const nobody = { taker: 1, takerUser: "a", takerFee: 0n, maker: 1, makerUser: "b", makerFee: 0n };
  const event = { ...traded, ...nobody, value: atoms(1n), makerCreatedUs: 0 };
  return { sequence, timeUs, events: [event] };
}

async function boardAfter(past: Past, trades: readonly Drawn[]): Promise<MarketBoard> {
  const timeUs = trades.at(-1)?.timeUs ?? 0;
  const lastPrice = trades.at(-1)?.price ?? 0;
  const candles = await storedCandles(past.bars, market, timeUs);
  return new MarketBoard([{ rules, halted: false, lastPrice, levels: [], ...candles }], timeUs);
}

/** What the protocol tells of candles. */
function told(bars: readonly Bar[]) {
  return bars.map(({ startUs, open, high, low, close, volume, quoteVolume, tradeCount }) => {
    const sums = { volume: BigInt(volume), quoteVolume: BigInt(quoteVolume), tradeCount };
    return { startUs, open, high, low, close, ...sums };
  });
}

/** Asks as a session does; while the store is read the market goes on. */
async function ask(
  board: MarketBoard,
  { question, past, meanwhile }: { question: CandleQuestion; past: Past; meanwhile: () => void },
): Promise<readonly Bar[]> {
  const found = findCandles(board, question);
  if (found.kind === "whole") {
    meanwhile();
    return board.candles(market, question) ?? [];
  }
  const stored = await past.bars(market, found.query);
  if ("kind" in stored) throw new Error("the store answers");
  meanwhile();
  const candles = joinCandles(board, question, { next: found.next, stored });
  if (candles === undefined) throw new Error("the board still knows what follows");
  return candles;
}

const thousandths = fc.nat({ max: 1_000 });
const plan = fc.record({
  trades: drawn,
  // When the board starts, when it is asked, and which time it is asked about.
  restart: thousandths,
  asked: thousandths,
  first: thousandths,
  last: thousandths,
  /** How many trades come while the store is read. */
  late: fc.nat({ max: keptCandlesMax }),
  intervals: fc.shuffledSubarray([...candleIntervalsS], { minLength: 4, maxLength: 4 }),
});

it("candles of board and store together are those of all trades, wherever one ends and the other begins", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ trades, restart, asked, first, last, late, intervals }) => {
      const at = (share: number) => Math.floor((share * trades.length) / 1_000);
      const cut = at(Math.min(restart, asked));
      const end = at(Math.max(restart, asked));
      const past = new Past();
      await past.put(trades.slice(0, cut));
      const board = await boardAfter(past, trades.slice(0, cut));
      board.apply(trades.slice(cut, end).map((trade, index) => events(trade, cut + index + 1)));
      await past.put(trades.slice(0, end));
      const rest = trades.slice(end, end + late);
      const known = trades.slice(0, end + rest.length);
      const fromS = Math.floor((trades[at(first)]?.timeUs ?? 0) / 1e6);
      const toS = Math.floor((trades[at(last)]?.timeUs ?? 1e16) / 1e6);
      let isFirst = true;
      const meanwhile = () => {
        if (isFirst) board.apply(rest.map((trade, index) => events(trade, end + index + 1)));
        isFirst = false;
      };
      for (const intervalS of intervals) {
        const question = { market, intervalS, fromS, toS };
        const candles = await ask(board, { question, past, meanwhile });
        const expected = naive(known, intervalS * 1e6)
          .filter(({ startUs }) => startUs >= fromS * 1e6 && startUs <= toS * 1e6)
          .slice(-candlesMax);
        expect(told(candles)).toEqual(told(expected));
      }
    }),
    { numRuns: rounds(8, 20) },
  );
});

/** A restart at any moment takes nothing out of a bar, a candle or the 24-hour figures. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import { lots, ticks } from "../../core/num/units.ts";
import { rulesOf, Scenario } from "../../core/scenario.fixture.ts";
import { BarPublisher, latenessDefaultUs } from "../../marketdata/bar-publisher.ts";
import type { BarUpdate } from "../../marketdata/bar-update.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import { candleIntervalsS, candleResolutionsS } from "../../marketdata/candles.ts";
import { MarketBoard } from "../../marketdata/market-board.ts";
import { unitsOf } from "../../marketdata/updates.ts";
import { rowsOf } from "../../ports/history-story.fixture.ts";
import type { Released } from "../../ports/released.ts";
import { MemoryHistory } from "../../testing/memory-history.ts";
import { LocalFeed } from "./feed.ts";
import { restoreRunningBars } from "./running-bars.ts";

const market = "BTC_USDT";
/** Steps that are no powers of ten, so that ticks and decimals differ. */
const rules = rulesOf("BTC", "USDT", {
  tickSize: { coefficient: 25, scale: 2 },
  lotSize: { coefficient: 5, scale: 3 },
});
const always = { fromS: 0, toS: Number.POSITIVE_INFINITY };
const latenessUs = latenessDefaultUs;

const step = fc.record({
  passedUs: fc.oneof(
    fc.nat({ max: 2_000_000 }),
    fc.nat({ max: 70 }).map((seconds) => seconds * 1_000_000),
    fc.nat({ max: 30 }).map((hours) => hours * 3_600_000_000),
  ),
  price: fc.integer({ min: 90, max: 110 }),
  quantity: fc.integer({ min: 1, max: 9 }),
});

/** Everything that an exchange released, of which every step made a trade. */
function releasedOf(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  const scenario = new Scenario({ rules });
  const released: Released[] = [];
  for (const { passedUs, price, quantity } of steps) {
    scenario.timeUs += passedUs;
    for (const [user, side] of [
      ["ann", "sell"],
      ["bob", "buy"],
    ] as const) {
      const terms = { market, price: ticks(price), quantity: lots(quantity) };
      const command = { kind: "place-limit", user, side, timeInForce: "gtc", ...terms } as const;
      const events = scenario.apply(command);
      const sequence = released.length + 1;
      released.push({ sequence, timeUs: scenario.timeUs, command, events });
    }
  }
  return released;
}

/** The board of a server that starts with a history, which holds all that was released before. */
async function boardOf(history: MemoryHistory): Promise<MarketBoard> {
  const candles = await Promise.all(
    candleResolutionsS.map(async (resolutionS) => {
      const query = { market, steps: unitsOf(rules), resolutionS, limit: 1_440 };
      return [resolutionS, (await rowsOf(history.bars(query))).toReversed()];
    }),
  );
  const recentTrades = history.tradesNow({ market, limit: 100 });
  const lastPrice = recentTrades[0]?.price ?? 0;
  const state = { rules, halted: false, lastPrice, levels: [], recentTrades };
  return new MarketBoard([{ ...state, candles: Object.fromEntries(candles) }]);
}

/** The last state of each minute that the dataset publishes after a start. */
async function published(
  feed: LocalFeed,
  trades: number,
  startUs: number,
): Promise<Map<number, BarUpdate>> {
  const bars = new Map<number, BarUpdate>();
  const publisher = new BarPublisher({
    latenessUs,
    unchangedBars: false,
    publish: (bar) => bars.set(bar.startUs, bar),
  });
  publisher.advance(startUs);
  if (trades === 0) return bars;
  const record = await runFeed(feed, {
    context: new VirtualFeedContext(),
    stopAfterTrades: trades,
  });
  for (const trade of record.trades) {
    publisher.advance(Math.max(startUs, trade.eventTimeUs));
    expect(publisher.apply(trade)).toBe("taken");
  }
  publisher.advance((record.trades.at(-1)?.eventTimeUs ?? startUs) + 120_000_000);
  return bars;
}

function tradesIn(released: readonly Released[]): number {
  return released.flatMap(({ events }) => events.filter(({ kind }) => kind === "traded")).length;
}

/** What a bar of the dataset and a candle of the board both say. */
function said({ startUs, open, high, low, close, volume, quoteVolume, tradeCount }: Bar) {
  return { startUs, open, high, low, close, volume, quoteVolume, tradeCount };
}

describe("a server that starts again at any moment", () => {
  it("publishes bars that equal its own candles, and these equal those of one that never stopped", async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 40, size: "max" });
    const moment = fc.record({ cut: fc.nat({ max: 80 }), downS: fc.nat({ max: 100 }) });
    const property = fc.asyncProperty(steps, moment, async (drawn, { cut, downS }) => {
      const released = releasedOf(drawn);
      const before = released.slice(0, cut);
      const after = released.slice(cut);
      const lastUs = before.at(-1)?.timeUs ?? after[0]?.timeUs ?? 0;
      const startUs = Math.min(lastUs + downS * 1e6, after[0]?.timeUs ?? Number.MAX_SAFE_INTEGER);

      const history = new MemoryHistory();
      history.record(before);
      const board = await boardOf(history);
      const feed = new LocalFeed("openbourse", [rules]);
      await restoreRunningBars({ markets: [rules], history, feed }, { nowUs: startUs, latenessUs });
      feed.take(after);
      board.apply(after);

      const fromUs = Math.floor((startUs - latenessUs) / 60e6) * 60e6;
      const restored = before.filter(({ timeUs }) => timeUs >= fromUs);
      const bars = await published(feed, tradesIn(restored) + tradesIn(after), startUs);
      const candles = board.candles(market, { intervalS: 60, ...always }) ?? [];
      const running = candles.filter((candle) => candle.startUs >= fromUs);
      expect([...bars.values()].map(said)).toEqual(running.map(said));

      const unbroken = new MarketBoard([
        { rules, halted: false, lastPrice: 0, levels: [], recentTrades: [] },
      ]);
      unbroken.apply(released);
      for (const intervalS of candleIntervalsS.filter((seconds) => seconds >= 60)) {
        const query = { intervalS, ...always };
        expect(board.candles(market, query)?.map(said)).toEqual(
          unbroken.candles(market, query)?.map(said),
        );
      }
      const nowUs = (released.at(-1)?.timeUs ?? 0) + 1;
      const ticker = (of: MarketBoard) => ({
        ...of.ticker(market, nowUs)?.figures,
        lastEventUs: undefined,
      });
      expect(ticker(board)).toEqual(ticker(unbroken));
    });

    await fc.assert(property, { numRuns: 100 });
  });
});

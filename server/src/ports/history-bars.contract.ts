/** What every history must answer when it is asked for bars. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Traded } from "../core/events.ts";
import { atoms } from "../core/num/money.ts";
import { lots, ticks } from "../core/num/units.ts";
import { money } from "../core/scenario.fixture.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import {
  type BarQuery,
  type BarResolution,
  barLimitMax,
  barResolutions,
  type History,
} from "./history.ts";
import { rowsOf, Story, tell } from "./history-story.fixture.ts";
import type { Released } from "./released.ts";

const market = "BTC_USDT";
/** Steps with which a turnover of one tick and lot is one atom. */
export const barSteps = {
  tickSize: { coefficient: 1, scale: 8 },
  lotSize: { coefficient: 1, scale: 8 },
};
const minute: Omit<BarQuery, "limit"> = { market, steps: barSteps, resolutionS: 60 };
const runs = rounds(5, 15);

/** A full hour that is no midnight, in seconds since 1970. */
const hourS = Date.UTC(2024, 1, 28, 13) / 1_000;

/** When a trade happened and what it says; the market is BTC_USDT unless told otherwise. */
type TradeTerms = readonly [timeUs: number, terms: Partial<Traded>];

/** Commands with one trade each: 2 lots at 10 ticks, 20 USDT, unless told otherwise. */
function releasedTrades(trades: readonly TradeTerms[]): Released[] {
  return trades.map(([timeUs, terms], index) => {
    const sequence = index + 1;
    const trade: Traded = {
      kind: "traded",
      market,
      ordinal: 0,
      price: 10,
      quantity: 2,
      value: money("20"),
      aggressor: "buy",
      taker: sequence,
      takerUser: "ann",
      takerFee: 0n,
      maker: 1,
      makerUser: "bob",
      makerFee: 0n,
      makerCreatedUs: timeUs,
      ...terms,
    };
    return { sequence, timeUs, command: { kind: "cancel-all", user: "ann" }, events: [trade] };
  });
}

/** Trades with nothing said about them but the second of each. */
function tradesInSeconds(seconds: readonly number[]): Released[] {
  return releasedTrades(seconds.map((second) => [second * 1_000_000, {}]));
}

/** Start of a minute, an hour or a day, as the calendar has it. */
function calendarStartS(timeUs: number, resolutionS: BarResolution): number {
  const time = new Date(timeUs / 1_000);
  if (resolutionS === 86_400) time.setUTCHours(0);
  if (resolutionS >= 3_600) time.setUTCMinutes(0);
  return time.setUTCSeconds(0, 0) / 1_000;
}

/** All bars of a market after a story, newest first. */
function barsOf(story: Story, code: string, resolutionS: BarResolution): Bar[] {
  const bars = new Map<number, Bar>();
  const timed = story.released.flatMap(({ timeUs, events }) =>
    events.map((event) => ({ timeUs, event })),
  );
  for (const { timeUs, event } of timed) {
    if (event.kind !== "traded" || event.market !== code) continue;
    const { price, quantity, value } = event;
    const startS = calendarStartS(timeUs, resolutionS);
    const prices = { open: price, high: price, low: price, close: price };
    const sums = { volume: 0, quoteVolume: 0n, tradeCount: 0 };
    const old = bars.get(startS) ?? { ...plain(startS), ...prices, ...sums };
    bars.set(startS, {
      ...old,
      high: Math.max(Number(old.high), price),
      low: Math.min(Number(old.low), price),
      close: price,
      volume: Number(old.volume) + quantity,
      quoteVolume: BigInt(old.quoteVolume) + value,
      tradeCount: old.tradeCount + 1,
    });
  }
  return [...bars.values()].toReversed();
}

/** What all bars of these steps have in common. */
function plain(startS: number) {
  const startUs = startS * 1_000_000;
  const unknown = { takerBuyVolume: undefined, takerBuyQuoteVolume: undefined, revision: 0 };
  return { startUs, priceScale: 8, volumeScale: 8, ...unknown, firstUs: startUs, lastUs: startUs };
}

function startSOf({ startUs }: Bar): number {
  return startUs / 1_000_000;
}

/** What is said of bars. */
export function barContract(current: () => History, open: () => Promise<History>): void {
  barFoldContract(current);
  barPageContract(current);

  it("folds any story into the bars that its trades make, told in one piece or in many", async () => {
    const step = fc.record({
      waitS: fc.constantFrom(0, 0, 7, 58, 59, 3_599, 40_000, 86_399),
      base: fc.constantFrom("BTC", "ETH"),
      price: fc.integer({ min: 8, max: 12 }),
      quantity: fc.integer({ min: 1, max: 4 }),
      isTold: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const history = await open();
      const story = new Story().open();
      try {
        for (const { waitS, base, price, quantity, isTold } of steps) {
          const terms = { market: `${base}_USDT`, price: ticks(price) };
          story.wait(waitS);
          story.place("ann", "buy", { ...terms, quantity: lots(3) });
          story.place("bob", "sell", { ...terms, quantity: lots(quantity) });
          if (isTold) await tell(history, story);
        }
        await tell(history, story);

        let count = 0;
        for (const resolutionS of barResolutions) {
          for (const code of ["BTC_USDT", "ETH_USDT"]) {
            const bars = barsOf(story, code, resolutionS);
            expect(
              await rowsOf(
                history.bars({ market: code, steps: barSteps, resolutionS, limit: barLimitMax }),
              ),
            ).toEqual(bars);
            count += bars.length;
          }
        }
        expect(await history.digest()).toMatchObject({ bars: count });
      } finally {
        await history.close();
      }
    });

    await fc.assert(property, { numRuns: runs });
  });
}

function barFoldContract(current: () => History): void {
  it("makes a bar of the first, highest, lowest and last price of a minute, and of its sums", async () => {
    const prices = [11, 14, 9, 12];
    current().record(
      releasedTrades(
        prices.map((price, index) => [
          (hourS + index) * 1_000_000,
          { price, quantity: index + 1, value: money(`${price * (index + 1)}.5`) },
        ]),
      ),
    );
    await current().flushed();

    expect(await rowsOf(current().bars({ ...minute, limit: 9 }))).toEqual([
      {
        ...plain(hourS),
        open: 11,
        high: 14,
        low: 9,
        close: 12,
        volume: 10,
        quoteVolume: money("116"),
        tradeCount: 4,
      },
    ]);
  });

  it.each([
    ["minute", 60, hourS + 60],
    ["hour", 3_600, hourS + 3_600],
    ["day", 86_400, Date.UTC(2024, 1, 29) / 1_000],
  ] as const)("begins a %s with its first microsecond", async (_, resolutionS, startS) => {
    current().record(
      releasedTrades([
        [startS * 1_000_000 - 1, { price: 7 }],
        [startS * 1_000_000, { price: 8 }],
      ]),
    );
    await current().flushed();

    const bars = await rowsOf(current().bars({ market, steps: barSteps, resolutionS, limit: 9 }));
    expect(bars.map((bar) => [startSOf(bar), bar.open, bar.close])).toEqual([
      [startS, 8, 8],
      [startS - resolutionS, 7, 7],
    ]);
  });

  it.each([
    ["one by one", 1],
    ["at once", 5],
  ])("goes back to a bar after one of another minute, told %s", async (_, step) => {
    // The log's time never goes back; if it did, no trade would be lost.
    const released = tradesInSeconds([hourS, hourS + 1, hourS + 60, hourS + 2, hourS + 61]);
    for (let at = 0; at < released.length; at += step) {
      current().record(released.slice(at, at + step));
      await current().flushed();
    }

    const bars = await rowsOf(current().bars({ ...minute, limit: 9 }));
    expect(bars.map((bar) => [startSOf(bar), bar.tradeCount])).toEqual([
      [hourS + 60, 2],
      [hourS, 3],
    ]);
    expect(
      await rowsOf(current().bars({ market, steps: barSteps, resolutionS: 3_600, limit: 9 })),
    ).toMatchObject([
      { startUs: hourS * 1_000_000, volume: 10, quoteVolume: money("100"), tradeCount: 5 },
    ]);
  });

  it("keeps sums exact that no other integer holds", async () => {
    const quantity = Number.MAX_SAFE_INTEGER;
    const value = atoms(10n ** 34n - 1n);
    const trades = Array.from(
      { length: 2_000 },
      (_, index): TradeTerms => [hourS * 1_000_000 + index, { quantity, value }],
    );
    current().record(releasedTrades(trades));
    await current().flushed();

    for (const resolutionS of barResolutions) {
      expect(
        await rowsOf(current().bars({ market, steps: barSteps, resolutionS, limit: 1 })),
      ).toMatchObject([
        { volume: 2_000n * BigInt(quantity), quoteVolume: 2_000n * value, tradeCount: 2_000 },
      ]);
    }
  });

  it("tells a volume as a number for as long as that is exact", async () => {
    const trades = [Number.MAX_SAFE_INTEGER, 1].map((quantity): TradeTerms => [0, { quantity }]);
    const released = releasedTrades(trades);
    const volumes: unknown[] = [];
    for (const command of released) {
      current().record([command]);
      await current().flushed();
      volumes.push((await rowsOf(current().bars({ ...minute, limit: 1 })))[0]?.volume);
    }

    expect(volumes).toEqual([Number.MAX_SAFE_INTEGER, 2n ** 53n]);
  });
}

function barPageContract(current: () => History): void {
  it("answers with a day of minutes at once", async () => {
    const minutes = Array.from({ length: barLimitMax + 10 }, (_, index) => hourS + index * 60);
    current().record(tradesInSeconds(minutes));
    await current().flushed();

    const bars = await rowsOf(current().bars({ ...minute, limit: barLimitMax }));
    expect([bars.length, bars[0]?.startUs]).toEqual([1_440, (minutes.at(-1) ?? 0) * 1_000_000]);
  });

  it.each([0, 1.5, barLimitMax + 1])(
    "treats a query for %s bars as a bug of the caller",
    (limit) => {
      expect(() => current().bars({ ...minute, limit })).toThrow("invariant violated");
    },
  );
}

/** What is said of queries for bars, of one history that all of them ask. */
export function barQueryContract(open: () => Promise<History>): void {
  let history: History;
  beforeAll(async () => {
    history = await open();
    const btc = tradesInSeconds([0, 60, 61, 300, 70 * 60].map((second) => hourS + second));
    const timeUs = (hourS + 120) * 1_000_000;
    const [ether] = releasedTrades([[timeUs, { market: "ETH_USDT", taker: btc.length + 1 }]]);
    history.record([...btc, { ...ether!, sequence: btc.length + 1 }]);
    await history.flushed();
  });
  afterAll(() => history.close());

  it.each<[string, Partial<BarQuery>, readonly number[]]>([
    ["all, newest first, none where nothing was traded", {}, [70, 5, 1, 0]],
    ["the newest", { limit: 2 }, [70, 5]],
    ["from a start on", { fromS: hourS + 60 }, [70, 5, 1]],
    ["from within a bar on", { fromS: hourS + 61 }, [70, 5]],
    ["before a start", { beforeS: hourS + 300 }, [1, 0]],
    ["between two, the newest", { fromS: hourS, beforeS: hourS + 300, limit: 1 }, [1]],
    ["of no time at all", { fromS: hourS + 60, beforeS: hourS + 60 }, []],
    ["of the time after", { fromS: hourS + 71 * 60 }, []],
    ["of another market", { market: "ETH_USDT" }, [2]],
    ["of a market that is not known", { market: "DOGE_USDT" }, []],
    ["of hours", { resolutionS: 3_600 }, [60, 0]],
    ["the oldest first", { order: "oldest-first", limit: 3 }, [0, 1, 5]],
    ["the oldest of a time first", { order: "oldest-first", fromS: hourS + 1, limit: 2 }, [1, 5]],
  ])("finds bars: %s", async (_, query, expected) => {
    const bars = await rowsOf(history.bars({ ...minute, limit: 9, ...query }));
    expect(bars.map((bar) => (startSOf(bar) - hourS) / 60)).toEqual(expected);
  });
}

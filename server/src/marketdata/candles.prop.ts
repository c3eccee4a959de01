import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Bar } from "./bars/bar.ts";
import { CandleStore, candleIntervalsS, candleResolutionsS } from "./candles.ts";

const epochS = 1_700_000_123;
const steps = { tickSize: { coefficient: 1, scale: 0 }, lotSize: { coefficient: 1, scale: 0 } };
const always = { fromS: 0, toS: Number.POSITIVE_INFINITY };

interface DrawnTrade {
  readonly timeUs: number;
  readonly price: number;
  readonly quantity: number;
}

/** Trades that follow each other at once, within seconds, or after up to some weeks. */
const trades = fc
  .array(
    fc.record({
      passedUs: fc.oneof(
        fc.nat({ max: 3_000_000 }),
        fc.nat({ max: 4_000 }).map((seconds) => seconds * 1_000_000),
        fc.nat({ max: 900 }).map((hours) => hours * 3_600_000_000),
      ),
      price: fc.integer({ min: 1, max: 50 }),
      quantity: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    }),
    { maxLength: 80, size: "max" },
  )
  .map((steps): readonly DrawnTrade[] => {
    let timeUs = epochS * 1e6;
    return steps.map(({ passedUs, price, quantity }) => {
      timeUs += passedUs;
      return { timeUs, price, quantity };
    });
  });

/** The candles of all trades, made at once in unbounded integers. */
function batch(drawn: readonly DrawnTrade[], intervalS: number) {
  const intervalUs = intervalS * 1e6;
  const byStart = Map.groupBy(drawn, ({ timeUs }) => Math.floor(timeUs / intervalUs) * intervalS);
  return [...byStart].map(([startS, inside]) => {
    const prices = inside.map(({ price }) => price);
    return {
      startUs: startS * 1e6,
      open: prices[0],
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1),
      volume: inside.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n),
      quoteVolume: inside.reduce(
        (sum, { price, quantity }) => sum + BigInt(price) * BigInt(quantity),
        0n,
      ),
      tradeCount: inside.length,
    };
  });
}

/** The figures of candles that a batch computation has as well. */
function exact(candles: readonly Bar[]) {
  return candles.map(({ startUs, open, high, low, close, volume, quoteVolume, tradeCount }) => ({
    startUs,
    open,
    high,
    low,
    close,
    volume: BigInt(volume),
    quoteVolume: BigInt(quoteVolume),
    tradeCount,
  }));
}

function storeOf(drawn: readonly DrawnTrade[]): CandleStore {
  const store = new CandleStore(steps);
  for (const trade of drawn) store.apply(trade);
  return store;
}

describe("candles", () => {
  it("of every interval equal a batch computation over all trades, in any range", () => {
    fc.assert(
      fc.property(trades, fc.nat({ max: 80 }), fc.nat({ max: 80 }), (drawn, first, last) => {
        const store = storeOf(drawn);
        const fromS = Math.floor((drawn[first]?.timeUs ?? 0) / 1e6);
        const toS = Math.floor((drawn[last]?.timeUs ?? 1e16) / 1e6);
        for (const intervalS of candleIntervalsS) {
          const expected = batch(drawn, intervalS);
          const inRange = expected.filter(
            ({ startUs }) => startUs >= fromS * 1e6 && startUs <= toS * 1e6,
          );

          expect(exact(store.candles({ intervalS, ...always }))).toEqual(expected);
          expect(exact(store.candles({ intervalS, fromS, toS }))).toEqual(inRange);
        }
      }),
      { numRuns: rounds(24, 60) },
    );
  });

  it("are the same after a restart with the stored ones, and go on the same", () => {
    fc.assert(
      fc.property(trades, fc.nat({ max: 80 }), (drawn, cut) => {
        const before = storeOf(drawn.slice(0, cut));
        const restarted = new CandleStore(steps);
        for (const resolutionS of candleResolutionsS) {
          restarted.restore(resolutionS, before.candles({ intervalS: resolutionS, ...always }));
        }
        for (const trade of drawn.slice(cut)) restarted.apply(trade);

        const unbroken = storeOf(drawn);
        for (const intervalS of candleIntervalsS.filter((seconds) => seconds >= 60)) {
          const query = { intervalS, ...always };
          expect(exact(restarted.candles(query))).toEqual(exact(unbroken.candles(query)));
        }
      }),
      { numRuns: rounds(24, 60) },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { candleIntervalsS } from "../candles.ts";
import { type BarInterval, monthsInterval, secondsInterval, weekInterval } from "./interval.ts";
import { atFinest, drawnTrades, foldedBars, naiveBars } from "./naive-bar.fixture.ts";
import { rollUp } from "./roll.ts";

/** Minutes that the second protocol knows: `1m` to `12h`. */
const minutes = [1, 2, 3, 4, 5, 10, 15, 20, 30, 45, 60, 120, 180, 240, 480, 720, 1_440];

/** Every interval of a minute and more that a protocol knows. */
const intervals: readonly BarInterval[] = [
  ...candleIntervalsS.filter((seconds) => seconds >= 60).map(secondsInterval),
  ...minutes.map((count) => secondsInterval(count * 60)),
  weekInterval,
  ...[1, 2, 3, 4].map(monthsInterval),
];

describe("bars", () => {
  it("equal a batch computation over their trades, whatever the scales", () => {
    fc.assert(
      fc.property(drawnTrades, fc.constantFrom(...intervals), (trades, interval) => {
        expect(foldedBars(trades, interval).map(atFinest)).toEqual(naiveBars(trades, interval));
      }),
      { numRuns: rounds(120, 300) },
    );
  });

  it("rolled up equal folding all trades, for every interval", () => {
    fc.assert(
      fc.property(drawnTrades, (trades) => {
        const parts = foldedBars(trades, secondsInterval(60));
        for (const interval of intervals) {
          const rolled = [...rollUp(parts, interval)];
          expect(rolled.map(atFinest)).toEqual(naiveBars(trades, interval));
        }
      }),
      { numRuns: rounds(16, 40) },
    );
  });

  it("rolled up twice equal those rolled up once", () => {
    const hours = secondsInterval(3_600);
    fc.assert(
      fc.property(drawnTrades, (trades) => {
        const parts = foldedBars(trades, secondsInterval(60));
        const twice = rollUp(rollUp(parts, hours), monthsInterval(1));

        expect([...twice]).toEqual([...rollUp(parts, monthsInterval(1))]);
      }),
      { numRuns: rounds(40, 100) },
    );
  });
});

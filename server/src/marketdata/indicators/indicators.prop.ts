import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { atr } from "./atr.ts";
import { bbands } from "./bbands.ts";
import { ichimoku } from "./ichimoku.ts";
import type { Indicator, PriceBar } from "./indicator.ts";
import { ma } from "./ma.ts";
import { macd } from "./macd.ts";
import { movingAverageTypes } from "./moving-average.ts";
import { obv } from "./obv.ts";
import { pricePath, walkedBars } from "./price-path.fixture.ts";
import { rsi } from "./rsi.ts";
import { sar } from "./sar.ts";
import { stoch } from "./stoch.ts";

const period = fc.integer({ min: 2, max: 25 });
const maType = fc.constantFrom(...movingAverageTypes);

function figures(indicator: Indicator, bars: readonly PriceBar[]) {
  const fold = indicator.begin();
  return bars.map((bar) => fold.add(bar));
}

/** The figures that are there, none of them infinite or no number. */
function present(indicator: Indicator, bars: readonly PriceBar[]): (readonly number[])[] {
  const all = figures(indicator, bars);
  const first = all.findIndex((figure) => figure !== undefined);
  expect(first === -1 ? bars.length : first).toBe(Math.min(indicator.lookBack, bars.length));
  const there = all.flatMap((figure) => (figure === undefined ? [] : [figure]));
  expect(there).toHaveLength(Math.max(0, bars.length - indicator.lookBack));
  expect(there.filter((figure) => !figure.every(Number.isFinite))).toEqual([]);
  return there;
}

/** All prices times a factor, plus a shift. */
function moved(bars: readonly PriceBar[], factor: number, shift: number): PriceBar[] {
  const move = (price: number) => price * factor + shift;
  return bars.map((bar) => ({
    ...bar,
    open: move(bar.open),
    high: move(bar.high),
    low: move(bar.low),
    close: move(bar.close),
  }));
}

function expectClose(actual: readonly number[], expected: readonly number[], unit: number) {
  const isFar = (value: number, at: number) => !(Math.abs(value - expected[at]!) < 1e-7 * unit);
  expect(actual.filter(isFar)).toEqual([]);
}

/** Those whose figures are prices, by a name. */
function priced(timePeriod: number) {
  return [
    ...movingAverageTypes.map((type) => ma({ seriesType: "close", timePeriod, maType: type })),
    bbands({ seriesType: "close", timePeriod, sd: 2, maType: "SMA" }),
    sar({ acceleration: 0.02, maximum: 0.2 }),
    ichimoku({
      conversionLinePeriod: timePeriod,
      baseLinePeriod: 2 * timePeriod,
      leadingSpanBPeriod: 3 * timePeriod,
    }),
  ];
}

describe("indicators", () => {
  it("say nothing for as many bars as they look back, and a number from then on", () => {
    fc.assert(
      fc.property(pricePath, period, maType, (bars, timePeriod, type) => {
        for (const indicator of priced(timePeriod)) present(indicator, bars);
        present(atr(timePeriod), bars);
        present(rsi({ seriesType: "low", timePeriod }), bars);
        present(obv("high"), bars);
        present(bbands({ seriesType: "open", timePeriod, sd: 1, maType: type }), bars);
        present(
          macd({ seriesType: "open", fastPeriod: timePeriod, slowPeriod: 7, signalPeriod: 3 }),
          bars,
        );
      }),
      { numRuns: rounds(40, 100) },
    );
  });

  it("that are prices move with the prices", () => {
    fc.assert(
      fc.property(pricePath, period, fc.constantFrom(0.5, 4), (bars, timePeriod, factor) => {
        // MAMA is left out: its first figures grow from 0, so they do not move with a shift.
        for (const indicator of priced(timePeriod).filter(
          (_, at) => movingAverageTypes[at] !== "MAMA",
        )) {
          const before = present(indicator, bars);
          const after = present(indicator, moved(bars, factor, 1_000));
          after.forEach((figure, at) => {
            expectClose(
              figure,
              before[at]!.map((price) => price * factor + 1_000),
              10_000,
            );
          });
        }
      }),
      { numRuns: rounds(20, 60) },
    );
  });

  it("of a price that stays are that price, without any width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), period, (cents, timePeriod) => {
        const price = cents / 100;
        const bars = walkedBars(new Array<number>(400).fill(price), 0);
        for (const type of movingAverageTypes.filter((name) => name !== "MAMA")) {
          const average = ma({ seriesType: "close", timePeriod, maType: type });
          for (const [value] of present(average, bars)) expectClose([value!], [price], price);
        }
        const mesa = present(ma({ seriesType: "close", timePeriod, maType: "MAMA" }), bars);
        expectClose(mesa.at(-1)!, [price], price);
        for (const bands of present(priced(timePeriod)[9]!, bars)) {
          expectClose(bands, [price, price, price], price);
        }
        for (const [range] of present(atr(timePeriod), bars)) expect(range).toBe(0);
      }),
      { numRuns: rounds(12, 30) },
    );
  });
});

describe("oscillators", () => {
  it("stay between 0 and 100", () => {
    fc.assert(
      fc.property(pricePath, period, (bars, timePeriod) => {
        const oscillators = [
          rsi({ seriesType: "close", timePeriod }),
          stoch({
            fastKPeriod: timePeriod,
            slowKPeriod: 1,
            slowKmaType: "SMA",
            slowDPeriod: 3,
            slowDmaType: "EMA",
          }),
        ];
        for (const figure of oscillators.flatMap((indicator) => present(indicator, bars)).flat()) {
          expect(figure).toBeGreaterThanOrEqual(-1e-9);
          expect(figure).toBeLessThanOrEqual(100 + 1e-9);
        }
      }),
      { numRuns: rounds(40, 100) },
    );
  });

  it("stand on their heads when prices do", () => {
    fc.assert(
      fc.property(pricePath, period, (bars, timePeriod) => {
        const mirrored = moved(bars, -1, 0).map((bar) => ({
          ...bar,
          high: bar.low,
          low: bar.high,
        }));
        const index = rsi({ seriesType: "close", timePeriod });
        const upright = present(index, bars);
        present(index, mirrored).forEach(([value], at) => {
          const isStill = upright[at]![0] === 0 && value === 0;
          if (!isStill) expectClose([value!], [100 - upright[at]![0]!], 100);
        });
        const ranges = present(atr(timePeriod), bars);
        expect(present(atr(timePeriod), mirrored)).toEqual(ranges);
      }),
      { numRuns: rounds(20, 60) },
    );
  });

  it("of price and volume: OBV adds the volume of rises and takes away that of falls", () => {
    fc.assert(
      fc.property(pricePath, (bars) => {
        let sum = 0;
        const expected = bars.map((bar, at) => {
          const before = bars[at - 1]?.close ?? Number.NEGATIVE_INFINITY;
          if (bar.close > before) sum += bar.volume;
          if (bar.close < before) sum -= bar.volume;
          return [sum];
        });
        expect(present(obv("close"), bars)).toEqual(expected);
      }),
      { numRuns: rounds(20, 60) },
    );
  });
});

describe("windows", () => {
  it("weigh as their names say", () => {
    fc.assert(
      fc.property(pricePath, period, (bars, timePeriod) => {
        const weights = {
          SMA: (_: number) => 1,
          WMA: (age: number) => timePeriod - age,
          TRIMA: (age: number) => Math.min(age + 1, timePeriod - age),
        };
        for (const [type, weight] of Object.entries(weights)) {
          const indicator = ma({ seriesType: "close", timePeriod, maType: type as "SMA" });
          present(indicator, bars).forEach(([value], at) => {
            let [sum, total] = [0, 0];
            for (let age = 0; age < timePeriod; age += 1) {
              sum += weight(age) * bars[at + timePeriod - 1 - age]!.close;
              total += weight(age);
            }
            expectClose([value!], [sum / total], value!);
          });
        }
      }),
      { numRuns: rounds(20, 60) },
    );
  });

  it("find their extremes and deviations as a search through them does", () => {
    fc.assert(
      fc.property(pricePath, period, (bars, timePeriod) => {
        const lines = ichimoku({
          conversionLinePeriod: timePeriod,
          baseLinePeriod: 1,
          leadingSpanBPeriod: timePeriod,
        });
        const bands = present(priced(timePeriod)[9]!, bars);
        present(lines, bars).forEach(([conversion, base, spanA, spanB, close], at) => {
          const window = bars.slice(at, at + timePeriod);
          const newest = window.at(-1)!;
          const middle =
            (Math.max(...window.map(({ high }) => high)) +
              Math.min(...window.map(({ low }) => low))) /
            2;
          expect([conversion, base, spanB, close]).toEqual([
            middle,
            (newest.high + newest.low) / 2,
            middle,
            newest.close,
          ]);
          expect(spanA).toBe((middle + base!) / 2);
          const mean = window.reduce((sum, bar) => sum + bar.close, 0) / timePeriod;
          const variance =
            window.reduce((sum, bar) => sum + (bar.close - mean) ** 2, 0) / timePeriod;
          const [upper, center] = bands[at]!;
          expect(Math.abs((upper! - center!) / 2 - Math.sqrt(variance))).toBeLessThan(1e-4);
        });
      }),
      { numRuns: rounds(20, 60) },
    );
  });
});

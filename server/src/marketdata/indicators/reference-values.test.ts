/**
 * Figures against published ones: TA-Lib's regression tables (ta_regtest), Wilder's book, StockCharts' worked
 * examples. Where those tables have no row for a function, the figure is that of TA-Lib 0.4 itself.
 */
import { describe, expect, it } from "vitest";
import { atr } from "./atr.ts";
import { bbands } from "./bbands.ts";
import type { Indicator, PriceBar } from "./indicator.ts";
import { ma } from "./ma.ts";
import { macd } from "./macd.ts";
import { type MovingAverageType, movingAverageTypes } from "./moving-average.ts";
import { obv } from "./obv.ts";
import { referenceBars, wilderBars } from "./reference-series.fixture.ts";
import { rsi } from "./rsi.ts";
import { sar } from "./sar.ts";
import { stoch } from "./stoch.ts";

/** What each bar gives. */
function figures(indicator: Indicator, bars: readonly PriceBar[] = referenceBars) {
  const fold = indicator.begin();
  return bars.map((bar) => fold.add(bar));
}

/** What ta_regtest takes for equal to a value of its tables. */
const regressionTolerance = 0.01;
/** Figures of TA-Lib itself are typed in with six decimals. */
const sixDecimals = 1.01e-6;

function expectAt(
  actual: ReturnType<typeof figures>,
  index: number,
  expected: readonly number[],
  within = regressionTolerance,
) {
  expect(actual[index]).toHaveLength(expected.length);
  expected.forEach((value, at) => {
    expect(Math.abs(actual[index]![at]! - value), `${value} at ${index}`).toBeLessThan(within);
  });
}

function average(maType: MovingAverageType, timePeriod: number) {
  return ma({ seriesType: "close", timePeriod, maType });
}

/** Bars all of whose prices are the same. */
function flatBars(values: readonly number[]): PriceBar[] {
  return values.map((value, startUs) => ({
    startUs,
    open: value,
    high: value,
    low: value,
    close: value,
    volume: 1,
  }));
}

describe("moving averages", () => {
  it.each([
    ["SMA", 2, 1, 93.15],
    ["SMA", 30, 29, 90.42],
    ["SMA", 30, 58, 87.12],
    ["SMA", 30, 251, 108.42],
    ["WMA", 2, 3, 94.85],
    ["WMA", 30, 29, 88.567],
    ["WMA", 30, 58, 87.191],
    ["WMA", 30, 251, 109.3466],
    ["EMA", 2, 2, 93.96],
    ["EMA", 10, 9, 93.22],
    ["EMA", 10, 29, 86.46],
    ["EMA", 10, 251, 108.97],
    ["DEMA", 14, 251, 109.4676],
    ["TEMA", 14, 251, 108.418],
  ] as const)("%s of %i bars is that of ta_regtest at %i", (type, period, index, value) => {
    expectAt(figures(average(type, period)), index, [value]);
  });

  it.each([
    ["SMA", 13, [93.8575, 88.351071, 109.018571]],
    ["EMA", 13, [93.8575, 87.651715, 108.925338]],
    ["WMA", 13, [94.015762, 88.242952, 108.961143]],
    ["DEMA", 26, [83.096433, 92.069973, 109.467626]],
    ["TEMA", 39, [84.862918, 102.714775, 108.418788]],
    ["TRIMA", 13, [93.671607, 89.569375, 109.108571]],
    ["KAMA", 14, [89.881292, 87.847793, 109.898711]],
    ["MAMA", 32, [85.361871, 86.994293, 109.287251]],
    ["T3MA", 78, [90.510768, 118.999287, 111.532539]],
  ] as const)("%s of 14 bars is that of TA-Lib, which looks back %i", (type, lookBack, values) => {
    const actual = figures(average(type, 14));
    expect(average(type, 14).lookBack).toBe(lookBack);
    expect(actual.findIndex((figure) => figure !== undefined)).toBe(lookBack);
    [lookBack, lookBack + 40, 251].forEach((index, at) => {
      expectAt(actual, index, [values[at]!], sixDecimals);
    });
  });

  it("TRIMA of an odd number of bars is that of TA-Lib", () => {
    const actual = figures(average("TRIMA", 9));
    expectAt(actual, 8, [93.8176], sixDecimals);
    expectAt(actual, 251, [109.1312], sixDecimals);
  });

  it("of 10 bars are those of StockCharts' table", () => {
    const closes = [
      22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43, 22.24, 22.29, 22.15, 22.39, 22.38,
      22.61, 23.36, 24.05, 23.75, 23.83, 23.95, 23.63, 23.82, 23.87, 23.65, 23.19, 23.1, 23.33,
      22.68, 23.1, 22.4, 22.17,
    ];
    const exponential = [
      22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.8, 22.97, 23.13, 23.28, 23.34, 23.43, 23.51,
      23.54, 23.47, 23.4, 23.39, 23.26, 23.23, 23.08, 22.92,
    ];
    const actual = figures(average("EMA", 10), flatBars(closes));
    exponential.forEach((value, index) => {
      expect(Math.abs(actual[index + 9]![0]! - value)).toBeLessThan(0.011);
    });
  });

  it.each(movingAverageTypes)("%s of one bar is the bar's price", (type) => {
    expect(figures(average(type, 1)).map((figure) => figure?.[0])).toEqual(
      referenceBars.map(({ close }) => close),
    );
  });
});

describe("RSI", () => {
  it("of 14 bars is that of ta_regtest", () => {
    const actual = figures(rsi({ seriesType: "close", timePeriod: 14 }));
    expect(actual[13]).toBeUndefined();
    for (const [index, value] of [
      [14, 49.14],
      [15, 52.32],
      [16, 46.07],
      [251, 49.63],
    ] as const) {
      expectAt(actual, index, [value]);
    }
  });

  it("of 14 bars is that of StockCharts' table", () => {
    const closes = [
      44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826,
      45.8931, 46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
      46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672,
      43.4205, 42.6628, 43.1314,
    ];
    const actual = figures(rsi({ seriesType: "close", timePeriod: 14 }), flatBars(closes));
    expect(actual.slice(14).map((figure) => Number(figure![0]!.toFixed(2)))).toEqual([
      70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99,
      41.46, 41.87, 45.46, 37.3, 33.08, 37.77,
    ]);
  });

  it("of a price that does not move is 0, as TA-Lib has it", () => {
    const actual = figures(rsi({ seriesType: "close", timePeriod: 2 }), flatBars([5, 5, 5, 5]));
    expect(actual.slice(2)).toEqual([[0], [0]]);
  });
});

describe("MACD", () => {
  it("of 12, 26 and 9 bars is that of ta_regtest, in whichever order the periods are", () => {
    const options = {
      seriesType: "close",
      fastPeriod: 12,
      slowPeriod: 26,
      signalPeriod: 9,
    } as const;
    const actual = figures(macd(options));
    expect(actual[32]).toBeUndefined();
    expectAt(actual, 33, [-1.9738, -2.7071, -1.9738 + 2.7071]);
    expectAt(actual, 251, [0.904009, 1.404594, -0.500585], sixDecimals);
    expect(figures(macd({ ...options, fastPeriod: 26, slowPeriod: 12 }))).toEqual(actual);
  });
});

describe("Bollinger bands", () => {
  it("of 20 bars around an SMA are those of ta_regtest", () => {
    const actual = figures(bbands({ seriesType: "close", timePeriod: 20, sd: 2, maType: "SMA" }));
    expect(actual[18]).toBeUndefined();
    expectAt(actual, 19, [98.0734, 92.891, 87.7086]);
  });

  it("around another average are as far away from it as ta_regtest has them", () => {
    const actual = figures(bbands({ seriesType: "close", timePeriod: 20, sd: 1, maType: "EMA" }));
    for (const [index, deviation] of [
      [19, 94.6914 - 92.1002],
      [22, 94.0477 - 90.727],
      [251, 111.5415 - 108.5265],
    ] as const) {
      const [upper, middle, lower] = actual[index] as readonly [number, number, number];
      expect(upper - middle).toBeCloseTo(deviation, 3);
      expect(middle - lower).toBeCloseTo(deviation, 3);
    }
    expectAt(actual, 251, [111.5415, 108.5265, 105.5115]);
  });
});

describe("ATR", () => {
  it("of 14 bars is that of TA-Lib", () => {
    const actual = figures(atr(14));
    expect(actual[13]).toBeUndefined();
    expectAt(actual, 14, [3.578214], sixDecimals);
    expectAt(actual, 54, [2.68037], sixDecimals);
    expectAt(actual, 251, [3.260809], sixDecimals);
  });
});

describe("OBV", () => {
  it("is that of TA-Lib", () => {
    const actual = figures(obv("close"));
    expect([actual[0], actual[40], actual[251]]).toEqual([[4077500], [-28368400], [-55167600]]);
  });
});

describe("SAR", () => {
  it("is that of Wilder's table, as ta_regtest has it", () => {
    const actual = figures(sar({ acceleration: 0.02, maximum: 0.2 }), wilderBars);
    expect(actual[0]).toBeUndefined();
    for (const [index, value] of [
      [1, 50],
      [2, 50.047],
      [5, 50.182],
      [36, 52.93],
      [37, 50],
    ] as const) {
      expectAt(actual, index, [value]);
    }
  });

  it("is that of TA-Lib over many reversals", () => {
    const actual = figures(sar({ acceleration: 0.02, maximum: 0.2 }));
    expectAt(actual, 1, [90.75], sixDecimals);
    expectAt(actual, 41, [89.418551], sixDecimals);
    expectAt(actual, 251, [112.803339], sixDecimals);
  });
});

describe("the stochastic oscillator", () => {
  it.each([
    [5, 3, 4, 9, [38.139, 36.725]],
    [5, 3, 3, 8, [24.0128, 36.254]],
    [5, 3, 4, 251, [30.194, 46.641]],
    [5, 3, 3, 251, [30.194, 43.69]],
  ] as const)(
    "of %i, %i and %i bars is that of ta_regtest at %i",
    (fast, slowK, slowD, index, values) => {
      const actual = figures(
        stoch({
          fastKPeriod: fast,
          slowKPeriod: slowK,
          slowKmaType: "SMA",
          slowDPeriod: slowD,
          slowDmaType: "SMA",
        }),
      );
      expectAt(actual, index, values);
    },
  );
});

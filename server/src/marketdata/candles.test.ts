import { describe, expect, it } from "vitest";
import type { Bar } from "./bars/bar.ts";
import {
  CandleStore,
  candleIntervalsS,
  candlesMax,
  isCandleInterval,
  secondCandlesMax,
} from "./candles.ts";

/** Ticks of 1, and lots of 10: each lot is worth ten at a price of one tick. */
const steps = {
  tickSize: { coefficient: 1, scale: 0 },
  lotSize: { coefficient: 10, scale: 0 },
};

// A Thursday at midnight, as weeks here begin then: 2,900 weeks after 1970.
const startS = 2_900 * 604_800;
const minuteS = 60;
const always = { fromS: 0, toS: Number.POSITIVE_INFINITY };

/** A trade `atS` seconds after the start, worth ten for each lot and tick. */
function trade(atS: number, price: number, quantity = 1) {
  return { timeUs: (startS + atS) * 1e6, price, quantity };
}

function storeOf(...trades: readonly ReturnType<typeof trade>[]): CandleStore {
  const store = new CandleStore(steps);
  for (const each of trades) store.apply(each);
  return store;
}

/** When a candle starts, counted from the start. */
function secondOf({ startUs }: Bar): number {
  return startUs / 1e6 - startS;
}

/** Candles as text, their volumes in lots. */
function write(candles: readonly (Bar | undefined)[]): readonly string[] {
  return candles.map((candle) => {
    if (candle === undefined) return "none";
    const { open, high, low, close, quoteVolume, tradeCount } = candle;
    const volume = Number(candle.volume) / 10;
    return `${secondOf(candle)}: ${open} ${high} ${low} ${close} v=${volume} q=${quoteVolume} n=${tradeCount}`;
  });
}

/** A candle of one lot, worth ten. */
function candle(atS: number, price: number): Bar {
  const startUs = (startS + atS) * 1e6;
  return {
    startUs,
    priceScale: 0,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 10,
    volumeScale: 0,
    quoteVolume: 10,
    takerBuyVolume: undefined,
    takerBuyQuoteVolume: undefined,
    tradeCount: 1,
    firstUs: startUs,
    lastUs: startUs,
    revision: 0,
  };
}

describe("candle intervals", () => {
  it("are those of the rule, and no others", () => {
    const rule = (seconds: number) => {
      if (seconds < 60) return 60 % seconds === 0;
      if (seconds < 3_600) return seconds % 60 === 0 && 3_600 % seconds === 0;
      if (seconds < 86_400) return seconds % 3_600 === 0 && 86_400 % seconds === 0;
      if (seconds < 604_800) return seconds % 86_400 === 0;
      return seconds === 604_800 || seconds === 2_592_000;
    };
    const expected: number[] = [];
    for (let seconds = 1; seconds < 2_700_000; seconds += 1) {
      if (rule(seconds)) expected.push(seconds);
    }

    expect(candleIntervalsS).toEqual(expected);
    expect(expected.every(isCandleInterval)).toBe(true);
  });

  it.each([0, -60, 7, 45, 61, 90, 0.5, 2_592_001, Number.NaN, Number.POSITIVE_INFINITY])(
    "do not include %s",
    (seconds) => {
      expect(isCandleInterval(seconds)).toBe(false);
      const ask = () => storeOf().candles({ ...always, intervalS: seconds });
      expect(ask).toThrow("invariant violated");
    },
  );
});

describe("candles", () => {
  const store = storeOf(
    trade(0, 50, 2),
    trade(14.999999, 70),
    trade(15, 40, 3),
    trade(59.999999, 60),
    trade(60, 65),
    trade(3_599, 80),
    trade(86_400, 10, 5),
  );

  it.each([
    [
      15,
      [
        "0: 50 70 50 70 v=3 q=1700 n=2",
        "15: 40 40 40 40 v=3 q=1200 n=1",
        "45: 60 60 60 60 v=1 q=600 n=1",
        "60: 65 65 65 65 v=1 q=650 n=1",
        "3585: 80 80 80 80 v=1 q=800 n=1",
        "86400: 10 10 10 10 v=5 q=500 n=1",
      ],
    ],
    [
      60,
      [
        "0: 50 70 40 60 v=7 q=3500 n=4",
        "60: 65 65 65 65 v=1 q=650 n=1",
        "3540: 80 80 80 80 v=1 q=800 n=1",
        "86400: 10 10 10 10 v=5 q=500 n=1",
      ],
    ],
    [3_600, ["0: 50 80 40 80 v=9 q=4950 n=6", "86400: 10 10 10 10 v=5 q=500 n=1"]],
    [86_400, ["0: 50 80 40 80 v=9 q=4950 n=6", "86400: 10 10 10 10 v=5 q=500 n=1"]],
    [604_800, ["0: 50 80 10 10 v=14 q=5450 n=7"]],
  ])("of %i seconds have open, high, low, close, volumes and count", (intervalS, expected) => {
    expect(write(store.candles({ intervalS, ...always }))).toEqual(expected);
  });

  it("of weeks and months are counted from 1970", () => {
    const starts = [604_800, 2_592_000].map(
      (intervalS) => (store.candles({ intervalS, ...always })[0]?.startUs ?? 0) / 1e6,
    );

    expect(starts).toEqual([startS, Math.floor(startS / 2_592_000) * 2_592_000]);
  });

  it.each([
    [0, 60, [0, 60]],
    [1, 60, [60]],
    [0, 59, [0]],
    [60, 60, [60]],
    [61, 119, []],
    [-1_000, 1e9, [0, 60, 3_540, 86_400]],
    [60, 0, []],
  ])("that start from %i to %i are these", (from, to, expected) => {
    const query = { intervalS: 60, fromS: startS + from, toS: startS + to };

    expect(store.candles(query).map(secondOf)).toEqual(expected);
  });

  it("keep every lot beyond a safe integer", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const [minute] = storeOf(trade(1, 1, most), trade(2, 1, most)).candles({
      intervalS: 60,
      ...always,
    });

    expect(minute).toMatchObject({
      volume: 10n * (2n ** 54n - 2n),
      quoteVolume: 10n * (2n ** 54n - 2n),
    });
  });

  it("are the newest ones, never more than are promised", () => {
    const many = storeOf(
      ...Array.from({ length: 2_000 }, (_, index) => trade(index * minuteS, index + 1)),
    );

    const candles = many.candles({ intervalS: 60, ...always });

    expect(candles).toHaveLength(candlesMax);
    expect(candles.at(-1)?.open).toBe(2_000);
    expect(many.candles({ intervalS: 3_600, ...always })).toHaveLength(34);
  });

  it("of seconds are as many as are promised, and reach further at coarser intervals", () => {
    const count = secondCandlesMax + 50;
    const many = storeOf(...Array.from({ length: count }, (_, index) => trade(index, index + 1)));

    expect(many.candles({ intervalS: 1, ...always })).toHaveLength(candlesMax);
    const halves = many.candles({ intervalS: 30, ...always });
    // The half minute that has lost its first 20 seconds is not shown.
    expect(write(halves)[0]).toMatch(/^60: 61 90 61 90 /);
    expect(halves).toHaveLength(Math.ceil((count - 60) / 30));
  });

  it("whose first minutes may have been dropped are left out", () => {
    const shifted = Array.from({ length: candlesMax }, (_, index) => trade((index + 3) * 60, 5));

    const oldest = (store: CandleStore) =>
      secondOf(store.candles({ intervalS: 300, ...always })[0] ?? candle(-1, 1));
    expect(oldest(storeOf(...shifted))).toBe(300);
    expect(oldest(storeOf(...shifted.slice(1)))).toBe(0);
  });

  it("are told in decimals, exact beyond safe integers, and restored from them", () => {
    const odd = {
      tickSize: { coefficient: 25, scale: 2 },
      lotSize: { coefficient: 5, scale: 3 },
    };
    const first = new CandleStore(odd);
    first.apply(trade(1, Number.MAX_SAFE_INTEGER, 3));
    first.apply(trade(2, 2, 7));

    const [minute] = first.candles({ intervalS: 60, ...always });
    const high = 25n * BigInt(Number.MAX_SAFE_INTEGER);
    expect(minute).toMatchObject({
      priceScale: 2,
      volumeScale: 3,
      high,
      low: 50,
      volume: 50,
      quoteVolume: high * 15n + 50n * 35n,
    });
    const second = new CandleStore(odd);
    second.restore(60, minute === undefined ? [] : [minute]);
    const restored = second.candles({ intervalS: 60, ...always });
    expect(restored).toEqual([{ ...minute, firstUs: minute?.firstUs, lastUs: minute?.firstUs }]);
  });

  it("come from trades in the order of their time", () => {
    expect(() => storeOf(trade(60, 5), trade(59, 5))).toThrow("invariant violated");
  });
});

describe("the running candle", () => {
  const store = storeOf(trade(3, 50), trade(65, 60), trade(70, 55));

  it.each([
    [60, 3, "0: 50 50 50 50 v=1 q=500 n=1"],
    [60, 119, "60: 60 60 55 55 v=2 q=1150 n=2"],
    [60, 120, "none"],
    [3_600, 120, "0: 50 60 50 55 v=3 q=1650 n=3"],
    [10, 70, "70: 55 55 55 55 v=1 q=550 n=1"],
    [10, 80, "none"],
    [2_592_000, 80, "-1728000: 50 60 50 55 v=3 q=1650 n=3"],
  ])("of %i seconds after %i seconds is %s", (intervalS, atS, expected) => {
    expect(write([store.running(intervalS, startS + atS)])).toEqual([expected]);
  });
});

describe("a restored store", () => {
  it("goes on in the candles that it was given", () => {
    const store = new CandleStore(steps);
    store.restore(60, [candle(0, 40), candle(60, 50)]);
    store.restore(3_600, [candle(0, 45)]);
    store.apply(trade(119, 70, 2));

    expect(write(store.candles({ intervalS: 60, ...always }))).toEqual([
      "0: 40 40 40 40 v=1 q=10 n=1",
      "60: 50 70 50 70 v=3 q=1410 n=2",
    ]);
    expect(write(store.candles({ intervalS: 3_600, ...always }))).toEqual([
      "0: 45 70 45 70 v=3 q=1410 n=2",
    ]);
    expect(store.candles({ intervalS: 86_400, ...always })).toHaveLength(1);
  });

  it("keeps the newest of too many", () => {
    const store = new CandleStore(steps);
    store.restore(
      86_400,
      Array.from({ length: candlesMax + 3 }, (_, day) => candle(day * 86_400, day)),
    );

    const days = store.candles({ intervalS: 86_400, ...always });
    expect([days.length, days[0]?.open]).toEqual([candlesMax, 3]);
  });

  it.each([
    ["a candle that does not start with its interval", [candle(1, 5)]],
    ["candles that are not oldest first", [candle(60, 5), candle(0, 5)]],
    ["two candles of one interval", [candle(60, 5), candle(60, 5)]],
  ])("does not take %s", (_, candles) => {
    expect(() => new CandleStore(steps).restore(60, candles)).toThrow("invariant violated");
  });

  it("is filled before the first trade, and once", () => {
    const store = storeOf(trade(0, 5));
    expect(() => store.restore(60, [candle(60, 5)])).toThrow("invariant violated");
  });
});

import { describe, expect, it } from "vitest";
import { formatDecimal, formatFixed, parseDecimal } from "../core/num/decimal.ts";
import { type TickerTrade, TickerWindow } from "./ticker.ts";

const startUs = Date.UTC(2025, 5, 26, 15, 52) * 1000;
const minuteS = 60;
const dayS = 86_400;

/** A trade `atS` seconds after the start of the test's first minute. */
function trade(atS: number, priceText: string, quantityText = "1"): TickerTrade {
  const price = parseDecimal(priceText);
  const quantity = parseDecimal(quantityText);
  if (typeof price === "string" || typeof quantity === "string") throw new Error("a bad number");
  const eventTimeUs = startUs + atS * 1e6;
  return {
    price: price.coefficient,
    priceScale: price.scale,
    quantity: quantity.coefficient,
    quantityScale: quantity.scale,
    eventTimeUs,
  };
}

/** A window that has seen the trades, each when it happened. */
function windowOf(...trades: readonly TickerTrade[]): TickerWindow {
  const window = new TickerWindow();
  for (const each of trades) expect(window.apply(each, each.eventTimeUs)).toBe("taken");
  return window;
}

/** The figures `atS` seconds after the start, as texts. */
function read(window: TickerWindow, atS: number) {
  const ticker = window.read(startUs + atS * 1e6);
  if (ticker === undefined) return undefined;
  const price = (coefficient: number) => formatDecimal(coefficient, ticker.priceScale);
  return {
    open: price(ticker.open),
    high: price(ticker.high),
    low: price(ticker.low),
    last: price(ticker.last),
    volume: formatDecimal(ticker.volume, ticker.volumeScale),
    quoteVolume: formatDecimal(ticker.quoteVolume, ticker.priceScale + ticker.volumeScale),
    change: formatFixed(ticker.priceChangeHundredths, 2),
    count: ticker.tradeCount,
  };
}

describe("a ticker", () => {
  it("has no figures before the first trade", () => {
    expect(new TickerWindow().read(startUs)).toBeUndefined();
  });

  it("tells open, high, low, last, both volumes, the change and the count", () => {
    const window = windowOf(
      trade(0, "107042.21", "0.5"),
      trade(10, "108248.15", "0.25"),
      trade(70, "106573.19", "1.5"),
      trade(130, "107090.35", "2"),
    );

    expect(read(window, 131)).toEqual({
      open: "107042.21",
      high: "108248.15",
      low: "106573.19",
      last: "107090.35",
      volume: "4.25",
      quoteVolume: "454623.6275",
      change: "0.04",
      count: 4,
    });
  });

  it.each([
    ["100", "100.019", "0.01"],
    ["100", "99.981", "-0.01"],
    ["100", "99.9901", "0.00"],
    ["100", "100.0099", "0.00"],
    ["100", "250.5", "150.50"],
    ["3", "2", "-33.33"],
    ["3", "5", "66.66"],
    ["0.000001", "90000", "8999999999900.00"],
  ])("from %s to %s has changed by %s percent, truncated toward zero", (open, last, change) => {
    expect(read(windowOf(trade(0, open), trade(1, last)), 2)?.change).toBe(change);
  });

  it("forgets a minute when the 1,440th minute after it begins", () => {
    const window = windowOf(
      trade(59, "500", "3"),
      trade(60, "100", "0.5"),
      trade(121, "90"),
      trade(180, "110"),
    );

    expect(read(window, dayS - 0.001)).toMatchObject({ open: "500", high: "500", count: 4 });
    expect(read(window, dayS)).toEqual({
      open: "100",
      high: "110",
      low: "90",
      last: "110",
      volume: "2.5",
      quoteVolume: "250",
      change: "10.00",
      count: 3,
    });
    expect(read(window, dayS + minuteS)).toMatchObject({ open: "90", low: "90", count: 2 });
    expect(read(window, dayS + 2 * minuteS)).toMatchObject({ open: "110", count: 1 });
    expect(read(window, dayS + 3 * minuteS)).toBeUndefined();
  });

  it("starts afresh, with the units of the new trade, after a day without trades", () => {
    const window = windowOf(trade(0, "1.23456789", "0.00000001"));

    expect(read(window, 2 * dayS)).toBeUndefined();
    expect(window.apply(trade(2 * dayS, "90000000", "9000000"), startUs + 2 * dayS * 1e6)).toBe(
      "taken",
    );
    expect(read(window, 2 * dayS)).toMatchObject({ open: "90000000", count: 1 });
  });

  it("counts a late trade in its minute, without moving the last price", () => {
    const window = windowOf(trade(100, "50"), trade(200, "60"));
    const now = startUs + 300e6;

    expect(window.apply(trade(40, "55"), now)).toBe("taken");
    expect(window.apply(trade(150, "70"), now)).toBe("taken");

    expect(read(window, 300)).toMatchObject({
      open: "55",
      high: "70",
      low: "50",
      last: "60",
      count: 4,
    });
  });

  it("refuses a trade from before the window, and takes the first of the window", () => {
    const window = windowOf(trade(dayS, "50"));
    const now = startUs + dayS * 1e6;

    expect(window.apply(trade(59.999, "55"), now)).toBe("late");
    expect(window.apply(trade(60, "56"), now)).toBe("taken");

    expect(read(window, dayS)).toMatchObject({ open: "56", count: 2 });
  });

  it("refuses a trade more than ten seconds ahead, so that one wrong time cannot empty it", () => {
    const window = windowOf(trade(0, "50"));

    expect(window.apply(trade(10.000001, "55"), startUs)).toBe("early");
    expect(window.apply(trade(9e9, "55"), startUs)).toBe("early");
    expect(window.apply(trade(10, "56"), startUs)).toBe("taken");

    expect(read(window, 0)).toMatchObject({ open: "50", last: "56", count: 2 });
  });

  it("moves with a trade that is a little ahead of the clock, and not back again", () => {
    const window = windowOf(trade(0, "50"));

    expect(window.apply(trade(dayS, "60"), startUs + (dayS - 5) * 1e6)).toBe("taken");

    expect(read(window, dayS - 4)).toMatchObject({ open: "60", count: 1 });
  });

  it("takes the first arrival as open and the last one as last among trades of one moment", () => {
    const window = windowOf(trade(5, "50"), trade(5, "51"), trade(5, "52"));

    expect(read(window, 6)).toMatchObject({ open: "50", last: "52" });
  });

  it("keeps every digit when trades come with finer units", () => {
    const window = windowOf(
      trade(0, "100", "7"),
      trade(61, "100.5", "0.25"),
      trade(122, "99.999", "0.000001"),
    );

    expect(read(window, 123)).toEqual({
      open: "100",
      high: "100.5",
      low: "99.999",
      last: "99.999",
      volume: "7.250001",
      quoteVolume: "725.125099999",
      change: "0.00",
      count: 3,
    });
  });

  it("keeps every digit of volumes beyond a safe integer", () => {
    const many = 1_000;
    const trades = Array.from({ length: many }, (_, at) =>
      trade(at, "900719.92", "9007199254.740991"),
    );

    const figures = read(windowOf(...trades), many);

    expect(figures?.volume).toBe(formatDecimal(9007199254740991n * 1000n, 6));
    expect(figures?.quoteVolume).toBe(formatDecimal(90071992n * 9007199254740991n * 1000n, 8));
  });

  it("takes finer prices however large the volume has grown", () => {
    const window = windowOf(
      trade(0, "2", "9007199254740991"),
      trade(1, "2", "9007199254740991"),
      trade(2, "2.5"),
    );

    expect(read(window, 3)).toMatchObject({
      last: "2.5",
      volume: "18014398509481983",
      quoteVolume: "36028797018963966.5",
    });
  });

  describe("refuses as unfit, changing nothing,", () => {
    const usual = [trade(0, "90000.01", "100"), trade(1, "91000", "0.00000001")];

    it.each([
      ["a quantity too large for the window's unit", trade(2, "90000", "100000000")],
      ["a price too large for the window's unit", trade(2, "90071992547410", "1")],
      ["a speck of dust that would make usual quantities unfit", trade(2, "90000", "1e-18")],
      ["a price so fine that the window's would not fit", trade(2, "0.000000000001", "1")],
      ["a unit 16 places finer", trade(2, "1e-18", "1")],
    ])("%s", (_, unfit) => {
      const window = windowOf(...usual);
      const before = window.read(startUs + 2e6);

      expect(window.apply(unfit, unfit.eventTimeUs)).toBe("unfit");

      expect(window.read(startUs + 2e6)).toEqual(before);
      expect(window.apply(trade(3, "90000", "50"), startUs + 3e6)).toBe("taken");
    });

    it("what would take a minute's turnover beyond what sums hold", () => {
      const giant: TickerTrade = {
        ...trade(0, "1"),
        price: Number.MAX_SAFE_INTEGER,
        quantity: Number.MAX_SAFE_INTEGER,
      };
      const window = windowOf(trade(0, "1"));

      expect(window.apply(giant, startUs)).toBe("unfit");
      expect(window.apply({ ...giant, quantity: 2 ** 40 }, startUs)).toBe("taken");
      expect(window.apply({ ...giant, quantity: 2 ** 40 }, startUs)).toBe("taken");
      expect(window.apply({ ...giant, quantity: 2 ** 40 }, startUs)).toBe("unfit");
      expect(read(window, 1)?.count).toBe(3);
    });
  });

  describe("that is restored from whole minutes", () => {
    const minute = {
      startUs,
      priceScale: 2,
      open: 10_000,
      high: 12_050,
      low: 9_000,
      close: 11_000,
      volume: 25,
      volumeScale: 1,
      quoteVolume: 260_000,
      tradeCount: 7,
    };

    it("has their figures, and takes the minute's start for the time of the last trade", () => {
      const window = new TickerWindow();

      expect(window.restoreMinute(minute)).toBe("taken");

      expect(window.read(startUs)?.lastEventUs).toBe(startUs);
      expect(read(window, 0)).toEqual({
        open: "100",
        high: "120.5",
        low: "90",
        last: "110",
        volume: "2.5",
        quoteVolume: "260",
        change: "10.00",
        count: 7,
      });
    });

    it("goes on within the newest of them, at finer units too, and forgets them in time", () => {
      const window = new TickerWindow();
      window.restoreMinute(minute);
      window.restoreMinute({ ...minute, startUs: startUs + 60e6, priceScale: 3, close: 5_000 });
      expect(window.apply(trade(60, "130", "0.25"), startUs + 60e6)).toBe("taken");

      expect(read(window, 60)).toMatchObject({
        open: "100",
        high: "130",
        low: "9",
        last: "130",
        volume: "5.25",
        quoteVolume: "318.5",
        count: 15,
      });
      expect(read(window, dayS)).toMatchObject({ open: "10", count: 8 });
      expect(read(window, dayS + minuteS)).toBeUndefined();
    });

    it("takes minutes of coarser units than its own", () => {
      const window = windowOf(trade(0, "100.123", "0.25"));
      window.restoreMinute({ ...minute, startUs: startUs + 60e6 });

      expect(read(window, 60)).toMatchObject({
        open: "100.123",
        high: "120.5",
        low: "90",
        last: "110",
        volume: "2.75",
        quoteVolume: "285.03075",
      });
    });

    it("keeps every digit beyond safe integers", () => {
      const window = new TickerWindow();
      window.restoreMinute({ ...minute, volume: 2n ** 60n + 1n, quoteVolume: 2n ** 80n + 1n });
      expect(window.apply(trade(1, "1", "0.1"), startUs + 1e6)).toBe("taken");

      expect(window.read(startUs + 1e6)).toMatchObject({
        volume: 2n ** 60n + 2n,
        quoteVolume: 2n ** 80n + 101n,
      });
    });

    it.each([
      ["late", "from before the window", { startUs: startUs - dayS * 1e6 }],
      ["unfit", "with prices too large for the window's unit", { priceScale: 0, high: 2 ** 52 }],
      ["unfit", "with a unit 16 places coarser", { priceScale: -14 }],
      ["unfit", "with more turnover than sums hold", { quoteVolume: 2n ** 95n }],
      ["unfit", "with more volume than sums hold", { volume: 2n ** 95n }],
    ])("leaves out as %s a minute %s", (verdict, _, changes) => {
      const window = windowOf(trade(0, "1.23"));
      const before = window.read(startUs);

      expect(window.restoreMinute({ ...minute, startUs: startUs + 60e6, ...changes })).toBe(
        verdict,
      );

      expect(read(window, 60)).toEqual(read(windowOf(trade(0, "1.23")), 60));
      expect(window.read(startUs)?.tradeCount).toBe(before?.tradeCount);
    });

    it.each([
      ["that do not come oldest first", { startUs: startUs - 60e6 }],
      ["that come twice", {}],
      ["that do not start on time", { startUs: startUs + 60e6 + 1 }],
      ["without trades", { startUs: startUs + 60e6, tradeCount: 0 }],
    ])("does not know minutes %s", (_, changes) => {
      const window = new TickerWindow();
      window.restoreMinute(minute);

      expect(() => window.restoreMinute({ ...minute, ...changes })).toThrow("invariant violated");
    });
  });

  it("holds a trade in every minute of the day, and no more than a day", () => {
    const window = new TickerWindow();
    for (let minute = 0; minute < 3_000; minute += 1) {
      const each = trade(minute * minuteS, String(minute + 1));
      expect(window.apply(each, each.eventTimeUs)).toBe("taken");
    }

    expect(read(window, 2_999 * minuteS)).toMatchObject({
      open: "1561",
      low: "1561",
      high: "3000",
      count: 1_440,
    });
  });
});

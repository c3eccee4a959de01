import { describe, expect, it } from "vitest";
import { defaultTickers } from "../../simulation/default-market.ts";
import type { SimulatedTicker } from "../../simulation/market.ts";
import { parseSimulatorOptions, tickersMax } from "./config.ts";

const good: SimulatedTicker = {
  ticker: "BTC/USDT",
  startPrice: "107000.5",
  tickSize: "0.5",
  lotSize: "0.002",
  medianQuantity: "0.01",
  tradesPerSecond: 6,
};

const parse = (entry: SimulatedTicker, seed = 1) =>
  parseSimulatorOptions({ seed, venue: "v", tickers: [entry] });

describe("the simulator's options", () => {
  it("become exact units", () => {
    expect(parse({ ...good, dailyVolatilityPercent: 5 })).toEqual([
      {
        ticker: "BTC/USDT",
        tick: { coefficient: 5, scale: 1 },
        lot: { coefficient: 2, scale: 3 },
        startTicks: 214_001,
        medianLots: 5,
        tradesPerSecond: 6,
        dailyVolatility: 0.05,
      },
    ]);
  });

  it("have a daily volatility of three percent where none is given", () => {
    expect(parse(good)).toMatchObject([{ dailyVolatility: 0.03 }]);
  });

  it.each<[Partial<SimulatedTicker>, string]>([
    [{ ticker: "" }, "name"],
    [{ ticker: "X".repeat(65) }, "name"],
    [{ tickSize: "0" }, "tick size"],
    [{ tickSize: "-0.5" }, "tick size"],
    [{ tickSize: "half" }, "tick size"],
    [{ lotSize: "0.0" }, "lot size"],
    [{ lotSize: "" }, "lot size"],
    [{ startPrice: "107000.25" }, "multiple of the tick size"],
    [{ startPrice: "much" }, "multiple of the tick size"],
    [{ startPrice: "0" }, "1000 to 1000000000 ticks"],
    [{ startPrice: "-107000" }, "1000 to 1000000000 ticks"],
    [{ startPrice: "499.5" }, "1000 to 1000000000 ticks"],
    [{ startPrice: "500000000.5" }, "1000 to 1000000000 ticks"],
    [{ medianQuantity: "0.011" }, "multiple of the lot size"],
    [{ medianQuantity: "0" }, "lots"],
    [{ medianQuantity: "2000000.002" }, "lots"],
    [{ lotSize: "1000003", medianQuantity: "1000003000000" }, "more digits than fit"],
    [{ tickSize: "10000019", startPrice: "10000019000000000" }, "multiple of the tick size"],
    [{ tickSize: "2000003", startPrice: "2000003000000000" }, "more digits than fit"],
    [{ tradesPerSecond: 0 }, "trades per second"],
    [{ tradesPerSecond: Number.NaN }, "trades per second"],
    [{ tradesPerSecond: 10_001 }, "trades per second"],
    [{ dailyVolatilityPercent: 0 }, "volatility"],
    [{ dailyVolatilityPercent: 21 }, "volatility"],
    [{ dailyVolatilityPercent: Number.NaN }, "volatility"],
  ])("are refused with a reason that names ticker and figure: %o", (change, reason) => {
    const entry = { ...good, ...change };

    expect(parse(entry)).toContain(`ticker "${entry.ticker}"`);
    expect(parse(entry)).toContain(reason);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])("are refused for the seed %d", (seed) => {
    expect(parse(good, seed)).toContain("seed");
  });

  it("are refused without tickers, with one twice and with too many", () => {
    const of = (tickers: SimulatedTicker[]) =>
      parseSimulatorOptions({ seed: 1, venue: "v", tickers });

    expect(of([])).toBe("there are no tickers to simulate");
    expect(of([good, good])).toBe('ticker "BTC/USDT" is listed twice');
    expect(of(Array.from({ length: tickersMax + 1 }, () => good))).toContain("more than 10000");
  });
});

describe("the default market", () => {
  it("is valid and has at least eight tickers, BTC/USDT and AI/USDT among them", () => {
    const markets = parseSimulatorOptions({ seed: 1, venue: "v", tickers: defaultTickers });
    if (typeof markets === "string") throw new Error(markets);

    const tickers = markets.map((market) => market.ticker);
    expect(tickers.length).toBeGreaterThanOrEqual(8);
    expect(tickers).toEqual(expect.arrayContaining(["BTC/USDT", "AI/USDT"]));
  });
});

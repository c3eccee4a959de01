import { describe, expect, it } from "vitest";
import { checkRules } from "../core/market/rules.ts";
import { formatAtoms } from "../core/num/money.ts";
import { type MarketRequest, parseMarketRules } from "./market-rules.ts";

const plain: MarketRequest = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };

describe("a new market", () => {
  it("needs a code, a tick and a lot; the rest has defaults", () => {
    const rules = parseMarketRules(plain);
    if (typeof rules === "string") throw new Error(rules);
    const { quoteMin, quoteMax, ...others } = rules;
    expect(others).toEqual({
      code: "BTC_USDT",
      base: "BTC",
      quote: "USDT",
      tickSize: { coefficient: 1, scale: 2 },
      lotSize: { coefficient: 1, scale: 5 },
      baseMin: 1,
      baseMax: 1_000_000_000,
      marketOrderBandPpm: 50_000,
    });
    expect([formatAtoms(quoteMin), formatAtoms(quoteMax)]).toEqual(["0", "10000000"]);
  });

  it.each<[Partial<MarketRequest>]>([
    [{ tick: "90071992547" }],
    [{ tick: "9007199254740991e-5", lot: "1" }],
    [{ tick: "0.05", lot: "0.00000001" }],
    [{ tick: "1000000", lot: "10" }],
  ])("with %j is taken: everything in it can be represented", (change) => {
    const wide = { maxQuote: "1000000000000000000" };
    expect(parseMarketRules({ ...plain, ...wide, ...change })).toBeTypeOf("object");
  });

  it("takes every rule exactly as it is written", () => {
    const rules = parseMarketRules({
      code: "SHIB_BTC",
      tick: "0.00000005",
      lot: "250",
      minBase: "1000",
      maxBase: "1e6",
      minQuote: "0.0000000000000001",
      maxQuote: "12.5",
      bandPercent: "0.0001",
    });
    if (typeof rules === "string") throw new Error(rules);
    expect(checkRules(rules)).toBeUndefined();
    expect(rules).toMatchObject({
      tickSize: { coefficient: 5, scale: 8 },
      lotSize: { coefficient: 250, scale: 0 },
      baseMin: 4,
      baseMax: 4_000,
      quoteMin: 1n,
      quoteMax: 125_000_000_000_000_000n,
      marketOrderBandPpm: 1,
    });
  });

  it.each<[Partial<MarketRequest>, string]>([
    [{ code: "btc_usdt" }, '"btc_usdt" is no market code'],
    [{ code: "BTC/USDT" }, "as BTC_USDT"],
    [{ code: "BTC" }, '"BTC" is no market code'],
    [{ code: "BTC_BTC" }, "two different currencies"],
    [{ code: "A_B_C" }, '"A_B_C" is no market code'],
    [{ code: "" }, '"" is no market code'],
    [{ tick: "0" }, 'tick: "0" is no step: write a number above 0'],
    [{ tick: "-0.01" }, 'tick: "-0.01" is no step'],
    [{ tick: "a cent" }, 'tick: "a cent" is no step'],
    [{ tick: "1e-17" }, "with at most 16 decimals"],
    [{ lot: "0.0" }, 'lot: "0.0" is no step'],
    [{ lot: "" }, 'lot: "" is no step'],
    [{ tick: "1e-9", lot: "1e-8" }, "tick and lot have 17 decimals together, and may have 16"],
    [
      { minBase: "0.000015" },
      'min-base: "0.000015" is no size: write a multiple of the lot 0.00001',
    ],
    [{ minBase: "0" }, 'min-base: "0" is no size'],
    [{ minBase: "-1" }, 'min-base: "-1" is no size'],
    [{ maxBase: "many" }, 'max-base: "many" is no size'],
    [{ maxBase: "1e15" }, 'max-base: "1e15" is no size'],
    [{ minBase: "2", maxBase: "1" }, "min-base is above max-base"],
    [{ minQuote: "-1" }, 'min-quote: "-1" is no amount'],
    [{ maxQuote: "1e9" }, 'max-quote: "1e9" is no amount'],
    [{ minQuote: "2", maxQuote: "1" }, "min-quote is above max-quote"],
    [{ bandPercent: "100.0001" }, 'band-percent: "100.0001" is no band: write 0 to 100'],
    [{ bandPercent: "0.00001" }, "with at most 4 decimals"],
    [{ bandPercent: "-1" }, 'band-percent: "-1" is no band'],
    [{ bandPercent: "5%" }, 'band-percent: "5%" is no band'],
    [{ tick: "90071992548" }, 'tick: "90071992548" has too many digits'],
    [{ tick: "9007199254740991e-3" }, "steps of 100000 ticks"],
    [{ tick: "1000000", lot: "100" }, "the smallest order is worth at least 100000000 USDT"],
    [{ minBase: "1", maxQuote: "0.001" }, "max-quote is 0.001: choose a larger one"],
    [
      { tick: "1e-16", lot: "1", maxBase: "1", minQuote: "1" },
      "no order can be worth 1 USDT: choose a smaller one",
    ],
    [{ lot: "1e10" }, "the largest order has more than 1000000000000000000 BTC"],
  ])("with %j is refused and says why", (change, fault) => {
    expect(parseMarketRules({ ...plain, ...change })).toEqual(expect.stringContaining(fault));
  });
});

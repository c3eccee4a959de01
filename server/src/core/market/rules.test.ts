import { describe, expect, it } from "vitest";
import { type Decimal, parseDecimal } from "../num/decimal.ts";
import { atomsMax } from "../num/money.ts";
import { lots, ticks } from "../num/units.ts";
import { money, rulesOf } from "../scenario.fixture.ts";
import { bandLimit, checkRules, type MarketRules, notionalAtoms } from "./rules.ts";

function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (typeof value === "string") throw new Error(value);
  return value;
}

const fine = rulesOf("BTC", "USDT", { tickSize: decimal("0.01"), lotSize: decimal("0.000001") });

describe("checkRules", () => {
  it("takes rules whose steps multiply to whole atoms", () => {
    expect(checkRules(fine)).toBeUndefined();
    expect(notionalAtoms(fine)).toBe(10n ** 8n);
  });

  it.each<[string, Partial<MarketRules>]>([
    ["a code that is not base and quote", { code: "BTCUSDT" }],
    ["a currency in lower case", { code: "btc_USDT", base: "btc" }],
    ["a base that is the quote", { code: "USDT_USDT", base: "USDT" }],
    ["a tick of nothing", { tickSize: { coefficient: 0, scale: 0 } }],
    ["a negative lot", { lotSize: { coefficient: -1, scale: 0 } }],
    ["more than 16 decimals together", { tickSize: { coefficient: 1, scale: 11 } }],
    ["a fraction as coefficient", { tickSize: { coefficient: 0.5, scale: 0 } }],
    ["a smallest quantity of nothing", { baseMin: lots(0) }],
    ["a largest quantity below the smallest", { baseMin: lots(5), baseMax: lots(4) }],
    ["a smallest notional above the largest", { quoteMin: money("2"), quoteMax: money("1") }],
    ["a notional above what money holds", { quoteMax: (atomsMax + 1n) as typeof atomsMax }],
    ["a negative band", { marketOrderBandPpm: -1 }],
    ["a band above 100 %", { marketOrderBandPpm: 1_000_001 }],
  ])("refuses %s", (_, changes) => {
    expect(checkRules({ ...fine, ...changes })).toBe("bad-market-rules");
  });
});

describe("bandLimit", () => {
  it.each([
    ["buy", 50_000, 1000, 1050],
    ["buy", 50_000, 19, 19],
    ["sell", 50_000, 1000, 950],
    ["sell", 50_000, 19, 19],
    ["buy", 0, 7, 7],
    ["sell", 1_000_000, 7, 1],
    ["buy", 1_000_000, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ] as const)("of a %s with %i ppm at %i is %i", (side, marketOrderBandPpm, best, expected) => {
    expect(bandLimit({ ...fine, marketOrderBandPpm }, side, ticks(best))).toBe(expected);
  });
});

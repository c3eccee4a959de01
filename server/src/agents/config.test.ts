import { describe, expect, it } from "vitest";
import type { MarketRules } from "../core/market/rules.ts";
import { lots } from "../core/num/units.ts";
import { type ParticipantsOptions, parseParticipantsOptions, type TradedMarket } from "./config.ts";
import { defaultMarkets } from "./default-markets.ts";
import { createParticipants } from "./participants.ts";
import { optionsWith } from "./virtual-day.fixture.ts";

const [bitcoin] = defaultMarkets as readonly [TradedMarket];
const withMarket = (changes: Partial<TradedMarket>): ParticipantsOptions =>
  optionsWith({ markets: [{ ...bitcoin, ...changes }] });

function bitcoinRules(): MarketRules {
  const markets = parseParticipantsOptions(optionsWith());
  if (typeof markets === "string") throw new Error(markets);
  return markets[0]!.rules;
}

describe("the default markets", () => {
  it("are six with believable rules, among them bitcoin, ether and tron against tether", () => {
    const markets = parseParticipantsOptions(optionsWith());
    if (typeof markets === "string") throw new Error(markets);

    expect(markets.map(({ rules }) => rules.code).sort()).toEqual([
      "BTC_USDT",
      "ETH_USDT",
      "LTC_USDT",
      "SOL_USDT",
      "TRX_USDT",
      "XRP_USDT",
    ]);
    expect(bitcoinRules()).toMatchObject({
      base: "BTC",
      quote: "USDT",
      tickSize: { coefficient: 1, scale: 2 },
      lotSize: { coefficient: 1, scale: 6 },
      baseMin: 10,
      quoteMin: 10n ** 16n,
    });
  });
});

describe("participants' options", () => {
  it.each<[string, ParticipantsOptions, string]>([
    [
      "a seed with a fraction",
      optionsWith({ seed: 0.5 }),
      "the seed is not a non-negative integer",
    ],
    ["no time", optionsWith({ startUs: Number.NaN }), "the start is not a time in microseconds"],
    ["no rate", optionsWith({ rate: Number.NaN }), "the rate is not 0.1 to 1000"],
    ["too slow a rate", optionsWith({ rate: 0.09 }), "the rate is not 0.1 to 1000"],
    ["too fast a rate", optionsWith({ rate: 1_001 }), "the rate is not 0.1 to 1000"],
    [
      "too many markets",
      optionsWith({ markets: Array.from({ length: 101 }, () => bitcoin) }),
      "there are more than 100 markets",
    ],
    [
      "a market twice",
      optionsWith({ markets: [bitcoin, bitcoin] }),
      'market "BTC/USDT" is listed twice',
    ],
    [
      "a bad tick size",
      withMarket({ tickSize: "0" }),
      'market "BTC/USDT": the tick size is not a positive decimal',
    ],
    [
      "too many trades",
      withMarket({ tradesPerSecond: 21 }),
      'market "BTC/USDT": the trades per second are more than 20',
    ],
    [
      "a ticker that is no pair",
      withMarket({ ticker: "BTC" }),
      'market "BTC": an exchange does not take its rules',
    ],
    [
      "a smallest size between two lots",
      withMarket({ baseMin: "0.0000001" }),
      'market "BTC/USDT": its base sizes are not multiples of the lot size',
    ],
    [
      "a largest value that is no number",
      withMarket({ quoteMax: "much" }),
      'market "BTC/USDT": its quote sizes are not amounts',
    ],
    [
      "sizes upside down",
      withMarket({ baseMin: "2", baseMax: "1" }),
      'market "BTC/USDT": an exchange does not take its rules',
    ],
    [
      "a median below the smallest size",
      withMarket({ baseMin: "0.01" }),
      'market "BTC/USDT": the median quantity is not a size that it accepts',
    ],
    [
      "unaffordable orders",
      withMarket({ medianQuantity: "800", baseMax: "9000", quoteMax: "1000000000000" }),
      'market "BTC/USDT": its agents would need too much money',
    ],
    [
      "a market that is there with another tick",
      optionsWith({
        recovered: [
          {
            rules: { ...bitcoinRules(), tickSize: { coefficient: 5, scale: 2 } },
            halted: false,
            lastTicks: 0,
            levels: [],
          },
        ],
      }),
      'market "BTC/USDT": the exchange has it already, with another tick or lot size',
    ],
  ])("are refused with %s", (_, options, fault) => {
    expect(createParticipants(options)).toBe(fault);
  });

  it("are good for a market whose rules were changed so that the usual size is none", () => {
    const rules = { ...bitcoinRules(), baseMin: lots(1_000_000), baseMax: lots(2_000_000) };
    const recovered = [{ rules, halted: false, lastTicks: 0, levels: [] }];

    expect(parseParticipantsOptions(optionsWith({ recovered }))).not.toBeTypeOf("string");
  });
});

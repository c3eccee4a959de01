import { beforeAll, describe, expect, it } from "vitest";
import type { Level } from "../core/book/book.ts";
import type { ExchangeEvent, Traded } from "../core/events.ts";
import type { Side } from "../core/market/rules.ts";
import { defaultMarkets } from "./default-markets.ts";
import { openedIn, VirtualDay } from "./virtual-day.fixture.ts";

const seconds = 3_600;
/** Three makers with 12, 10 and 10 quotes a side. */
const openOrdersPerMarketMax = 2 * 32;

/** What one market looked like, second by second. */
class Observation {
  readonly spreads: number[] = [];
  readonly levels: number[] = [];
  readonly middles: number[] = [];
  readonly sizes: number[] = [];
  buys = 0;
  readonly #book = { buy: new Map<number, number>(), sell: new Map<number, number>() };

  change(side: Side, { price, quantity }: Level): void {
    if (quantity === 0) this.#book[side].delete(price);
    else this.#book[side].set(price, quantity);
  }

  trade({ aggressor, quantity }: Traded): void {
    this.sizes.push(quantity);
    if (aggressor === "buy") this.buys += 1;
  }

  look(): void {
    const bid = Math.max(...this.#book.buy.keys());
    const ask = Math.min(...this.#book.sell.keys());
    this.spreads.push(ask - bid);
    this.middles.push((bid + ask) / 2);
    this.levels.push(Math.min(this.#book.buy.size, this.#book.sell.size));
  }

  /** Standard deviation of the returns from minute to minute. */
  get minuteVolatility(): number {
    const minutes = this.middles.filter((_, second) => second % 60 === 59);
    const returns = minutes.slice(1).map((middle, at) => middle / minutes[at]! - 1);
    return Math.sqrt(returns.reduce((sum, each) => sum + each * each, 0) / returns.length);
  }
}

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((left, right) => left - right)[Math.floor(share * (values.length - 1))]!;

const cases = defaultMarkets.map(({ ticker }) => ticker.replace("/", "_"));

describe("an hour on the default markets", () => {
  const markets = new Map(cases.map((code) => [code, new Observation()]));
  let commands = 0;
  let refusals = 0;
  let mostOpenOrders = 0;

  const see = (event: ExchangeEvent): void => {
    if (event.kind === "refused") refusals += 1;
    if (event.kind === "level-changed") markets.get(event.market)?.change(event.side, event);
    if (event.kind === "traded") markets.get(event.market)?.trade(event);
  };

  beforeAll(() => {
    const day = new VirtualDay();
    let openOrders = 0;
    day.watch = ({ events }) => {
      commands += 1;
      openOrders += openedIn(events);
      for (const event of events) see(event);
    };
    for (let second = 1; second <= seconds; second += 1) {
      day.run(1);
      for (const market of markets.values()) market.look();
      mostOpenOrders = Math.max(mostOpenOrders, openOrders);
      if (second % 300 === 0) day.exchange.checkInvariants();
    }
  });

  it("is made of 20 to 40 commands and 3 to 8 trades a second, hardly any of them refused", () => {
    const trades = [...markets.values()].reduce((sum, { sizes }) => sum + sizes.length, 0);

    expect(commands / seconds).toBeGreaterThan(20);
    expect(commands / seconds).toBeLessThan(40);
    expect(trades / seconds).toBeGreaterThan(3);
    expect(trades / seconds).toBeLessThan(8);
    expect(refusals / commands).toBeLessThan(0.01);
  });

  it("never has more open orders than the makers have places", () => {
    expect(mostOpenOrders).toBeGreaterThan(200);
    expect(mostOpenOrders).toBeLessThanOrEqual(cases.length * openOrdersPerMarketMax);
  });

  it.each(cases)(
    "has a spread of %s between a tick and ten basis points, never crossed",
    (code) => {
      const { middles, spreads } = markets.get(code)!;
      const basisPoints = spreads.map((spread, at) => (spread / middles[at]!) * 10_000);

      expect(Math.min(...spreads)).toBeGreaterThanOrEqual(1);
      expect(quantile(basisPoints, 0.5)).toBeLessThan(10);
      expect(quantile(basisPoints, 0.99)).toBeLessThan(30);
    },
  );

  it.each(cases)("nearly always has ten levels a side of %s", (code) => {
    // The first seconds build the book up.
    expect(quantile(markets.get(code)!.levels.slice(10), 0.001)).toBeGreaterThanOrEqual(10);
  });

  it.each(cases)("has trades of %s from tiny to huge, both ways", (code) => {
    const { buys, sizes } = markets.get(code)!;
    const median = quantile(sizes, 0.5);

    expect(quantile(sizes, 0.99)).toBeGreaterThan(6 * median);
    expect(Math.max(...sizes)).toBeGreaterThan(15 * median);
    expect(buys / sizes.length).toBeGreaterThan(0.35);
    expect(buys / sizes.length).toBeLessThan(0.65);
  });

  it("moves the prices as much as configured, within a factor of two", () => {
    const factors = defaultMarkets.map(({ ticker, dailyVolatilityPercent = 0 }) => {
      const { minuteVolatility } = markets.get(ticker.replace("/", "_"))!;
      return (minuteVolatility * Math.sqrt(1_440) * 100) / dailyVolatilityPercent;
    });

    for (const factor of factors) {
      expect(factor).toBeGreaterThan(0.4);
      expect(factor).toBeLessThan(2.5);
    }
    const mean = factors.reduce((sum, each) => sum + each, 0) / factors.length;
    expect(mean).toBeGreaterThan(0.5);
    expect(mean).toBeLessThan(2);
  });
});

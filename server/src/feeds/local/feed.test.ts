import { describe, expect, it } from "vitest";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import type { ExchangeEvent } from "../../core/events.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import type { Atoms } from "../../core/num/money.ts";
import type { Lots } from "../../core/num/units.ts";
import { type FeedEvent, stopSource } from "../../ports/feed.ts";
import type { Released } from "../../ports/released.ts";
import { LocalFeed, tickerOf } from "./feed.ts";

const rules: MarketRules = {
  code: "BTC_USDT",
  base: "BTC",
  quote: "USDT",
  tickSize: { coefficient: 5, scale: 2 },
  lotSize: { coefficient: 1, scale: 4 },
  baseMin: 1 as Lots,
  baseMax: 1_000 as Lots,
  quoteMin: 0n as Atoms,
  quoteMax: 1n as Atoms,
  marketOrderBandPpm: 0,
};

const traded = (price: number, quantity: number): ExchangeEvent => ({
  kind: "traded",
  market: "BTC_USDT",
  ordinal: 0,
  price,
  quantity,
  value: 0n as Atoms,
  aggressor: "sell",
  taker: 2,
  takerUser: "b",
  takerFee: 0n,
  maker: 1,
  makerUser: "a",
  makerFee: 0n,
  makerCreatedUs: 0,
});

const released = (events: readonly ExchangeEvent[]): Released => ({
  sequence: 1,
  timeUs: 7_000_000,
  command: { kind: "cancel-all", user: "a" },
  events,
});

describe("the exchange's own trades", () => {
  it("become trades with exact prices, of markets that were there and that are added later", async () => {
    for (const [markets, first] of [
      [[rules], []],
      [[], [{ kind: "market-added", rules } as ExchangeEvent]],
    ] as const) {
      const feed = new LocalFeed("openbourse", markets);
      expect(feed.tickers).toEqual(markets.map(tickerOf));
      feed.take([released([...first, traded(2_141_801, 12), traded(2_141_802, 1)])]);
      const context = new VirtualFeedContext();
      const { trades } = await runFeed(feed, { context, stopAfterTrades: 2 });
      expect(trades).toMatchObject([
        {
          price: 10_709_005,
          priceScale: 2,
          quantity: 12,
          quantityScale: 4,
          aggressor: "sell",
          eventTimeUs: 7_000_000,
          venue: "openbourse",
        },
        { price: 10_709_010, quantity: 1 },
      ]);
      expect(trades[0]?.instrument.ticker).toBe("BTC/USDT");
    }
  });

  it("tell the time themselves where the clock has leapt, so that none is too early for its bar", async () => {
    const feed = new LocalFeed("openbourse", [rules]);
    feed.tick({ sequence: 1, tick: 1, timeUs: 1_000_000 });
    feed.take([{ ...released([traded(2_141_801, 12), traded(2_141_802, 1)]), timeUs: 1_900_000 }]);
    feed.take([{ ...released([traded(2_141_803, 1)]), timeUs: 3_600_000_000 }]);
    const { value } = await feed.run(new VirtualFeedContext(), stopSource().signal).next();

    const told = (value as readonly FeedEvent[]).map((event) =>
      event.kind === "time" ? event.atUs : event.kind === "trades" && event.trades.length,
    );
    expect(told).toEqual([1_000_000, 2, 3_600_000_000, 1]);
  });

  it("come in order with the exchange's ticks, which are the time by which bars are cut", async () => {
    const feed = new LocalFeed("openbourse", [rules]);
    const tick = (tenths: number) => ({ sequence: 1, tick: tenths, timeUs: tenths * 100_000 });
    feed.take([released([traded(2_141_801, 12)])]);
    feed.tick(tick(71));
    feed.tick(tick(72));
    feed.take([released([traded(2_141_802, 1), traded(2_141_802, 2)])]);
    feed.tick(tick(80));
    const { value } = await feed.run(new VirtualFeedContext(), stopSource().signal).next();
    const told = (value as readonly FeedEvent[]).map((event) =>
      event.kind === "trades" ? event.trades.length : event,
    );
    expect(feed.time).toBe("feed");
    expect(told).toEqual([
      1,
      // Ticks with nothing in between are one.
      { kind: "time", atUs: 7_200_000 },
      2,
      { kind: "time", atUs: 8_000_000 },
    ]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LastPrice } from "./last-price.ts";
import type { Trade } from "./trade.ts";

const instrument = {
  dataset: { code: "d", name: "D", publisher: "p" },
  ticker: "BTC/USDT",
  index: 0,
};

function trade(price: number, eventTimeUs: number): Trade {
  return {
    instrument,
    venue: "v",
    id: undefined,
    price,
    priceScale: 2,
    quantity: 5,
    quantityScale: 1,
    eventTimeUs,
    receiveTimeUs: eventTimeUs,
    aggressor: "sell",
  };
}

describe("the last price", () => {
  it("is unknown before the first trade", () => {
    expect(new LastPrice().trade).toBeUndefined();
  });

  it("is that of the trade which happened last, with all that is known about it", () => {
    const last = new LastPrice();

    expect(last.apply(trade(100, 1_000))).toBe(true);
    expect(last.apply(trade(101, 2_000))).toBe(true);

    expect(last.trade).toMatchObject({
      price: 101,
      priceScale: 2,
      quantity: 5,
      quantityScale: 1,
      eventTimeUs: 2_000,
      aggressor: "sell",
    });
  });

  it("is not moved by an older trade that arrives late", () => {
    const last = new LastPrice();
    last.apply(trade(101, 2_000));

    expect(last.apply(trade(100, 1_999))).toBe(false);
    expect(last.trade?.price).toBe(101);
  });

  it("follows the order of arrival among trades of one moment", () => {
    const last = new LastPrice();

    expect(last.apply(trade(100, 1_000))).toBe(true);
    expect(last.apply(trade(99, 1_000))).toBe(true);

    expect(last.trade?.price).toBe(99);
  });

  it("is the last of all trades in a stable order by event time, however they arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1 }), (times) => {
        const trades = times.map((time, at) => trade(at + 1, time));
        const last = new LastPrice();
        for (const each of trades) last.apply(each);

        expect(last.trade).toBe(trades.toSorted((a, b) => a.eventTimeUs - b.eventTimeUs).at(-1));
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import type { Trade } from "../../marketdata/trade.ts";
import { Pace, Timeline } from "./pace.ts";

const second = 1_000_000;
const instrument = {
  dataset: { code: "d", name: "D", publisher: "p" },
  ticker: "BTC/USDT",
  index: 0,
};

function tradeAt(receiveTimeUs: number): Trade {
  return {
    instrument,
    venue: "p",
    id: receiveTimeUs,
    price: 1,
    priceScale: 0,
    quantity: 1,
    quantityScale: 0,
    eventTimeUs: receiveTimeUs,
    receiveTimeUs,
    aggressor: "buy",
  };
}

describe("a pace", () => {
  const origin = { marketUs: 100 * second, wallUs: 7 * second };

  it.each([
    [1, 2 * second, 102 * second],
    [60, 2 * second, 220 * second],
    [0.5, 2 * second, 101 * second],
    [1.5, 1, 100 * second + 1],
    [1, -second, 99 * second],
  ])("at speed %s has gone on for %s µs of wall time", (speed, wallUs, marketUs) => {
    expect(new Pace(speed, origin).marketUs(origin.wallUs + wallUs)).toBe(marketUs);
  });

  it("at speed max has passed every moment and never sleeps", () => {
    const pace = new Pace("max", origin);

    expect(pace.marketUs(0)).toBe(Number.POSITIVE_INFINITY);
    expect(pace.sleepMs(Number.MAX_SAFE_INTEGER, 0)).toBe(0);
  });

  it.each([
    ["until a trade is due", 1, 100.25, 0, 250],
    ["until the next whole second where no trade is due before", 1, 500, 0.2, 800],
    ["a whole second when it stands on one", 1, 500, 0, 1000],
    ["a part of it at a higher speed", 60, 500, 0, 17],
    ["longer at a lower speed", 0.01, 500, 0, 100_000],
    ["an hour at most", 0.000001, 500, 0, 3_600_000],
    ["at least a millisecond", 1000, 100.001, 0, 1],
  ])("sleeps %s", (_how, speed, dueS, passedS, ms) => {
    const wallUs = origin.wallUs + passedS * second;

    expect(new Pace(speed, origin).sleepMs(dueS * second, wallUs)).toBe(ms);
  });
});

describe("a timeline", () => {
  it("tells the time before the trade that passes a whole second, and only then", () => {
    const timeline = new Timeline();
    const trades = [10.2, 10.7, 11, 11.9, 14.5].map((at) => tradeAt(at * second));

    for (const [at, trade] of trades.entries()) timeline.add(trade, "t.csv", at + 2);

    const events = timeline.take();
    expect(events).toMatchObject([
      { kind: "time", atUs: 10.2 * second },
      { kind: "trades", trades: [trades[0], trades[1]] },
      { kind: "time", atUs: 11 * second },
      { kind: "trades", trades: [trades[2], trades[3]] },
      { kind: "time", atUs: 14.5 * second },
      { kind: "trades", trades: [trades[4]] },
    ]);
    const places = events.flatMap((event) =>
      event.kind === "trades" ? event.trades.map((_, at) => event.placeOf?.(at)) : [],
    );
    expect(places).toEqual(["t.csv:2", "t.csv:3", "t.csv:4", "t.csv:5", "t.csv:6"]);
    expect(timeline.take()).toEqual([]);
  });

  it("never goes back for a late trade", () => {
    const timeline = new Timeline();

    for (const at of [20, 5, 19.9, 20.5]) timeline.add(tradeAt(at * second), "t.csv", 1);
    timeline.tell(20 * second);

    expect(timeline.take().map((event) => event.kind)).toEqual(["time", "trades"]);
  });
});

import { describe, expect, it } from "vitest";
import { defaultTickers } from "../../simulation/default-market.ts";
import { createSimulatorFeed } from "./feed.ts";

const hourUs = 3_600_000_000;
const untilUs = 1_750_000_020_000_000;
const tickers = defaultTickers.slice(0, 3);

function past({ seed = 1, hours = 3, keepsTrades = true, atUs = untilUs } = {}) {
  const feed = createSimulatorFeed({ seed, venue: "somewhere", tickers });
  if (typeof feed === "string") throw new Error(feed);
  return feed.inventPast({ fromUs: atUs - hours * hourUs, untilUs: atUs, keepsTrades });
}

describe("the past of a simulated dataset", () => {
  it("is that of its time, of every ticker, and ends where the feed begins", () => {
    const { trades, known } = past();
    const fromUs = untilUs - 3 * hourUs;
    expect(known).toEqual(tickers.map(({ ticker }) => ({ ticker, fromUs, toUs: untilUs })));
    for (const { ticker, startPrice } of tickers) {
      const own = trades.filter((trade) => trade.ticker === ticker);
      expect(own.length).toBeGreaterThan(1_000);
      expect(own.every(({ eventTimeUs }) => eventTimeUs >= fromUs && eventTimeUs < untilUs)).toBe(
        true,
      );
      const last = own.at(-1);
      const price = Number(last?.price) / 10 ** (last?.priceScale ?? 0);
      expect(Math.abs(price / Number(startPrice) - 1)).toBeLessThan(0.01);
      // Those of the feed count up from its start.
      const ids = own.map(({ id }) => Number(id));
      expect(ids).toEqual(own.map((_, index) => untilUs - own.length + index));
    }
  });

  it("is the same for a seed, whenever it ends, and another one for another seed", () => {
    const facts = (options: Parameters<typeof past>[0], atUs = untilUs) =>
      past({ ...options, atUs }).trades.map(({ ticker, price, quantity, eventTimeUs }) => [
        ticker,
        price,
        quantity,
        eventTimeUs - atUs,
      ]);
    expect(facts({}, untilUs + 5 * hourUs)).toEqual(facts({}));
    expect(facts({ seed: 2 })).not.toEqual(facts({}));
  });

  it("has as many trades for a week as for a day", () => {
    const day = past({ hours: 24 }).trades.length;
    const week = past({ hours: 168 }).trades.length;
    expect(week / day).toBeGreaterThan(0.7);
    expect(week / day).toBeLessThan(1.4);
  });

  it("is bars of minutes where trades are not stored", () => {
    const { trades, bars } = past({ keepsTrades: false });
    expect(trades).toEqual([]);
    const volumes = new Map<string, number>();
    for (const { ticker, quantity, eventTimeUs } of past().trades) {
      const minute = `${ticker} ${eventTimeUs - (eventTimeUs % 60_000_000)}`;
      volumes.set(minute, (volumes.get(minute) ?? 0) + Number(quantity));
    }
    const told = bars.map(({ ticker, bar }) => [`${ticker} ${bar.startUs}`, Number(bar.volume)]);
    expect(told).toEqual([...volumes]);
  });
});

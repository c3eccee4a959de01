import { afterEach, describe, expect, it } from "vitest";
import type { CandlePage, ChartCandle } from "./candle.ts";
import { CandleFeed } from "./candle-feed.ts";
import type { CandleListener, CandleSource } from "./source.ts";

const candle = (startMs: number, close = "1"): ChartCandle => ({
  ...{ startMs, open: "1", high: "9", low: "1", close, volume: "3" },
});
const pageSize = 3;
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** A server that has so many candles, one each millisecond, and pages of three. */
function scene(newest: number) {
  let told: CandleListener | undefined;
  const server = { newest, asked: [] as number[], close: "server" };
  const source: CandleSource = {
    precedence: "page",
    follow(listener) {
      told = listener;
      return () => {
        told = undefined;
      };
    },
    async page(toMs): Promise<CandlePage> {
      server.asked.push(toMs);
      const last = Math.min(toMs, server.newest);
      const first = Math.max(1, last - pageSize + 1);
      const candles = [];
      for (let at = first; at <= last; at += 1) candles.push(candle(at, server.close));
      return { candles, unknown: [], isOldest: candles.length < pageSize };
    },
  };
  let changes = 0;
  const feed = new CandleFeed(source, { changed: () => (changes += 1), state() {}, ended() {} });
  open.push(feed);
  const starts = () => feed.series.candles.map(({ startMs }) => startMs);
  return { feed, server, starts, tell: () => told as CandleListener, changes: () => changes };
}

const open: CandleFeed[] = [];
afterEach(() => {
  for (const feed of open.splice(0)) feed.close();
});

describe("a feed of candles", () => {
  it("has the newest page, those before it when they are wanted, and no more than there are", async () => {
    const { feed, starts, server } = scene(8);
    await turn();
    expect(starts()).toEqual([6, 7, 8]);
    for (const expected of [3, 1, 1]) {
      feed.older();
      feed.older();
      await turn();
      expect(starts()[0]).toBe(expected);
    }
    expect(starts()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(server.asked.slice(1)).toEqual([5, 2]);
  });

  it("closes what was missed while the connection was away", async () => {
    const { server, starts, tell } = scene(4);
    await turn();
    tell().lost();
    server.newest = 12;
    tell().candle(candle(12, "live"));
    tell().missed();
    await turn();
    expect(starts()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("begins anew where too much was missed", async () => {
    const { server, starts, tell, feed } = scene(4);
    await turn();
    tell().lost();
    server.newest = 1_000;
    tell().missed();
    await turn();
    expect(starts()[0]).toBe(1_000 - 5 * pageSize + 1);
    expect(starts()).toHaveLength(5 * pageSize);
    feed.older();
    await turn();
    expect(starts()).toHaveLength(6 * pageSize);
  });

  it("has what changed while it was away as the server has it", async () => {
    const { server, feed, tell } = scene(4);
    await turn();
    tell().candle(candle(4, "live"));
    tell().lost();
    server.close = "revised";
    tell().missed();
    await turn();
    expect(feed.series.at(4)?.close).toBe("revised");
  });

  it("takes what it is told later of times that are not known", async () => {
    const { feed, tell, starts } = scene(4);
    await turn();
    tell().candle(candle(9, "live"));
    tell().past([candle(8), candle(9, "stored")], [{ fromMs: 5, toMs: 8 }]);
    expect(starts()).toEqual([2, 3, 4, 8, 9]);
    expect(feed.series.unknown).toEqual([{ fromMs: 5, toMs: 8 }]);
  });

  it("follows no more once it is closed", async () => {
    const { feed, tell } = scene(4);
    feed.close();
    expect(tell()).toBeUndefined();
    await turn();
    expect(feed.series.candles).toEqual([]);
  });
});

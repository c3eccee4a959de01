import { describe, expect, it } from "vitest";
import { barScripts, depthScripts, replayScripts, tickersOf } from "./market-open-shape.ts";

const shape = {
  barSockets: 40,
  tickers: 30,
  tickersEach: 5,
  tradesPerSecond: 5,
  depthSockets: 10,
  markets: 6,
  marketsEach: 2,
};
const markets = ["A", "B", "C", "D", "E", "F"];

describe("market open", () => {
  it("gives each client as many different tickers and markets of its own", () => {
    const bars = barScripts(shape, "key").map(({ messages }) => JSON.parse(messages[0]!).tickers);
    const depths = depthScripts(shape, markets).map(
      ({ messages }) => JSON.parse(messages[0]!).params,
    );
    expect([bars.length, depths.length]).toEqual([40, 10]);
    for (const mine of bars) expect(new Set(mine).size).toBe(5);
    for (const mine of depths) expect(new Set(mine).size).toBe(2);
    expect(new Set(bars.map(String)).size).toBeGreaterThan(30);
  });

  it("replays to the same subscribers, and knows how many messages that makes", () => {
    const names = tickersOf(shape);
    const bars = barScripts(shape, "key").map(({ messages }) => JSON.parse(messages[0]!).tickers);
    const depths = depthScripts(shape, markets).map(
      ({ messages }) => JSON.parse(messages[0]!).params,
    );
    const { scripts, deliveries } = replayScripts(shape, {
      periodMs: 1_000,
      flushes: [
        { atMs: 0, messages: [[3, 100]] },
        { atMs: 100, messages: [[30 + 4, 200]] },
      ],
    });
    const listeners =
      bars.filter((mine) => mine.includes(names[3])).length +
      depths.filter((mine) => mine.includes("E:0")).length;
    expect(deliveries).toBe(listeners);
    expect(scripts).toHaveLength(50);
    expect(scripts[0]?.target).toBe(
      `/?topics=${bars[0].map((name: string) => names.indexOf(name)).join(",")}`,
    );
  });
});

import { describe, expect, it } from "vitest";
import { tradeId } from "../../core/ids.ts";
import { atoms } from "../../core/num/money.ts";
import { candleIntervalsS } from "../../marketdata/candles.ts";
import { type PublicTrade, unitsOf } from "../../marketdata/updates.ts";
import { answerQuery } from "./answers.ts";
import { ExampleBoard, marketRules } from "./conversation.fixture.ts";
import type { QueryMethod } from "./messages.ts";

const nowMs = 1_750_953_000_999;

function ask(method: QueryMethod, params: readonly unknown[], board = new ExampleBoard()): unknown {
  const answer = answerQuery(method, params, { board, nowMs });
  return "data" in answer ? JSON.parse(answer.data) : answer;
}

/** Newest first, as the board has them. */
const trades: readonly PublicTrade[] = [3, 2, 1].map((sequence) => ({
  sequence,
  ordinal: 0,
  timeUs: 1_750_953_000_000_000 + sequence,
  price: 10_000,
  quantity: sequence,
  value: atoms(1n),
  aggressor: "buy",
}));
const ids = trades.map((trade) => tradeId(trade, "public"));

function boardWithTrades(): ExampleBoard {
  const board = new ExampleBoard();
  board.trades.set("BTC_USDT", trades);
  return board;
}

describe("queries", () => {
  it.each<[QueryMethod, readonly unknown[]]>([
    ["lastprice_request", []],
    ["lastprice_request", ["BTC_USDT", 1]],
    ["ticker_request", ["BTC_USDT", 3_600]],
    ["ticker_request", ["BTC_USDT", null]],
    ["market_request", ["BTC_USDT", 86_400, 1]],
    ["depth_request", ["BTC_USDT", 0]],
    ["depth_request", ["BTC_USDT", 101]],
    ["depth_request", ["BTC_USDT", 1.5]],
    ["depth_request", ["BTC_USDT", "10"]],
    ["depth_request", ["BTC_USDT", 10, "0.5"]],
    ["depth_request", ["BTC_USDT", 10, 6]],
    ["depth_request", ["BTC_USDT", 10, -1]],
    ["depth_request", ["BTC_USDT", 10, 0, true]],
    ["trades_request", ["BTC_USDT", 101]],
    ["trades_request", ["BTC_USDT", 10, "not an id"]],
    ["trades_request", ["BTC_USDT", 10, 41358530]],
    ["candles_request", ["BTC_USDT"]],
    ["candles_request", ["BTC_USDT", 0, 60, 7]],
    ["candles_request", ["BTC_USDT", 0, 60, "60"]],
    ["candles_request", ["BTC_USDT", 60, 0, 60]],
    ["candles_request", ["BTC_USDT", -1, 60, 60]],
    ["candles_request", ["BTC_USDT", 0.5, 60, 60]],
    ["candles_request", ["BTC_USDT", 0, 1e300, 60]],
    ["candles_request", ["BTC_USDT", 0, 60, 60, 60]],
  ])("%s with %j is told what to send", (method, params) => {
    expect(ask(method, params)).toMatchObject({
      reason: "invalid-params",
      usage: expect.stringMatching(/^\[market/),
    });
  });

  it.each<[unknown, string]>([
    ["NO_SUCH", "NO_SUCH"],
    [7, "7"],
    [null, "null"],
    [{ toString: 1 }, "{…}"],
  ])("about the market %j name what is unknown", (market, subject) => {
    expect(ask("lastprice_request", [market])).toEqual({
      reason: "unknown-market",
      subjects: [subject],
    });
  });

  it("ignore the parameters of ping and time", () => {
    expect(ask("ping", [1, "x"])).toBeNull();
    expect(ask("time", [1, "x"])).toBe(1_750_953_000);
  });
});

describe("trades_request", () => {
  it("gives the newest first, as many as are asked for", () => {
    const list = ask("trades_request", ["BTC_USDT", 2], boardWithTrades());

    expect(list).toMatchObject([{ id: ids[0] }, { id: ids[1] }]);
  });

  it("leaves out the named trade and what is older", () => {
    const list = ask("trades_request", ["BTC_USDT", 100, ids[1]], boardWithTrades());

    expect(list).toMatchObject([{ id: ids[0], quantity: 0.000003 }]);
  });
});

describe("depth_request", () => {
  it("knows every price step of the market as a text", () => {
    const board = new ExampleBoard();
    const rules = marketRules("BTC_USDT");
    for (const depthScale of [0, 1, 2, 3, 4, 5]) {
      const timeUs = depthScale * 1_000_000;
      const update = { ...unitsOf(rules), timeUs, depthScale, full: true, asks: [], bids: [] };
      board.depths.set(`depth|BTC_USDT|${depthScale}`, update);
    }
    const timestamps = ["0", "0.01", "0.1", "1", "10", "100", "1000", 4].map((step) => {
      const answer = ask("depth_request", ["BTC_USDT", 1, step], board);
      return (answer as { timestamp: number }).timestamp;
    });

    expect(timestamps).toEqual([0, 0, 1, 2, 3, 4, 5, 4]);
  });
});

describe("candles_request", () => {
  it("passes the question on to the board", () => {
    const board = new ExampleBoard();

    for (const intervalS of candleIntervalsS) {
      expect(ask("candles_request", ["BTC_USDT", 5, 5, intervalS], board)).toEqual([]);
      expect(board.candleQuery).toEqual({ intervalS, fromS: 5, toS: 5 });
    }
  });
});

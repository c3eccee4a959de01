import { describe, expect, it } from "vitest";
import { Conversation, exampleUser } from "./conversation.fixture.ts";
import { channels } from "./messages.ts";

const markets = ["BTC_USDT", "ETH_USDT", "TRX_USDT"];
const usual = ["lastprice", "ticker", "trade", "order", "deal"] as const;

describe("subscribing", () => {
  it.each(usual)("%s to all covers every market, whatever was there before", (channel) => {
    const client = new Conversation();
    client.ask(`${channel}_subscribe`, ["ETH_USDT", "ETH_USDT"]);
    client.ask(`${channel}_subscribe`, ["all", "BTC_USDT"]);

    expect(client.active).toHaveLength(markets.length);
  });

  it("adds to the list, so that a client may name one market after the other (D-C1)", () => {
    const client = new Conversation();
    for (const market of markets) client.ask("trade_subscribe", [market]);

    expect(client.active).toEqual(markets.map((market) => `trades|${market}`));
  });

  it("to all of depth covers every market and scale (D-C4)", () => {
    const client = new Conversation();
    client.ask("depth_subscribe", ["all"]);

    expect(client.active).toHaveLength(markets.length * 6);
  });

  it("to balances is by currency", () => {
    const client = new Conversation();
    client.ask("balance_subscribe", ["BTC", "USDT", "BTC_USDT"]);

    const { userId } = exampleUser;
    expect(client.active).toEqual([`balances|BTC|${userId}`, `balances|USDT|${userId}`]);
  });

  it("to candles needs one market and one interval", () => {
    const client = new Conversation();
    for (const params of [[], ["BTC_USDT"], ["all", 60], ["BTC_USDT", 7], ["BTC_USDT", 60, 60]]) {
      expect(client.ask("candles_subscribe", params).error?.code).toBe(2);
    }
    client.ask("candles_subscribe", ["BTC_USDT", 60]);
    client.ask("candles_subscribe", ["BTC_USDT", 300]);
    client.ask("candles_subscribe", ["ETH_USDT", 60]);
    expect(client.active).toHaveLength(3);

    client.ask("candles_unsubscribe", ["BTC_USDT", 300]);
    expect(client.active).toEqual(["candles|BTC_USDT|60", "candles|ETH_USDT|60"]);
    client.ask("candles_unsubscribe", ["BTC_USDT"]);
    expect(client.active).toEqual(["candles|ETH_USDT|60"]);
    expect(client.ask("candles_unsubscribe", ["NO_SUCH"]).error?.code).toBe(2);
    expect(client.ask("candles_unsubscribe", [60]).error?.code).toBe(2);
    client.ask("candles_unsubscribe", []);
    expect(client.active).toEqual([]);
  });
});

describe("unsubscribing", () => {
  it.each([[["all"]], [[]]])("with %j clears the channel and no other (D-C7)", (params) => {
    for (const channel of channels.filter((name) => name !== "candles")) {
      const client = new Conversation();
      client.ask("lastprice_subscribe", ["TRX_USDT"]);
      client.ask(`${channel}_subscribe`, [channel === "balance" ? "BTC" : "BTC_USDT"]);
      client.ask(`${channel}_subscribe`, ["all"]);
      client.ask(`${channel}_unsubscribe`, params);

      const left = channel === "lastprice" ? [] : ["last-price|TRX_USDT"];
      expect(client.active).toEqual(left);
    }
  });

  it("from a market of depth without an index means index 0 (D-C5)", () => {
    const client = new Conversation();
    client.ask("depth_subscribe", ["BTC_USDT:0", "BTC_USDT:1"]);
    client.ask("depth_unsubscribe", ["BTC_USDT"]);

    expect(client.active).toEqual(["depth|BTC_USDT|1"]);
  });
});

describe("limits", () => {
  it("refuse a request with too many params, and nothing happens", () => {
    const client = new Conversation({ options: { paramsMax: 2 } });

    expect(client.ask("trade_subscribe", markets)).toEqual({
      id: 7,
      method: "trade_subscribe",
      data: null,
      error: { code: 2, message: "Too many params: one request may have at most 2" },
    });
    expect(client.active).toEqual([]);
  });

  it("refuse a list that would be too many subscriptions, whichever the channels", () => {
    const client = new Conversation({ options: { subscriptionsMax: 4 } });
    client.ask("trade_subscribe", ["all"]);

    expect(client.ask("ticker_subscribe", ["BTC_USDT", "ETH_USDT"]).error).toEqual({
      code: 2,
      message: "Too many subscriptions: one connection may have at most 4",
    });
    expect(client.active).toHaveLength(3);
    expect(client.ask("ticker_subscribe", ["BTC_USDT"]).error).toBeNull();
    expect(client.ask("trade_subscribe", ["all"]).error).toBeNull();
  });

  it("count what a replacing list stops", () => {
    const client = new Conversation({
      options: { subscriptionsMax: 1, resubscribe: "replace" },
    });
    for (const market of markets) expect(client.ask("trade_subscribe", [market]).error).toBeNull();

    expect(client.active).toEqual(["trades|TRX_USDT"]);
  });

  it("hold for markets that are listed later", () => {
    const client = new Conversation({ options: { subscriptionsMax: 3 } });
    client.ask("trade_subscribe", ["all"]);
    const rules = client.board.market("BTC_USDT")?.rules;
    if (rules === undefined) throw new Error("no market");

    client.list({ ...rules, code: "SOL_USDT", base: "SOL" });

    expect(client.active).toHaveLength(3);
  });

  it("end a connection that sends ten times as many requests as it may", () => {
    const client = new Conversation({ options: { requestsPerMinuteMax: 1 } });
    for (let request = 0; request < 10; request += 1) client.ask("ping");

    expect(client.send({ id: 1, method: "ping" })).toEqual([]);
    expect(client.closed).toEqual({ code: 1008, reason: "Far too many requests" });
  });

  it("can be off", () => {
    const client = new Conversation({ options: { requestsPerMinuteMax: "off" } });
    for (let request = 0; request < 3_000; request += 1) {
      expect(client.ask("ping").error).toBeNull();
    }
  });
});

describe("the deadline", () => {
  it("is a minute after the open, then after each request", () => {
    const client = new Conversation();
    const startMs = client.nowMs;
    expect(client.session.deadlineMs).toBe(startMs + 60_000);

    client.nowMs += 50_000;
    client.ask("ping");
    expect(client.session.deadlineMs).toBe(startMs + 110_000);

    client.nowMs += 10_000;
    client.input({ kind: "ping" });
    client.input({ kind: "deadline" });
    expect(client.session.deadlineMs).toBe(startMs + 110_000);
    expect(client.closed).toBeUndefined();
  });

  it("moves with ping frames where the operator wants that (D-C19)", () => {
    const client = new Conversation({ options: { countPings: true, idleTimeoutMs: 1_000 } });

    client.nowMs += 900;
    client.input({ kind: "ping" });
    client.nowMs += 900;
    client.input({ kind: "deadline" });
    expect(client.closed).toBeUndefined();
    client.nowMs += 100;
    client.input({ kind: "deadline" });

    expect(client.closed).toEqual({ code: 1001, reason: "No requests for too long" });
    expect(client.session.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});

/** The public streams of a real exchange, with ticks that come when the test says so. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ExchangeEvent } from "../core/events.ts";
import { Scenario } from "../core/scenario.fixture.ts";
import { MarketBoard } from "../marketdata/market-board.ts";
import type { Topic, Update } from "../marketdata/topic.ts";
import type { DepthUpdate } from "../marketdata/updates.ts";
import type { Released } from "../ports/released.ts";
import { Listener } from "./listener.fixture.ts";
import { MarketStreams } from "./market-streams.ts";
import { Numbering } from "./numbering.ts";

const market = "BTC_USDT";
const depth: Topic = { kind: "depth", market, depthScale: 0 };
const trades: Topic = { kind: "trades", market };
const lastPrice: Topic = { kind: "last-price", market };
const ticker: Topic = { kind: "ticker", market };
const candles: Topic = { kind: "candles", market, intervalS: 60 };
const dayTicks = 864_000;

/** The first tick of a minute, shortly after the scenario begins. */
const startTick = 17_000_000_400;

let scenario: Scenario;
let board: MarketBoard;
let streams: MarketStreams;
let listener: Listener;
let tick: number;

beforeEach(() => {
  scenario = new Scenario();
  board = new MarketBoard(
    scenario.exchange.markets().map((view) => ({ ...view, levels: [] })),
    scenario.timeUs,
  );
  listener = new Listener((topic, tellsPositions) => streams.current(topic, tellsPositions));
  tick = startTick;
  scenario.timeUs = tick * 100_000;
  streams = new MarketStreams({
    numbering: new Numbering({ epoch: "e", sequence: 0 }),
    board,
    hub: listener.hub,
    rhythms: {
      ...{ depthIntervalMs: 100, depthSnapshotIntervalMs: 60_000 },
      ...{ tickerIntervalMs: 1_000, candleIntervalMs: 500 },
    },
    startUs: scenario.timeUs,
  });
});

/** Lets the exchange carry out lines, and everybody see what came of them. */
function say(...lines: readonly string[]): void {
  const released = lines.map((line): Released => {
    const events: readonly ExchangeEvent[] = scenario.say(line);
    const { sequence } = scenario.exchange;
    const command = { kind: "cancel-all", user: "nobody" } as const;
    return { sequence, timeUs: scenario.timeUs, command, events };
  });
  board.apply(released);
  streams.trades.take?.(released);
}

/** Lets so many ticks come. */
function ticks(count: number): void {
  for (let left = count; left > 0; left -= 1) {
    tick += 1;
    scenario.timeUs = Math.max(scenario.timeUs, tick * 100_000);
    const { sequence } = scenario.exchange;
    streams.states.tick?.({ sequence, tick, timeUs: tick * 100_000 });
  }
}

/** What was heard since the last look, in short. */
function heard(): readonly string[] {
  return listener.take().map(([topic, update]) => `${topic.split("|")[0]} ${inShort(update)}`);
}

function inShort(update: Update): string {
  if ("bids" in update) {
    const side = (levels: DepthUpdate["bids"]) =>
      levels.map(({ price, quantity }) => `${quantity}@${price}`).join(" ");
    return `${update.full ? "whole" : "changed"} ${side(update.bids)}|${side(update.asks)}`;
  }
  if ("trades" in update) {
    return update.trades.map(({ quantity, price }) => `${quantity}@${price}`).join(" ");
  }
  if ("candle" in update) return `${update.candle.close} of ${update.candle.tradeCount}`;
  if ("figures" in update) return `${update.figures?.tradeCount ?? "no"} trades`;
  return "price" in update ? String(update.price) : "?";
}

describe("trades", () => {
  it("are published at once, all of a slice in one update", () => {
    listener.to(trades);
    say("ann sell 2@10", "bob buy 1@10", "bob buy 1@10");
    expect(heard()).toEqual(["trades 1@10 1@10"]);
  });

  it("wait for no tick, and are not told again at one", () => {
    listener.to(trades);
    say("ann sell 2@10", "bob buy 1@10");
    listener.take();
    ticks(20);
    expect(heard()).toEqual([]);
  });
});

describe("depth", () => {
  it("is cut at each tick: what has changed up to it, and nothing when nothing has", () => {
    listener.to(depth);
    listener.take();
    say("ann sell 2@10");
    say("ann sell 3@11");
    expect(heard()).toEqual([]);
    ticks(1);
    expect(heard()).toEqual(["depth changed |2@10 3@11"]);
    ticks(5);
    expect(heard()).toEqual([]);
  });

  it("has the time of its tick", () => {
    listener.to(depth);
    say("ann sell 2@10");
    listener.take();
    ticks(1);
    expect(listener.take()).toMatchObject([["depth|BTC_USDT|0", { timeUs: tick * 100_000 }]]);
  });

  it("is sent whole at the minute where it has changed since, and only there", () => {
    listener.to(depth);
    listener.take();
    say("ann sell 2@10");
    ticks(599);
    expect(heard()).toEqual(["depth changed |2@10"]);
    ticks(1);
    expect(heard()).toEqual(["depth whole |2@10"]);
    ticks(600);
    expect(heard()).toEqual([]);
  });

  it("is shown whole to a newcomer, who goes on with what changes", () => {
    say("ann sell 2@10");
    ticks(1);
    listener.to(depth);
    say("bob buy 1@9");
    ticks(1);
    expect(heard()).toEqual(["depth whole |2@10", "depth changed 1@9|"]);
  });
});

describe("last price and ticker", () => {
  it("come at the first tick of a second, once for all that happened in it", () => {
    listener.to(lastPrice, ticker);
    say("ann sell 5@10", "bob buy 1@10");
    ticks(5);
    say("bob buy 1@10", "ann sell 1@11", "bob buy 4@11");
    ticks(4);
    expect(heard()).toEqual([]);
    ticks(1);
    expect(heard()).toEqual(["last-price 11", "ticker 4 trades"]);
    ticks(10);
    expect(heard()).toEqual([]);
  });

  it("empty their 24 hours at ticks, without a trade", () => {
    listener.to(ticker);
    say("ann sell 5@10", "bob buy 1@10");
    ticks(10);
    expect(heard()).toEqual(["ticker 1 trades"]);
    tick += dayTicks - 10;
    ticks(600);
    expect(heard()).toEqual(["ticker no trades"]);
  });

  it("are shown to a newcomer as of the last tick, whatever the time is", () => {
    say("ann sell 5@10", "bob buy 1@10");
    ticks(10);
    scenario.timeUs += 50_000;
    listener.to(ticker);
    expect(listener.take()).toMatchObject([["ticker|BTC_USDT", { timeUs: tick * 100_000 }]]);
  });
});

describe("candles", () => {
  it("come every half second while trades change them", () => {
    listener.to(candles);
    say("ann sell 5@10", "bob buy 1@10");
    ticks(4);
    expect(heard()).toEqual([]);
    ticks(1);
    expect(heard()).toEqual(["candles 10 of 1"]);
    ticks(10);
    expect(heard()).toEqual([]);
    say("bob buy 1@10");
    ticks(5);
    expect(heard()).toEqual(["candles 10 of 2"]);
  });
});

describe("a stream without listeners", () => {
  it("is not made, and whoever comes later begins with what it is then", () => {
    say("ann sell 5@10", "bob buy 1@10");
    ticks(700);
    expect(listener.take()).toEqual([]);
    listener.to(depth, trades, lastPrice);
    expect(heard()).toEqual(["depth whole |4@10", "last-price 10"]);
    ticks(600);
    expect(heard()).toEqual([]);
  });

  it("is not made any more when the last one has gone", () => {
    listener.to(depth);
    listener.take();
    listener.notTo(depth);
    say("ann sell 2@10");
    ticks(600);
    expect(listener.take()).toEqual([]);
  });
});

describe("those who are told positions", () => {
  beforeEach(() => {
    say("ann sell 2@10", "bob buy 1@10");
    ticks(10);
  });

  it("are shown the book of the last tick, and told what has changed since, whoever has read it", () => {
    say("ann sell 3@11 id=a");
    listener.toPlaced(depth).to(depth);
    expect(heard()).toEqual(["placed depth whole |1@10", "depth whole |1@10 3@11"]);
    say("ann cancel id=a");
    ticks(1);
    expect(heard()).toEqual(["depth changed |0@11"]);
  });

  it("are sent the whole book at the minute where it has changed, whoever has read it", () => {
    listener.toPlaced(depth).to(depth);
    listener.take();
    ticks(590);
    expect(heard()).toEqual(["placed depth whole |1@10", "depth whole |1@10"]);
    say("ann sell 3@11 id=a");
    board.depth(market, 0);
    say("ann cancel id=a");
    ticks(600);
    expect(heard()).toEqual(["depth changed |0@11", "depth whole |1@10"]);
  });

  it("are told prices at the next tick as they are then, whatever they were told before", () => {
    listener.to(lastPrice);
    say("bob buy 1@10", "ann sell 1@11", "bob buy 1@11");
    listener.toPlaced(lastPrice);
    say("ann sell 1@10", "bob buy 1@10");
    expect(heard()).toEqual(["last-price 10", "placed last-price 11"]);
    ticks(10);
    expect(heard()).toEqual(["placed last-price 10"]);
  });

  it("are told a candle again that all others know", () => {
    say("bob buy 1@10");
    listener.toPlaced(candles).to(candles);
    expect(heard()).toEqual(["placed candles 10 of 2", "candles 10 of 2"]);
    ticks(5);
    expect(heard()).toEqual(["placed candles 10 of 2"]);
  });

  it("are told a ticker at each trade and each minute", () => {
    listener.to(ticker).toPlaced(ticker);
    listener.take();
    ticks(10);
    expect(heard()).toEqual([]);
    ticks(580);
    expect(heard()).toEqual(["placed ticker 1 trades"]);
  });
});

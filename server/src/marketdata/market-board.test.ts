import { describe, expect, it } from "vitest";
import type { ExchangeEvent } from "../core/events.ts";
import { lots } from "../core/num/units.ts";
import { money, rulesOf, Scenario } from "../core/scenario.fixture.ts";
import { CandleStore } from "./candles.ts";
import type { DurableEvents } from "./market-board.ts";
import { MarketBoard, recentTradesMax } from "./market-board.ts";
import { unitsOf } from "./updates.ts";

const market = "BTC_USDT";
const everything = () => true;
const always = { fromS: 0, toS: Number.POSITIVE_INFINITY };
// A second of the scenario's clock after its start, at the start of a minute.
const startUs = 1_700_000_040_000_000;
const dayUs = 86_400_000_000;

/** An exchange, and a board that sees what becomes durable in it. */
class Stage {
  readonly scenario = new Scenario();
  readonly board = new MarketBoard();

  constructor() {
    // The scenario has made its market already.
    this.tell({ kind: "market-added", rules: rulesOf("BTC", "USDT") });
  }

  /** Says lines, a second after the other. */
  say(...lines: readonly string[]): void {
    const released = lines.map((line): DurableEvents => {
      this.scenario.timeUs = Math.max(this.scenario.timeUs + 999_999, startUs - 1);
      const events = this.scenario.say(line);
      return { sequence: this.scenario.exchange.sequence, timeUs: this.scenario.timeUs, events };
    });
    this.board.apply(released);
  }

  tell(...events: readonly ExchangeEvent[]): void {
    this.board.apply([{ sequence: 1, timeUs: 5, events }]);
  }
}

function stage(...lines: readonly string[]): Stage {
  const made = new Stage();
  made.say(...lines);
  return made;
}

const twoTrades = ["ann sell 2@10", "ann sell 1@12", "bob buy 3@12"];

describe("a board's markets", () => {
  it("are listed as they were added, with their state and currencies", () => {
    const board = new MarketBoard([
      { rules: rulesOf("ETH", "USDT"), halted: true, lastPrice: 0, levels: [] },
    ]);
    const tell = (...events: readonly ExchangeEvent[]) =>
      board.apply([{ sequence: 1, timeUs: 5, events }]);
    expect(board.markets().map(({ rules, halted }) => [rules.code, halted])).toEqual([
      ["ETH_USDT", true],
    ]);

    tell(
      { kind: "market-added", rules: rulesOf("BTC", "USDT") },
      { kind: "market-added", rules: rulesOf("ETH", "BTC") },
      { kind: "market-state-changed", market: "ETH_USDT", halted: false },
      { kind: "market-state-changed", market: "ETH_BTC", halted: true },
    );

    expect(board.markets().map(({ rules, halted }) => [rules.code, halted])).toEqual([
      ["ETH_USDT", false],
      ["BTC_USDT", false],
      ["ETH_BTC", true],
    ]);
    expect(board.currencies()).toEqual(["ETH", "USDT", "BTC"]);
    expect(board.market("ETH_BTC")).toEqual({ rules: rulesOf("ETH", "BTC"), halted: true });

    tell({ kind: "market-state-changed", market: "BTC_USDT", halted: true });
    expect(board.markets().map(({ halted }) => halted)).toEqual([false, true, true]);
  });

  it("have the rules that were set last, beside all that was folded before", () => {
    const made = stage(...twoTrades);
    const before = made.board.markets()[0]?.rules ?? rulesOf("BTC", "USDT");
    const rules = { ...before, baseMin: lots(3), quoteMax: money("7") };
    const depth = made.board.depth(market, 0);

    made.tell({ kind: "market-rules-set", market, before, rules });

    expect(made.board.markets()).toEqual([{ rules, halted: false }]);
    expect(made.board.market(market)?.rules).toBe(rules);
    expect(made.board.lastPrice(market)).toMatchObject({ price: 12 });
    expect(made.board.depth(market, 0)).toEqual(depth);
    expect(made.board.recentTrades(market)).toHaveLength(2);
  });

  it("are empty before the first order", () => {
    const { board } = stage();

    expect(board.lastPrice(market)).toBeUndefined();
    expect(board.ticker(market, startUs)).toBeUndefined();
    expect(board.recentTrades(market)).toEqual([]);
    expect(board.candles(market, { intervalS: 60, ...always })).toEqual([]);
    expect(board.joinCandles(market, 60, startUs)).toBeUndefined();
    expect(board.depth(market, 0)).toMatchObject({ full: true, asks: [], bids: [], timeUs: 5 });
  });

  it("answer nothing for an unknown market, scale or interval", () => {
    const { board } = stage(...twoTrades);

    expect(board.market("X_Y")).toBeUndefined();
    expect(board.lastPrice("X_Y")).toBeUndefined();
    expect(board.ticker("X_Y", startUs)).toBeUndefined();
    expect(board.depth("X_Y", 0)).toBeUndefined();
    expect(board.recentTrades("X_Y")).toBeUndefined();
    expect(board.candles("X_Y", { intervalS: 60, ...always })).toBeUndefined();
    expect(board.joinCandles("X_Y", 60, startUs)).toBeUndefined();
    expect(board.depth(market, 6)).toBeUndefined();
    expect(board.candles(market, { intervalS: 61, ...always })).toBeUndefined();
    expect(board.joinCandles(market, 61, startUs)).toBeUndefined();
  });

  it("exist before anything happens in them, and are added once", () => {
    const made = stage();
    const rules = rulesOf("BTC", "USDT");

    expect(() => made.tell({ kind: "market-added", rules })).toThrow("invariant violated");
    const event = { kind: "level-changed", market: "X_Y", side: "buy", price: 1 } as const;
    expect(() => made.tell({ ...event, quantity: 1 })).toThrow("invariant violated");
  });
});

describe("what a board shows of a trade", () => {
  const { board, scenario } = stage(...twoTrades);
  const timeUs = startUs + 2_000_000;

  it("is its price as the last one", () => {
    expect(board.lastPrice(market)).toMatchObject({ price: 12, timeUs });
    expect(board.lastPrice(market)).toBe(board.lastPrice(market));
  });

  it("is the public half of it, newest first", () => {
    const { sequence } = scenario.exchange;
    const trade = { sequence, timeUs, aggressor: "buy" };

    expect(board.recentTrades(market)).toEqual([
      { ...trade, ordinal: 1, price: 12, quantity: 1, value: 12n * 10n ** 16n },
      { ...trade, ordinal: 0, price: 10, quantity: 2, value: 20n * 10n ** 16n },
    ]);
    expect(board.recentTrades(market)).toBe(board.recentTrades(market));
  });

  it("is in the 24-hour figures, as they are read", () => {
    const update = board.ticker(market, timeUs + 1);

    expect(update).toMatchObject({
      timeUs: timeUs + 1,
      figures: { open: 10, high: 12, low: 10, last: 12, volume: 3, quoteVolume: 32, tradeCount: 2 },
    });
    expect(board.ticker(market, timeUs + 999_999)).toBe(update);
    expect(board.ticker(market, timeUs + 1_000_000)?.timeUs).toBe(timeUs + 1_000_000);
  });

  it("leaves the 24-hour figures, and its price stays", () => {
    expect(board.ticker(market, timeUs + dayUs)).toMatchObject({ price: 12, figures: undefined });
  });

  it("is in the 24-hour figures at once, also within the second of a reading", () => {
    const made = stage(...twoTrades);
    const nowUs = startUs + 4_000_000;
    expect(made.board.ticker(market, nowUs)?.figures?.tradeCount).toBe(2);

    made.say("ann sell 1@11", "bob buy 1@11");

    expect(made.board.ticker(market, nowUs)?.figures).toMatchObject({ last: 11, tradeCount: 3 });
  });

  it("is in the candles of every interval", () => {
    const candle = {
      startUs,
      open: 10,
      high: 12,
      low: 10,
      close: 12,
      volume: 3,
      quoteVolume: 32,
      tradeCount: 2,
    };

    expect(board.candles(market, { intervalS: 60, ...always })).toMatchObject([candle]);
    expect(board.joinCandles(market, 60, timeUs)?.state).toMatchObject({
      timeUs,
      intervalS: 60,
      candle,
    });
    expect(board.joinCandles(market, 60, timeUs + 60e6)).toBeUndefined();
  });

  it("is shown for the newest trades only", () => {
    const many = stage("ann sell 100@2");
    const buys = Array.from({ length: 3 * recentTradesMax }, (_, index) => ({
      kind: "traded" as const,
      market,
      ordinal: index,
      price: 2,
      quantity: 1,
      value: 0n as never,
      aggressor: "buy" as const,
      taker: 1,
      takerUser: "bob",
      takerFee: 0n,
      maker: 1,
      makerUser: "ann",
      makerFee: 0n,
      makerCreatedUs: 0,
    }));
    many.board.apply([{ sequence: 9, timeUs: startUs + 9e6, events: buys }]);

    const ordinals = many.board.recentTrades(market)?.map(({ ordinal }) => ordinal);
    expect(ordinals).toEqual(
      Array.from({ length: recentTradesMax }, (_, index) => 3 * recentTradesMax - 1 - index),
    );
  });
});

describe("what is taken to be published", () => {
  it("are last prices that those who listen do not know", () => {
    const made = stage(...twoTrades);
    const take = () => made.board.takeLastPrices(everything);
    expect(take()).toMatchObject([{ price: 12, timeUs: startUs + 2e6 }]);

    made.say("ann sell 1@12", "bob buy 1@12");
    expect(take()).toEqual([]);

    made.say("ann sell 1@13", "bob buy 1@13", "ann sell 1@12", "bob buy 1@12");
    expect(take()).toEqual([]);

    made.say("ann sell 1@13", "bob buy 1@13");
    expect(take()).toMatchObject([{ price: 13 }]);
    expect(made.board.lastPrice(market)?.price).toBe(13);
  });

  it("are tickers that differ, because trades came or because they left the window", () => {
    const made = stage(...twoTrades);
    expect(made.board.takeTickers(startUs + 2e6, () => false)).toEqual([]);
    const take = (timeUs: number) =>
      made.board.takeTickers(timeUs, everything).map(({ figures }) => figures?.tradeCount ?? 0);
    expect(take(startUs + 3e6)).toEqual([2]);
    expect(take(startUs + 4e6)).toEqual([]);

    made.say("ann sell 1@12", "bob buy 1@12");
    expect(take(startUs + 6e6)).toEqual([3]);
    expect(take(startUs + 70e6)).toEqual([]);

    made.scenario.timeUs = startUs + 120e6;
    made.say("ann sell 1@20", "bob buy 1@20");
    expect(take(startUs + 122e6)).toEqual([4]);

    expect(take(startUs + dayUs - 1)).toEqual([]);
    expect(take(startUs + dayUs)).toEqual([1]);
    expect(take(startUs + dayUs + 119e6)).toEqual([]);
  });

  it("is the ticker without figures, once, when the last trade leaves the window", () => {
    const made = stage(...twoTrades);
    const goneUs = startUs + dayUs + 60e6;
    const take = (timeUs: number) => made.board.takeTickers(timeUs, everything);
    expect(take(startUs + 3e6)).toHaveLength(1);

    expect(take(goneUs)).toMatchObject([{ price: 12, timeUs: goneUs, figures: undefined }]);
    expect(take(goneUs + 1e6)).toEqual([]);
    expect(take(goneUs + dayUs)).toEqual([]);
    expect(made.board.joinTickers(market, goneUs + dayUs)?.state.figures).toBeUndefined();
  });

  describe("when somebody joins", () => {
    const joinUs = startUs + 10e6;
    const minutes = (_: string, intervalS: number) => intervalS === 60;

    it("alone, is the newest state, and then only what changes", () => {
      const made = stage(...twoTrades);
      const { board } = made;

      const told = { isNews: false };
      expect(board.joinLastPrices(market)).toMatchObject({ ...told, state: { price: 12 } });
      expect(board.joinTickers(market, joinUs)).toMatchObject({
        ...told,
        state: { figures: { tradeCount: 2 } },
      });
      expect(board.joinCandles(market, 60, joinUs)).toMatchObject({
        ...told,
        state: { candle: { tradeCount: 2 } },
      });
      expect(board.takeLastPrices(everything)).toEqual([]);
      expect(board.takeTickers(joinUs, everything)).toEqual([]);
      expect(board.takeCandles(minutes)).toEqual([]);

      made.say("ann sell 1@13", "bob buy 1@13");
      expect(board.takeLastPrices(everything)).toMatchObject([{ price: 13 }]);
      expect(board.takeTickers(joinUs, everything)).toMatchObject([{ figures: { tradeCount: 3 } }]);
      expect(board.takeCandles(minutes)).toMatchObject([{ candle: { tradeCount: 3 } }]);
    });

    it("beside others, is the newest state too, which they are then told as the same object", () => {
      const made = stage(...twoTrades);
      const { board } = made;
      board.joinLastPrices(market);
      board.joinTickers(market, joinUs);
      board.joinCandles(market, 60, joinUs);
      made.say("ann sell 1@13", "bob buy 1@13");

      const price = board.joinLastPrices(market);
      const ticker = board.joinTickers(market, joinUs);
      const candle = board.joinCandles(market, 60, joinUs);

      expect([price, ticker, candle].map((told) => told?.isNews)).toEqual([true, true, true]);
      expect(price?.state.price).toBe(13);
      expect(board.takeLastPrices(everything)[0]).toBe(price?.state);
      expect(board.takeTickers(joinUs + 1e6, everything)[0]).toBe(ticker?.state);
      expect(board.takeCandles(minutes)[0]).toBe(candle?.state);
      expect(board.joinLastPrices(market)).toEqual({ state: price?.state, isNews: false });
    });

    it("in the first second of a minute, is its candle, and the others are told of both", () => {
      const made = stage(...twoTrades);
      const { board } = made;
      board.joinCandles(market, 60, joinUs);
      made.say("ann sell 1@13", "bob buy 1@13");
      made.scenario.timeUs = startUs + 60e6;
      made.say("ann sell 1@14", "bob buy 1@14");

      const told = board.joinCandles(market, 60, startUs + 63e6);

      const [ended, running, ...others] = board.takeCandles(minutes);
      expect(told?.isNews).toBe(true);
      expect([ended?.candle.tradeCount, others]).toEqual([3, []]);
      expect(running).toBe(told?.state);
    });

    it("after all others have gone, is the newest state, and no news to anybody", () => {
      const made = stage(...twoTrades);
      const { board } = made;
      board.joinLastPrices(market);
      board.joinTickers(market, joinUs);
      board.joinCandles(market, 60, joinUs);
      made.say("ann sell 1@13", "bob buy 1@13");
      board.takeLastPrices(() => false);
      board.takeTickers(joinUs, () => false);
      board.takeCandles(() => false);

      const told = { isNews: false };
      expect(board.joinLastPrices(market)).toMatchObject({ ...told, state: { price: 13 } });
      expect(board.joinTickers(market, joinUs)).toMatchObject(told);
      expect(board.joinCandles(market, 60, joinUs)).toMatchObject(told);
    });
  });

  it("is depth of the wanted scales, with absolute quantities", () => {
    const made = stage("ann sell 2@11", "bob buy 3@9");
    const take = () =>
      made.board.takeDepth(7, { wanted: (code, depthScale) => code === market && depthScale < 2 });
    const first = take();
    expect(first.map(({ depthScale, full, timeUs }) => [depthScale, full, timeUs])).toEqual([
      [0, false, 7],
      [1, false, 7],
    ]);
    expect(first.map(({ asks, bids }) => [asks[0], bids[0]])).toEqual([
      [
        { price: 11, quantity: 2 },
        { price: 9, quantity: 3 },
      ],
      [
        { price: 20, quantity: 2 },
        { price: 0, quantity: 3 },
      ],
    ]);
    expect(take()).toEqual([]);

    made.say("bob buy 2@11");
    expect(take().map(({ asks, bids }) => [asks, bids])).toEqual([
      [[{ price: 11, quantity: 0 }], []],
      [[{ price: 20, quantity: 0 }], []],
    ]);
    expect(made.board.depth(market, 0)).toMatchObject({
      full: true,
      asks: [],
      bids: [{ price: 9, quantity: 3 }],
      timeUs: startUs + 2e6,
    });
  });

  it("are the candles that trades have changed, the one that has ended before the running one", () => {
    const made = stage("ann sell 5@10");
    made.scenario.timeUs = startUs + 58e6;
    made.say("bob buy 1@10", "bob buy 1@10", "bob buy 1@10");
    const take = () =>
      made.board
        .takeCandles((code, intervalS) => code === market && [60, 86_400].includes(intervalS))
        .map(({ intervalS, candle }) => [
          intervalS,
          (candle.startUs - startUs) / 1e6,
          candle.volume,
        ]);

    expect(take().slice(0, 2)).toEqual([
      [60, 0, 1],
      [60, 60, 2],
    ]);
    expect(take()).toEqual([]);

    made.say("bob buy 1@10");
    expect(take().map(([intervalS, , volume]) => [intervalS, volume])).toEqual([
      [60, 3],
      [86_400, 4],
    ]);
  });

  it("is nothing of what a restarted board was made with and a newcomer was told", () => {
    const { scenario, board } = stage(...twoTrades, "ann sell 4@15");
    const [state] = scenario.exchange.markets();
    const restarted = new MarketBoard([
      {
        rules: rulesOf("BTC", "USDT"),
        halted: false,
        lastPrice: state?.lastPrice ?? 0,
        levels: [{ side: "sell", price: 15, quantity: 4 }],
        recentTrades: board.recentTrades(market),
        candles: { 60: board.candles(market, { intervalS: 60, ...always }) ?? [] },
      },
    ]);

    expect(restarted.takeDepth(9, { wanted: everything })).toEqual([]);
    expect(restarted.takeCandles(everything)).toEqual([]);
    expect(restarted.joinLastPrices(market)?.state).toEqual(board.lastPrice(market));
    expect(restarted.joinTickers(market, startUs + 9e6)).toBeDefined();
    expect(restarted.takeLastPrices(everything)).toEqual([]);
    expect(restarted.takeTickers(startUs + 9e6, everything)).toEqual([]);
    expect(restarted.lastPrice(market)).toEqual(board.lastPrice(market));
    expect(restarted.recentTrades(market)).toEqual(board.recentTrades(market));
  });
});

describe("a restarted board's last price", () => {
  const rules = rulesOf("BTC", "USDT");
  const state = { rules, halted: false, lastPrice: 3, levels: [] };
  const store = new CandleStore(rules);
  store.apply({ timeUs: 60e6, price: 3, quantity: 1 });
  const candles = { 60: store.candles({ intervalS: 60, ...always }) };

  it.each([
    ["told time", { lastPriceTimeUs: 75e6, candles }, 75e6],
    ["newest candle", { candles }, 60e6],
    ["beginning of time when nothing is known", {}, 0],
  ])("has the %s", (_, known, timeUs) => {
    const board = new MarketBoard([{ ...state, ...known }], 90e6);
    expect(board.lastPrice("BTC_USDT")).toEqual({ ...unitsOf(rules), price: 3, timeUs });
  });
});

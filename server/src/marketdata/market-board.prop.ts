import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Command } from "../core/commands.ts";
import type { Side } from "../core/market/rules.ts";
import type { Lots, Ticks } from "../core/num/units.ts";
import { exchangeWith, money, noFees, rulesOf } from "../core/scenario.fixture.ts";
import { candleIntervalsS, candleResolutionsS } from "./candles.ts";
import { depthScalesMax } from "./depth-scales.ts";
import type { DurableEvents, MarketState } from "./market-board.ts";
import { rulesOf as listedRulesOf, MarketBoard } from "./market-board.ts";
import { tradesUpdates } from "./public-trades.ts";
import type { TickerUpdate } from "./updates.ts";

const startUs = 1_700_000_000_000_000;
const rules = [
  rulesOf("BTC", "USDT", {
    tickSize: { coefficient: 5, scale: 3 },
    lotSize: { coefficient: 2, scale: 4 },
    quoteMin: money("0"),
  }),
  rulesOf("ETH", "USDT", { quoteMin: money("0") }),
];
const codes = rules.map(({ code }) => code);
const everything = () => true;
const always = { fromS: 0, toS: Number.POSITIVE_INFINITY };

const order = fc.record({
  passedUs: fc.oneof(
    fc.nat({ max: 900_000 }),
    fc.nat({ max: 7_200 }).map((s) => s * 1_000_000),
  ),
  market: fc.constantFrom(...codes),
  side: fc.constantFrom<Side>("buy", "sell"),
  price: fc.integer({ min: 95, max: 130 }),
  quantity: fc.integer({ min: 1, max: 9 }),
  cancels: fc.boolean(),
});

type DrawnOrder = typeof order extends fc.Arbitrary<infer T> ? T : never;

/** An exchange whose one user trades with themselves, and the log of what happened. */
class Venue {
  readonly exchange = exchangeWith({ fees: noFees, limits: { openOrdersMax: 256 } });
  readonly setup: readonly DurableEvents[];
  #timeUs = startUs;

  constructor() {
    const commands: readonly Command[] = [
      ...rules.map((each): Command => ({ kind: "add-market", rules: each })),
      ...["BTC", "ETH", "USDT"].flatMap((currency) =>
        ["ann", "bob"].map(
          (user): Command => ({
            kind: "deposit",
            user,
            currency,
            amount: money("1000000"),
            key: currency,
          }),
        ),
      ),
    ];
    this.setup = commands.map((command) => this.apply(command));
  }

  get timeUs(): number {
    return this.#timeUs;
  }

  place({ passedUs, market, side, price, quantity, cancels }: DrawnOrder): DurableEvents {
    this.#timeUs += passedUs;
    // Buying and selling prices cross often, so that about every other order trades.
    const user = side === "buy" ? "ann" : "bob";
    if (cancels && price % 7 === 0) return this.apply({ kind: "cancel-all", user, market });
    return this.apply({
      kind: "place-limit",
      user,
      market,
      side,
      price: price as Ticks,
      quantity: quantity as Lots,
      timeInForce: "gtc",
    });
  }

  apply(command: Command): DurableEvents {
    const stamp = { sequence: this.exchange.sequence + 1, timeUs: this.#timeUs };
    return { ...stamp, events: this.exchange.apply({ ...stamp, command }) };
  }

  /** The states that a server starts again with: the exchange's, and what was stored of the board. */
  states(board: MarketBoard): readonly MarketState[] {
    return this.exchange.markets().map(({ rules: { code, ...rest }, halted, lastPrice }) => ({
      rules: { code, ...rest },
      halted,
      lastPrice,
      lastPriceTimeUs: board.lastPrice(code)?.timeUs,
      levels: (["buy", "sell"] as const).flatMap((side) =>
        this.exchange.depth(code, side, 10_000).map((level) => ({ ...level, side })),
      ),
      recentTrades: board.recentTrades(code),
      candles: Object.fromEntries(
        candleResolutionsS.map((intervalS) => [
          intervalS,
          board.candles(code, { intervalS, ...always }) ?? [],
        ]),
      ),
    }));
  }
}

/** Leaves out when the last trade happened, which stored minutes do not tell. */
function withoutLastTime(update: TickerUpdate | undefined) {
  return update && { ...update.figures, lastEventUs: undefined };
}

/** All that is public, but the seconds' candles, which no restart remembers, and when a book last changed. */
function shown(board: MarketBoard, nowUs: number) {
  return codes.map((code) => ({
    market: board.market(code),
    lastPrice: board.lastPrice(code),
    recent: board.recentTrades(code),
    ticker: withoutLastTime(board.ticker(code, nowUs)),
    depth: Array.from({ length: depthScalesMax }, (_, index) => {
      const { asks, bids } = board.depth(code, index) ?? {};
      return { asks, bids };
    }),
    candles: candleIntervalsS
      .filter((intervalS) => intervalS >= 60)
      .map((intervalS) => board.candles(code, { intervalS, ...always })),
  }));
}

/** What is published, without the seconds' candles. */
function published(board: MarketBoard, nowUs: number) {
  return {
    lastPrices: board.takeLastPrices(everything),
    depth: board.takeDepth(nowUs, { wanted: everything }),
    candles: board.takeCandles((_, intervalS) => intervalS >= 60),
    tickers: board.takeTickers(nowUs, () => true).map(withoutLastTime),
  };
}

describe("a board", () => {
  it("shows the exchange's own book at the finest scale, and every trade once", () => {
    fc.assert(
      fc.property(fc.array(order, { maxLength: 150, size: "max" }), (orders) => {
        const venue = new Venue();
        const board = new MarketBoard();
        board.apply(venue.setup);
        let trades = 0;
        for (const drawn of orders) {
          const happened = venue.place(drawn);
          board.apply([happened]);
          const expected = happened.events.filter(({ kind }) => kind === "traded").length;
          const taken = tradesUpdates([happened], (code) => listedRulesOf(board, code)).flatMap(
            (update) => update.trades,
          );
          expect(taken.map(({ ordinal }) => ordinal)).toEqual([...Array(expected).keys()]);
          trades += expected;
        }

        for (const code of codes) {
          const asks = venue.exchange.depth(code, "sell", 10_000);
          const bids = venue.exchange.depth(code, "buy", 10_000);
          expect(board.depth(code, 0)).toMatchObject({ asks, bids });
          for (let index = 0; index < depthScalesMax; index += 1) {
            const whole = board.depth(code, index);
            expect(board.depth(code, index, 3)).toEqual({
              ...whole,
              ...{ asks: whole?.asks.slice(0, 3), bids: whole?.bids.slice(0, 3) },
            });
          }
        }
        const counts = codes.flatMap((code) =>
          (board.candles(code, { intervalS: 86_400, ...always }) ?? []).map((c) => c.tradeCount),
        );
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(trades);
      }),
      { numRuns: rounds(24, 60) },
    );
  });

  it("restarted at any moment shows and publishes the same from then on", () => {
    const orders = fc.array(order, { maxLength: 120, size: "max" });
    fc.assert(
      fc.property(orders, fc.nat({ max: 120 }), (drawn, cut) => {
        const venue = new Venue();
        const unbroken = new MarketBoard();
        unbroken.apply(venue.setup);
        for (const each of drawn.slice(0, cut)) unbroken.apply([venue.place(each)]);
        published(unbroken, venue.timeUs);
        const restarted = new MarketBoard(venue.states(unbroken), venue.timeUs);
        published(restarted, venue.timeUs);

        for (const each of drawn.slice(cut)) {
          const happened = [venue.place(each)];
          unbroken.apply(happened);
          restarted.apply(happened);
          expect(published(restarted, venue.timeUs)).toEqual(published(unbroken, venue.timeUs));
        }
        expect(shown(restarted, venue.timeUs)).toEqual(shown(unbroken, venue.timeUs));
      }),
      { numRuns: rounds(24, 60) },
    );
  });
});

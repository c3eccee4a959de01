import { describe, expect, it } from "vitest";
import type { Book } from "../../../server/src/core/book/book.ts";
import { FastBook } from "../../../server/src/core/book/fast-book.ts";
import { NaiveBook } from "../../../server/src/core/book/naive-book.ts";
import type { OrderPool } from "../../../server/src/core/book/order-pool.ts";
import { Exchange } from "../../../server/src/core/exchange.ts";
import { DrivenBook } from "./driven-book.ts";
import { applyNext, commandsOf, marketCode, prepareExchange } from "./order-commands.ts";
import { createOrderFlow, driveBook, type OrderFlow } from "./order-flow.ts";

const options = { seed: 11, markets: 1, users: 100, resting: 200, operations: 20_000 };
const flow = createOrderFlow(options);

function driven(createBook: (pool: OrderPool) => Book): DrivenBook {
  const book = new DrivenBook(createBook, 1_000);
  for (let at = 0; at < flow.length; at += 1) driveBook(book, flow, at);
  return book;
}

const fast = driven((pool) => new FastBook(pool));

/** Share of a kind among the operations after the filling. */
function shareOf(kind: ReturnType<OrderFlow["kind"]>): number {
  let count = 0;
  for (let at = flow.fillLength; at < flow.length; at += 1) if (flow.kind(at) === kind) count += 1;
  return count / options.operations;
}

/** A column without the object around it. */
function columnsOf({ market, user, price, quantity, target }: OrderFlow) {
  return { market, user, price, quantity, target };
}

describe("a flow of orders", () => {
  it("is the same every time, and another one for another seed", () => {
    expect(columnsOf(createOrderFlow(options))).toEqual(columnsOf(flow));
    expect(columnsOf(createOrderFlow({ ...options, seed: 12 }))).not.toEqual(columnsOf(flow));
  });

  it.each([
    ["limit", 0.09],
    ["immediate", 0.03],
    ["cancel", 0.06],
    ["move", 0.82],
  ] as const)("has its share of: %s", (kind, share) => {
    expect(Math.abs(shareOf(kind) - share)).toBeLessThan(0.01);
  });

  it("fills the book first, and keeps about as many orders resting", () => {
    expect(flow.fillLength).toBe(options.resting);
    expect(fast.resting.buy + fast.resting.sell).toBeGreaterThan(options.resting * 0.9);
    expect(fast.resting.buy + fast.resting.sell).toBeLessThan(options.resting * 1.1);
    expect(Math.min(fast.resting.buy, fast.resting.sell)).toBeGreaterThan(options.resting * 0.4);
  });

  it("trades, and lets nobody be on both sides", () => {
    expect(fast.trades).toBeGreaterThan(500);
    const onBothSides = [...flow.user].filter(
      (user, at) => flow.kind(at) !== "cancel" && (user % 2 === 0) !== (flow.side(at) === "buy"),
    );
    expect(onBothSides).toEqual([]);
  });

  it("has limit orders that rest and, when enough rest, limit orders that take", () => {
    const book = new DrivenBook((pool) => new FastBook(pool), 1_000);
    const taking = { limit: 0, immediate: 0, cancel: 0, move: 0 };
    for (let at = 0; at < flow.length; at += 1) {
      const before = book.trades;
      driveBook(book, flow, at);
      if (book.trades > before) taking[flow.kind(at)] += 1;
    }

    expect(taking.limit).toBeGreaterThan(100);
    expect(taking.limit).toBeLessThan(shareOf("limit") * options.operations * 0.5);
    expect(taking.immediate).toBeGreaterThan(500);
    expect(taking.cancel).toBe(0);
  });

  it("does the same to the naive book", () => {
    const naive = driven((pool) => new NaiveBook(pool));

    expect([naive.trades, naive.tradedLots]).toEqual([fast.trades, fast.tradedLots]);
    expect(naive.levels("buy")).toEqual(fast.levels("buy"));
    expect(naive.levels("sell")).toEqual(fast.levels("sell"));
  });

  it.each([
    { ...options, markets: 0 },
    { ...options, markets: 7 },
    { ...options, users: 3 },
    { ...options, users: 0 },
  ])("is refused for $markets markets and $users users", (bad) => {
    expect(() => createOrderFlow(bad)).toThrow("invariant violated");
  });
});

describe("a flow of orders as commands", () => {
  it("is done by the exchange without a refusal, to the same book", () => {
    const exchange = new Exchange();
    const setupCount = prepareExchange(exchange, flow);
    const range = { from: flow.fillLength, to: flow.length };
    for (const command of commandsOf(flow, range, setupCount)) applyNext(exchange, command);

    exchange.checkInvariants();
    expect(exchange.depth(marketCode(0), "buy", 1_000)).toEqual(fast.levels("buy"));
    expect(exchange.depth(marketCode(0), "sell", 1_000)).toEqual(fast.levels("sell"));
  });

  it("says for each order how long it stands", () => {
    const range = { from: flow.fillLength, to: flow.length };
    const placed = commandsOf(flow, range, 0).filter(({ kind }) => kind === "place-limit");
    const { gtc = [], ioc = [] } = Object.groupBy(placed, (command) =>
      "timeInForce" in command ? command.timeInForce : "none",
    );

    expect(gtc.length / options.operations).toBe(shareOf("limit"));
    expect(ioc.length / options.operations).toBe(shareOf("immediate"));
  });

  it("goes to all markets, each with as many orders", () => {
    const wide = createOrderFlow({ ...options, markets: 6, operations: 10_000 });
    const exchange = new Exchange();
    const setupCount = prepareExchange(exchange, wide);
    const range = { from: wide.fillLength, to: wide.length };
    for (const command of commandsOf(wide, range, setupCount)) applyNext(exchange, command);

    expect(exchange.markets().map(({ rules }) => rules.code)).toContain("DOGE_USDT");
    for (const { rules } of exchange.markets()) {
      expect(exchange.depth(rules.code, "buy", 1_000).length).toBeGreaterThan(50);
    }
  });

  it("fails loudly when the exchange refuses a command", () => {
    const cancel = { kind: "cancel-order", user: "nobody", order: { id: 1 } } as const;
    expect(() => applyNext(new Exchange(), cancel)).toThrow("command 1: unknown-order");
  });
});

import { describe, expect, it } from "vitest";
import { exampleCommands, opening } from "../../sequencer/example-stream.fixture.ts";
import { Random } from "../../simulation/random.ts";
import { FastBook } from "../book/fast-book.ts";
import { NaiveBook } from "../book/naive-book.ts";
import type { OrderPool } from "../book/order-pool.ts";
import type { Command } from "../commands.ts";
import { Exchange } from "../exchange.ts";

function apply(exchange: Exchange, command: Command): void {
  exchange.apply({ sequence: exchange.sequence + 1, timeUs: exchange.timeUs, command });
}

/** An exchange with a few hundred open orders, and their rows. */
function busyExchange(seed: number): { readonly exchange: Exchange; readonly pool: OrderPool } {
  let rows: OrderPool | undefined;
  const exchange = new Exchange({
    createBook: (pool) => {
      rows = pool;
      return new FastBook(pool);
    },
  });
  for (const command of [...opening, ...exampleCommands(seed, 400)]) apply(exchange, command);
  return { exchange, pool: rows! };
}

function finish(exchange: Exchange, count = 7): void {
  while (!exchange.audit(count));
}

describe("an audit in pieces", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "finds nothing wrong with what commands leave, whatever happens between its pieces (seed %d)",
    (seed) => {
      const random = new Random(seed, "audit");
      const createBook = (pool: OrderPool) =>
        seed % 2 === 0 ? new FastBook(pool) : new NaiveBook(pool);
      const exchange = new Exchange({ createBook });
      let rounds = 0;
      for (const command of [...opening, ...exampleCommands(seed, 1_500)]) {
        apply(exchange, command);
        if (random.below(3) === 0 && exchange.audit(1 + random.below(30))) rounds += 1;
      }
      finish(exchange);
      exchange.checkInvariants();
      expect(rounds).toBeGreaterThan(3);
    },
  );

  const someRow = (pool: OrderPool): number => {
    for (let row = 0; row < pool.rows; row += 1) if (pool.id[row] !== 0) return row;
    throw new Error("there is an open order");
  };
  it.each<[string, (pool: OrderPool, row: number) => void]>([
    ["lots that came from nowhere", (pool, row) => (pool.remaining[row]! += 1)],
    ["lots that are gone", (pool, row) => (pool.remaining[row]! -= 1)],
    ["another price", (pool, row) => (pool.price[row]! += 1)],
    ["another owner", (pool, row) => (pool.user[row] = (pool.user[row]! + 1) % 4)],
    ["another id", (pool, row) => (pool.id[row]! += 1_000_000)],
    ["a stop that nobody watches", (pool, row) => (pool.stopPrice[row] = 1)],
    ["a broken list of its owner", (pool, row) => (pool.previousOfUser[row] = row)],
    ["a broken queue", (pool, row) => (pool.previous[row] = row)],
  ])("finds an order with %s", (_, spoil) => {
    const { exchange, pool } = busyExchange(1);
    finish(exchange);
    spoil(pool, someRow(pool));
    expect(() => finish(exchange)).toThrow("invariant violated");
  });
});

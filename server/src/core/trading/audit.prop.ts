import { describe, expect, it } from "vitest";
import { exampleCommands, money, opening } from "../../sequencer/example-stream.fixture.ts";
import { Random } from "../../simulation/random.ts";
import { FastBook } from "../book/fast-book.ts";
import { NaiveBook } from "../book/naive-book.ts";
import type { OrderPool } from "../book/order-pool.ts";
import type { Command } from "../commands.ts";
import { Exchange } from "../exchange.ts";
import { lots, ticks } from "../num/units.ts";

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

const pieceOrders = 100;
const place = {
  kind: "place-limit",
  market: "BTC_USDT",
  side: "sell",
  timeInForce: "gtc",
} as const;

/** An exchange in which one user has that many orders, all at one price. */
function crowdedExchange(orders: number): {
  readonly exchange: Exchange;
  readonly pool: OrderPool;
} {
  let rows: OrderPool | undefined;
  const exchange = new Exchange({
    createBook: (pool) => {
      rows = pool;
      return new FastBook(pool);
    },
  });
  for (const command of opening) apply(exchange, command);
  for (const user of ["crowd", "buyer"]) {
    for (const currency of ["BTC", "USDT"]) {
      const amount = money(1_000_000_000);
      apply(exchange, { kind: "deposit", user, currency, amount, key: `${user} ${currency}` });
    }
  }
  for (let order = 0; order < orders; order += 1) {
    apply(exchange, { ...place, user: "crowd", price: ticks(50_000), quantity: lots(1_000) });
  }
  return { exchange, pool: rows! };
}

/** Something that happens to one of the crowd's orders, wherever it stands. */
function crowdCommand(exchange: Exchange, random: Random): Command {
  const open = exchange.openOrders("crowd");
  const price = ticks(50_000);
  if (open.length < 10 || random.below(100) < 45)
    return { ...place, user: "crowd", price, quantity: lots(1_000) };
  const { id } = open[random.below(open.length)]!;
  switch (random.below(3)) {
    case 0:
      return { kind: "cancel-order", user: "crowd", order: { id } };
    case 1:
      return { kind: "reduce-order", user: "crowd", order: { id }, by: lots(300) };
    default:
      return { ...place, side: "buy", user: "buyer", price, quantity: lots(1_500) };
  }
}

/** Counts how often the links between orders are read from now on. */
function countReads(pool: OrderPool): () => number {
  let reads = 0;
  const counted = (column: Int32Array): Int32Array =>
    new Proxy(column, {
      get(target, key) {
        reads += 1;
        return Reflect.get(target, key);
      },
    });
  pool.next = counted(pool.next);
  pool.nextOfUser = counted(pool.nextOfUser);
  return () => reads;
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

  it("examines no more orders at once than it is told, of one user and at one price too", () => {
    const { exchange, pool } = crowdedExchange(10_000);
    const reads = countReads(pool);
    const pieces: number[] = [];
    for (let isDone = false; !isDone; ) {
      const before = reads();
      isDone = exchange.audit(pieceOrders);
      pieces.push(reads() - before);
    }
    // Each order is looked at once in each pass, and a list is read at most four times for it.
    expect(Math.max(...pieces)).toBeLessThanOrEqual(4 * pieceOrders);
    expect(pieces.length).toBeGreaterThan((3 * 10_000) / pieceOrders - 1);
  });

  it("goes on exactly where it was when orders before and behind it trade, shrink and leave", () => {
    const { exchange } = crowdedExchange(30);
    const random = new Random(7, "crowd");
    for (let step = 0; step < 3_000; step += 1) {
      apply(exchange, crowdCommand(exchange, random));
      exchange.audit(1 + random.below(8));
    }
    finish(exchange);
    exchange.checkInvariants();
  });

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

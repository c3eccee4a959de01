/** The rules that every book keeps, written once and run against each implementation. */
import { afterEach, describe, expect, it } from "vitest";
import type { Side } from "../market/rules.ts";
import type { Book, MatchSink, SelfTradePrevention } from "./book.ts";
import { OrderPool } from "./order-pool.ts";

/** One book with orders that are named by number: the number is the order's id. */
class Bench {
  readonly pool = new OrderPool(64);
  readonly book: Book;
  readonly heard: string[] = [];
  readonly #sink: MatchSink = {
    filled: (maker, quantity) => this.#hear(maker, `fills ${quantity}`),
    cancelled: (maker) => this.#hear(maker, "cancelled"),
    decremented: (maker, quantity) => this.#hear(maker, `decremented ${quantity}`),
    levelChanged: (side, price, quantity) => this.heard.push(`${side} ${price}: ${quantity}`),
  };

  constructor(create: (pool: OrderPool) => Book) {
    this.book = create(this.pool);
  }

  #hear(maker: number, what: string): void {
    const left = this.pool.remaining[maker];
    this.heard.push(`${this.pool.id[maker]} ${what}${left === 0 ? " and is gone" : ""}`);
  }

  open(id: number, text: string): number {
    const [user = "", side = "buy", quantity = "0", price = "0"] = text.split(" ");
    return this.pool.open({
      id,
      user: user.charCodeAt(0),
      market: 0,
      side: side as Side,
      price: Number(price),
      quantity: Number(quantity),
      value: 0n,
      stopPrice: 0,
      clientId: undefined,
      createdUs: 0,
    });
  }

  /** Rests orders written as `owner side quantity price`, with ids from 1 on. */
  rest(...orders: string[]): number[] {
    return orders.map((text, index) => {
      const slot = this.open(index + 1, text);
      this.book.add(slot);
      return slot;
    });
  }

  take(text: string, options: { selfTrade?: SelfTradePrevention; budget?: bigint } = {}) {
    const slot = this.open(99, text);
    const { selfTrade = "cancel-newest", budget } = options;
    const taker = { slot, limit: this.pool.price[slot]!, selfTrade, budget };
    const preview = this.book.preview(taker);
    const end = this.book.take(taker, this.#sink);
    return { end, preview, left: this.pool.remaining[slot] };
  }

  side(side: Side): string[] {
    return this.book
      .slots(side)
      .map(
        (slot) => `${this.pool.id[slot]}: ${this.pool.remaining[slot]}@${this.pool.price[slot]}`,
      );
  }
}

/** Runs the rules against a book. */
export function describeBook(name: string, create: (pool: OrderPool) => Book): void {
  describe(name, () => {
    let bench: Bench;
    const start = (...orders: string[]): number[] => {
      bench = new Bench(create);
      return bench.rest(...orders);
    };

    afterEach(() => {
      bench.book.checkInvariants();
      sweep(bench.book);
    });

    it("is empty at first", () => {
      start();

      expect(bench.book.bestPrice("buy")).toBe(0);
      expect(bench.book.levels("sell", 5)).toEqual([]);
    });

    it("orders by price first and by arrival second", () => {
      start("a buy 1 10", "b buy 2 11", "c buy 3 10", "d buy 4 11", "a buy 5 9");
      bench.rest();

      expect(bench.side("buy")).toEqual(["2: 2@11", "4: 4@11", "1: 1@10", "3: 3@10", "5: 5@9"]);
      expect(bench.book.levels("buy", 2)).toEqual([
        { price: 11, quantity: 6 },
        { price: 10, quantity: 4 },
      ]);
    });

    it("has the lowest ask first", () => {
      start("a sell 1 20", "b sell 2 19", "c sell 3 21", "d sell 4 19");

      expect(bench.side("sell")).toEqual(["2: 2@19", "4: 4@19", "1: 1@20", "3: 3@21"]);
      expect(bench.book.bestPrice("sell")).toBe(19);
      expect(bench.book.quantityAt("sell", 19)).toBe(6);
      expect(bench.book.quantityAt("sell", 18)).toBe(0);
    });

    it.each([
      [0, 5, ["2: 2@10", "3: 3@10"]],
      [1, 4, ["1: 1@10", "3: 3@10"]],
      [2, 3, ["1: 1@10", "2: 2@10"]],
    ])("removes order %i of a queue and says that %i lots are left", (index, left, rest) => {
      const slots = start("a buy 1 10", "b buy 2 10", "c buy 3 10");

      expect(bench.book.remove(slots[index]!)).toBe(left);
      expect(bench.side("buy")).toEqual(rest);
    });

    it("drops a level with its last order, wherever it stands", () => {
      const slots = start("a sell 1 10", "b sell 2 11", "c sell 3 12");

      expect(bench.book.remove(slots[1]!)).toBe(0);
      expect(bench.book.remove(slots[0]!)).toBe(0);
      expect(bench.side("sell")).toEqual(["3: 3@12"]);
    });

    it.each<[string, string, { left: number; heard: string[]; rest: string[] }]>([
      [
        "stops at its limit",
        "x buy 9 11",
        {
          left: 3,
          heard: ["1 fills 2 and is gone", "sell 10: 0", "2 fills 4 and is gone", "sell 11: 0"],
          rest: ["3: 5@12"],
        },
      ],
      [
        "leaves the rest of a level with its place in the queue",
        "x buy 3 12",
        {
          left: 0,
          heard: ["1 fills 2 and is gone", "sell 10: 0", "2 fills 1", "sell 11: 3"],
          rest: ["2: 3@11", "3: 5@12"],
        },
      ],
      [
        "does not touch a book beyond its limit",
        "x buy 3 9",
        { left: 3, heard: [], rest: ["1: 2@10", "2: 4@11", "3: 5@12"] },
      ],
    ])("a taker %s", (_, taker, { left, heard, rest }) => {
      start("a sell 2 10", "b sell 4 11", "c sell 5 12");

      const result = bench.take(taker);

      expect(result.end).toBe("done");
      expect(result.left).toBe(left);
      expect(bench.heard).toEqual(heard);
      expect(bench.side("sell")).toEqual(rest);
    });

    it("a selling taker starts with the highest bid and its oldest order", () => {
      start("a buy 2 10", "b buy 2 12", "c buy 2 12");

      bench.take("x sell 5 10");

      expect(bench.heard).toEqual([
        "2 fills 2 and is gone",
        "3 fills 2 and is gone",
        "buy 12: 0",
        "1 fills 1",
        "buy 10: 1",
      ]);
    });

    it("a budget ends the run when it affords no further lot", () => {
      start("a sell 2 10", "b sell 4 11");

      const result = bench.take("x buy 99 99", { budget: 43n });

      expect(result.preview).toEqual({ quantity: 4, notional: 42n });
      expect(bench.heard).toEqual([
        "1 fills 2 and is gone",
        "sell 10: 0",
        "2 fills 2",
        "sell 11: 2",
      ]);
    });

    it("a seller's budget that affords no lot does not move on to a worse price", () => {
      start("a buy 2 10", "b buy 4 7");

      const result = bench.take("x sell 99 1", { budget: 18n });

      expect(result.preview).toEqual({ quantity: 1, notional: 10n });
      expect(bench.heard).toEqual(["1 fills 1", "buy 10: 1"]);
    });

    it.each<[SelfTradePrevention, string, { left: number; heard: string[]; traded: number }]>([
      [
        "cancel-newest",
        "self-trade",
        { left: 4, traded: 1, heard: ["1 fills 1 and is gone", "sell 10: 2"] },
      ],
      [
        "cancel-oldest",
        "done",
        {
          left: 1,
          traded: 4,
          heard: [
            "1 fills 1 and is gone",
            "2 cancelled",
            "sell 10: 0",
            "3 fills 3 and is gone",
            "sell 11: 0",
          ],
        },
      ],
      [
        "cancel-both",
        "self-trade",
        { left: 4, traded: 1, heard: ["1 fills 1 and is gone", "2 cancelled", "sell 10: 0"] },
      ],
      [
        "decrement",
        "done",
        {
          left: 0,
          traded: 3,
          heard: [
            "1 fills 1 and is gone",
            "2 decremented 2 and is gone",
            "sell 10: 0",
            "3 fills 2",
            "sell 11: 1",
          ],
        },
      ],
    ])("%s ends %s when a taker meets an own order", (selfTrade, end, expected) => {
      start("a sell 1 10", "x sell 2 10", "c sell 3 11");

      const result = bench.take("x buy 5 11", { selfTrade });

      expect(result.end).toBe(end);
      expect(result.left).toBe(expected.left);
      expect(result.preview.quantity).toBe(expected.traded);
      expect(bench.heard).toEqual(expected.heard);
    });

    it("says nothing about a level that it left as it was", () => {
      start("x sell 2 10");

      expect(bench.take("x buy 5 11").end).toBe("self-trade");
      expect(bench.heard).toEqual([]);
    });

    it("keeps products beyond a safe integer exact", () => {
      start(`a sell ${2 ** 52} ${2 ** 52}`);

      const budget = 2n ** 104n - 1n;
      const result = bench.take(`x buy ${2 ** 52} ${2 ** 52}`, { budget });

      expect(result.preview).toEqual({
        quantity: 2 ** 52 - 1,
        notional: (2n ** 52n - 1n) * 2n ** 52n,
      });
      expect(bench.side("sell")).toEqual([`1: 1@${2 ** 52}`]);
    });
  });
}

/** Takes every order out and checks that nothing is left behind. */
function sweep(book: Book): void {
  for (const side of ["buy", "sell"] as const) {
    for (const slot of book.slots(side)) book.remove(slot);
    expect(book.bestPrice(side)).toBe(0);
    expect(book.levels(side, 1)).toEqual([]);
  }
  book.checkInvariants();
}

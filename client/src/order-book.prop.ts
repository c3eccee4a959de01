import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DepthUpdate, type Level, OrderBook } from "./order-book.ts";

/** Bids below 100, asks from 100 on, in steps of a hundredth. */
const cents = fc.integer({ min: 1, max: 400 });
const quantity = fc.constantFrom("0", "1", "2.5", "0.00000001");
const change = fc.record({ cents, quantity });

const priceOf = (hundredths: number) => String(hundredths / 100);

function update(parts: Partial<DepthUpdate>): DepthUpdate {
  return { market: "A_B", scale: 0, timeMs: 1_000, isWhole: false, bids: [], asks: [], ...parts };
}

/** The same book as a map that is sorted when it is looked at. */
class Naive {
  readonly levels = new Map<number, string>();

  side(isBid: boolean): readonly Level[] {
    const own = [...this.levels].filter(([at]) => at < 200 === isBid);
    const sorted = own.toSorted(([a], [b]) => (isBid ? b - a : a - b));
    return sorted.map(([at, has]) => [priceOf(at), has]);
  }
}

describe("an order book", () => {
  it("is, after any changes, what a sorted map would be", () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 40 }), (rounds) => {
        const naive = new Naive();
        const book = new OrderBook("A_B", 0);
        expect(book.apply(update({ isWhole: true }))).toBeUndefined();
        for (const round of rounds) {
          const known = round.filter(({ cents: at, quantity: has }) => {
            if (has !== "0") naive.levels.set(at, has);
            return has !== "0" || naive.levels.delete(at);
          });
          const side = (isBid: boolean): Level[] =>
            known
              .filter(({ cents: at }) => at < 200 === isBid)
              .map(({ cents: at, quantity: has }) => [priceOf(at), has]);
          const fault = book.apply(update({ bids: side(true), asks: side(false) }));
          expect(fault).toBeUndefined();
          expect([book.bids, book.asks]).toEqual([naive.side(true), naive.side(false)]);
          expect(book.top(2)).toEqual({
            bids: naive.side(true).slice(0, 2),
            asks: naive.side(false).slice(0, 2),
          });
        }
      }),
    );
  });
});

describe("an order book is not whole any more", () => {
  function wholeBook(): OrderBook {
    const book = new OrderBook("A_B", 0);
    book.apply(update({ isWhole: true, bids: [["9", "1"]], asks: [["10", "1"]] }));
    book.apply(update({ timeMs: 2_000, bids: [["8", "1"]] }));
    return book;
  }

  it.each([
    ["crossed", { bids: [["10", "1"]] }],
    ["crossed", { asks: [["9.0", "2"]] }],
    ["unknown-level", { asks: [["11", "0"]] }],
    ["out-of-order", { timeMs: 1_999, asks: [["11", "1"]] }],
    ["unreadable", { asks: [["1e1", "1"]] }],
    ["unreadable", { asks: [["12", "-1"]] }],
  ] as const)("after something that is %s", (fault, parts) => {
    const book = wholeBook();
    expect(book.isWhole).toBe(true);
    expect(book.apply(update({ timeMs: 2_000, ...parts } as Partial<DepthUpdate>))).toBe(fault);
    expect(book.isWhole).toBe(false);
    expect(book.apply(update({ timeMs: 3_000, bids: [["7", "1"]] }))).toBe("not-whole");
    expect(book.apply(update({ isWhole: true, bids: [["7", "1"]] }))).toBeUndefined();
    expect([book.isWhole, book.bids, book.asks]).toEqual([true, [["7", "1"]], []]);
  });

  it("but may be told once more that what its whole lacked is gone", () => {
    const book = new OrderBook("A_B", 0);
    book.apply(update({ isWhole: true, bids: [["9", "1"]] }));
    expect(book.apply(update({ bids: [["8", "0"]] }))).toBeUndefined();
    expect(book.apply(update({ bids: [["8", "0"]] }))).toBe("unknown-level");
  });

  it("and sorts by value, not by how a price is written", () => {
    const book = new OrderBook("A_B", 0);
    const asks: Level[] = [
      ["100", "1"],
      ["9.5", "1"],
      ["10", "1"],
      ["9.45", "1"],
      ["0.0001", "1"],
    ];
    book.apply(update({ isWhole: true, asks }));
    expect(book.asks.map(([price]) => price)).toEqual(["0.0001", "9.45", "9.5", "10", "100"]);
  });
});

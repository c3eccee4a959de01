import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Side } from "../core/market/rules.ts";
import { BookView } from "./book-view.ts";

const change = fc.record({
  side: fc.constantFrom<Side>("buy", "sell"),
  price: fc.integer({ min: 1, max: 30 }),
  quantity: fc.nat({ max: 3 }),
});

/** Levels that hold something, lowest first. */
function levelsIn(quantities: ReadonlyMap<number, number>) {
  return [...quantities]
    .map(([price, quantity]) => ({ price, quantity }))
    .filter(({ quantity }) => quantity > 0)
    .sort((left, right) => left.price - right.price);
}

describe("a book view", () => {
  it("knows the best level of a side after any changes, as a plain map does", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const book = new BookView();
        const plain = { buy: new Map<number, number>(), sell: new Map<number, number>() };
        for (const { side, price, quantity } of changes) {
          book.change(side, { price, quantity });
          plain[side].set(price, quantity);

          expect(book.best("buy")).toEqual(levelsIn(plain.buy).at(-1));
          expect(book.best("sell")).toEqual(levelsIn(plain.sell).at(0));
        }
      }),
    );
  });

  it("has a middle only with two sides", () => {
    const book = new BookView();
    expect(book.middle).toBeUndefined();

    book.change("buy", { price: 10, quantity: 1 });
    expect(book.middle).toBeUndefined();

    book.change("sell", { price: 13, quantity: 1 });
    expect(book.middle).toBe(11.5);
  });
});

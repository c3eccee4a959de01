import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Side } from "../../../core/market/rules.ts";
import { BookView } from "./book-view.ts";

const change = fc.record({
  side: fc.constantFrom<Side>("buy", "sell"),
  price: fc.integer({ min: 1, max: 30 }),
  quantity: fc.nat({ max: 3 }),
});

describe("a book view", () => {
  it("knows the best level of a side after any changes, as a plain map does", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const book = new BookView();
        const plain = { buy: new Map<number, number>(), sell: new Map<number, number>() };
        for (const { side, price, quantity } of changes) {
          book.change(side, { price, quantity });
          if (quantity > 0) plain[side].set(price, quantity);
          else plain[side].delete(price);

          for (const each of ["buy", "sell"] as const) {
            const prices = [...plain[each].keys()];
            const best = each === "buy" ? Math.max(...prices) : Math.min(...prices);
            const level = { price: best, quantity: plain[each].get(best) };
            expect(book.best(each)).toEqual(prices.length === 0 ? undefined : level);
          }
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

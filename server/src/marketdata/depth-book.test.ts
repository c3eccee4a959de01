import { describe, expect, it } from "vitest";
import { rulesOf } from "../core/scenario.fixture.ts";
import { DepthBook, waitingLevelsMax } from "./depth-book.ts";
import type { DepthChange } from "./depth-side.ts";
import { type DepthUpdate, unitsOf } from "./updates.ts";

const units = unitsOf(rulesOf("BTC", "USDT"));
const safeMax = Number.MAX_SAFE_INTEGER;

const ask = (price: number, quantity: number): DepthChange => ({ side: "sell", price, quantity });
const bid = (price: number, quantity: number): DepthChange => ({ side: "buy", price, quantity });

function bookOf(...levels: readonly DepthChange[]): DepthBook {
  return new DepthBook({ units, levels, timeUs: 7 });
}

/** Changes the book, a microsecond after the other. */
function change(book: DepthBook, ...changes: readonly DepthChange[]): void {
  for (const [index, level] of changes.entries()) book.set(level, 100 + index);
}

/** An update's groups as `price:quantity`. */
function sides(update: DepthUpdate | undefined): readonly [string, string] | undefined {
  if (update === undefined) return undefined;
  const write = (levels: DepthUpdate["asks"]) =>
    levels.map(({ price, quantity }) => `${price}:${quantity}`).join(" ");
  return [write(update.asks), write(update.bids)];
}

/** What has changed at one scale since the last time. */
function taken(book: DepthBook, depthScale = 0) {
  return sides(book.take(1_000, { wanted: (index) => index === depthScale })[0]);
}

describe("the whole book", () => {
  it("has asks ascending and bids descending, however they came", () => {
    const book = bookOf(ask(12, 1), bid(7, 4), ask(11, 2), bid(9, 5), ask(30, 3), bid(8, 6));

    expect(book.whole(0)).toMatchObject({ ...units, timeUs: 7, depthScale: 0, full: true });
    expect(sides(book.whole(0))).toEqual(["11:2 12:1 30:3", "9:5 8:6 7:4"]);
  });

  it.each([
    [0, "99999:1 100000:2 100001:4", "99998:8 1:16"],
    [1, "100000:3 100010:4", "99990:8 0:16"],
    [2, "100000:3 100100:4", "99900:8 0:16"],
    [3, "100000:3 101000:4", "99000:8 0:16"],
    [4, "100000:3 110000:4", "90000:8 0:16"],
    [5, "100000:3 200000:4", "0:24"],
  ])("at scale %i rounds asks up and bids down to multiples of its unit", (scale, asks, bids) => {
    const book = bookOf(
      ask(99_999, 1),
      ask(100_000, 2),
      ask(100_001, 4),
      bid(99_998, 8),
      bid(1, 16),
    );

    expect(sides(book.whole(scale))).toEqual([asks, bids]);
  });

  it("groups the highest price there is", () => {
    expect(sides(bookOf(ask(safeMax, 1)).whole(5))).toEqual(["9007199254800000:1", ""]);
    expect(sides(bookOf(bid(safeMax, 1)).whole(5))).toEqual(["", "9007199254700000:1"]);
  });

  it("is the same object until the book changes", () => {
    const book = bookOf(ask(11, 1));
    const whole = book.whole(1);

    change(book, ask(11, 1), bid(5, 0));
    book.take(1_000, { wanted: () => true });
    expect(book.whole(1)).toBe(whole);

    change(book, ask(11, 2));
    expect(book.whole(1)).not.toBe(whole);
    expect(book.whole(1).timeUs).toBe(100);
    expect(sides(whole)).toEqual(["20:1", ""]);
  });

  it("keeps every lot of groups beyond a safe integer, there and back", () => {
    const book = bookOf(ask(1, safeMax), ask(2, safeMax), ask(3, 5));
    expect(book.whole(1).asks).toEqual([{ price: 10, quantity: 2n ** 54n + 3n }]);

    change(book, ask(2, 0));
    expect(book.whole(1).asks).toEqual([{ price: 10, quantity: 2n ** 53n + 4n }]);

    change(book, ask(1, safeMax - 5));
    expect(book.whole(1).asks).toEqual([{ price: 10, quantity: safeMax }]);
  });

  it("is only there at the six scales", () => {
    for (const index of [-1, 6, 0.5, Number.NaN]) {
      expect(() => bookOf().whole(index)).toThrow("invariant violated");
    }
  });
});

describe("the changes of a book", () => {
  it("begin with nothing, whatever rests at the start", () => {
    expect(bookOf(ask(11, 1)).take(1_000, { wanted: () => true })).toEqual([]);
  });

  it("tell whole quantities, 0 for a group that is gone, and only groups that changed", () => {
    const book = bookOf(ask(11, 1), ask(12, 2), bid(9, 3), bid(8, 4));
    change(book, ask(12, 0), bid(8, 6), bid(9, 0), bid(7, 1));

    const [update] = book.take(1_000, { wanted: (index) => index === 0 });

    expect(update).toMatchObject({ ...units, timeUs: 1_000, depthScale: 0, full: false });
    expect(sides(update)).toEqual(["12:0", "9:0 8:6 7:1"]);
    expect(taken(book)).toBeUndefined();
  });

  it("name a group once, with its last quantity", () => {
    const book = bookOf();
    change(book, ask(11, 1), ask(11, 5), ask(12, 2), ask(11, 0), ask(11, 3));

    expect(taken(book, 1)).toEqual(["20:5", ""]);
  });

  it.each([
    ["a level that changed back", 0, [ask(11, 4), ask(11, 1)]],
    ["a level that came and went", 0, [bid(5, 4), bid(5, 0)]],
    ["a level that went and came", 0, [ask(11, 0), ask(11, 1)]],
    ["what moved within its group", 1, [ask(11, 0), ask(12, 1)]],
  ])("leave out %s", (_, scale, changes) => {
    const book = bookOf(ask(11, 1));
    change(book, ...changes);

    expect(taken(book, scale)).toBeUndefined();
  });

  it("tell a reader who came in between of what changed back since", () => {
    const book = bookOf(ask(11, 1));
    change(book, ask(11, 4), bid(5, 2));
    expect(sides(book.whole(0))).toEqual(["11:4", "5:2"]);
    change(book, ask(11, 1), bid(5, 0));

    expect(taken(book)).toEqual(["11:1", "5:0"]);
  });

  it("are made only for wanted scales, and of those only where something changed", () => {
    const book = bookOf(ask(11, 1), ask(21, 1));
    change(book, ask(11, 0), ask(12, 1));
    const asked: number[] = [];

    const updates = book.take(1_000, { wanted: (index) => asked.push(index) > 0 && index !== 3 });

    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    expect(updates.map(({ depthScale }) => depthScale)).toEqual([0]);
  });

  it("of an unwanted scale are passed over", () => {
    const book = bookOf();
    change(book, ask(11, 1));
    book.take(1_000, { wanted: () => false });

    expect(sides(book.whole(0))).toEqual(["11:1", ""]);
    expect(taken(book)).toBeUndefined();
    change(book, ask(11, 0));
    expect(taken(book)).toEqual(["11:0", ""]);
  });

  it("are the whole book when more wait than are kept", () => {
    const book = bookOf(bid(3, 1));
    const moves = Array.from({ length: waitingLevelsMax }, (_, index) => ask(10 + index, 1));
    for (const move of moves) change(book, move, ask(move.price, 0));
    change(book, ask(9, 1));

    const updates = book.take(1_000, { wanted: (index) => index < 2 });

    expect(updates.map(({ full }) => full)).toEqual([true, true]);
    expect(updates.map(sides)).toEqual([
      ["9:1", "3:1"],
      ["10:1", "0:1"],
    ]);
    change(book, bid(4, 1));
    expect(taken(book)).toEqual(["", "4:1"]);
  });

  it("do not know a level without a price, or with less than nothing", () => {
    expect(() => change(bookOf(), ask(0, 1))).toThrow("invariant violated");
    expect(() => change(bookOf(), ask(1, -1))).toThrow("invariant violated");
  });
});

import { describe, expect, it } from "vitest";
import { aligned, ladderRows } from "./ladder-rows.ts";

describe("rows of the ladder", () => {
  const book = {
    bids: [
      ["99", "0.1"],
      ["98", "0.2"],
      ["97", "5"],
    ],
    asks: [["101", "0.6"]],
  } as const;

  it("have exact sums from the best price on, and bars on one scale for both sides", () => {
    const { bids, asks } = ladderRows(book, 2);
    expect(bids).toEqual([
      { price: "99", quantity: "0.1", sum: "0.1", share: 0.1 / 0.6 },
      { price: "98", quantity: "0.2", sum: "0.3", share: 0.3 / 0.6 },
    ]);
    expect(asks).toEqual([{ price: "101", quantity: "0.6", sum: "0.6", share: 1 }]);
  });

  it("are none of an empty book", () => {
    expect(ladderRows({ bids: [], asks: [] }, 10)).toEqual({ bids: [], asks: [] });
  });

  it("have their points under each other, with every digit", () => {
    expect(aligned(["1", "0.25", "12.5"])).toEqual(["1.00", "0.25", "12.50"]);
    expect(aligned(["7", "12"])).toEqual(["7", "12"]);
  });
});

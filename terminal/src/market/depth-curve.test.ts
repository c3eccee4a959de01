import { describe, expect, it } from "vitest";
import { depthCurve, reachOf } from "./depth-curve.ts";

const bids = [
  ["99", "1"],
  ["98", "2"],
  ["50", "9"],
] as const;
const asks = [
  ["101", "4"],
  ["103", "1"],
] as const;

describe("the curve of the depth chart", () => {
  it("adds up what rests, as far as is shown", () => {
    expect(depthCurve(bids, asks, 0.03)).toEqual({
      bids: [
        { price: 99, sum: 1 },
        { price: 98, sum: 3 },
      ],
      asks: [
        { price: 101, sum: 4 },
        { price: 103, sum: 5 },
      ],
      ...{ low: 97, high: 103, most: 5 },
    });
  });

  it("reaches as far as the nearer side", () => {
    expect(reachOf(bids, asks)).toBeCloseTo(0.03);
    expect(reachOf(bids.slice(0, 1), [])).toBe(0.01);
  });

  it("is none of a book with one side", () => {
    expect(depthCurve(bids, [], 0.1)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { BarFold } from "./fold.ts";
import { secondsInterval } from "./interval.ts";
import { rollUp } from "./roll.ts";

const startUs = 1_700_000_040_000_000;

function empty(): BarFold {
  return new BarFold({ startUs, priceScale: 2, quantityScale: 0 });
}

/** A bar of trades of one unit, in the order of their arrival. */
function barOf(...trades: readonly (readonly [atUs: number, price: number])[]): BarFold {
  const fold = empty();
  for (const [atUs, price] of trades) {
    fold.add({ price, quantity: 1, eventTimeUs: startUs + atUs, aggressor: "buy" });
  }
  return fold;
}

describe("a bar", () => {
  it.each<[string, readonly (readonly [number, number])[], readonly [number, number]]>([
    [
      "in order",
      [
        [0, 5],
        [1, 7],
        [2, 6],
      ],
      [5, 6],
    ],
    [
      "out of order",
      [
        [2, 6],
        [0, 5],
        [1, 7],
      ],
      [5, 6],
    ],
    [
      "at one time, by arrival",
      [
        [1, 5],
        [1, 7],
        [1, 6],
      ],
      [5, 6],
    ],
    [
      "with one that came late to the first moment",
      [
        [0, 5],
        [0, 7],
      ],
      [5, 7],
    ],
  ])("opens and closes with the first and last trade %s", (_, trades, [open, close]) => {
    expect(barOf(...trades).toBar()).toMatchObject({ open, close, low: 5, high: 7 });
  });

  it("goes on from a state of it as if it had never been put down", () => {
    const whole = barOf([3, 5], [1, 9], [4, 2], [2, 8]);
    const again = BarFold.of(barOf([3, 5], [1, 9]).toBar());
    again.add({ price: 2, quantity: 1, eventTimeUs: startUs + 4, aggressor: "buy" });
    again.add({ price: 8, quantity: 1, eventTimeUs: startUs + 2, aggressor: "buy" });

    expect(again.toBar()).toEqual(whole.toBar());
  });

  it("does not know sides when a part of it does not", () => {
    const part = { ...barOf([0, 5]).toBar(), takerBuyVolume: undefined };
    const fold = empty();
    fold.join(barOf([0, 5]).toBar());
    expect(fold.toBar()).toMatchObject({ takerBuyVolume: 1, takerBuyQuoteVolume: 5 });

    fold.join(part);

    expect(fold.toBar()).toMatchObject({
      volume: 2,
      takerBuyVolume: undefined,
      takerBuyQuoteVolume: undefined,
    });
  });

  it("rolled up does not know turnover or number of trades when a part of it does not", () => {
    const minute = barOf([0, 5]).toBar();
    const untold = { ...minute, startUs: startUs + 60e6, quoteVolume: undefined };
    const uncounted = { ...minute, startUs: startUs + 120e6, tradeCount: undefined };
    const hour = secondsInterval(3_600);

    expect([...rollUp([minute, untold], hour)]).toMatchObject([
      { volume: 2, quoteVolume: undefined, tradeCount: 2 },
    ]);
    expect([...rollUp([minute, uncounted], hour)]).toMatchObject([
      { volume: 2, quoteVolume: 10, tradeCount: undefined },
    ]);
  });

  it("rolled up counts the revisions of its parts", () => {
    const minute = barOf([0, 5]).toBar();
    const parts = [0, 2, 1].map((revision, index) => ({
      ...minute,
      startUs: startUs + index * 60e6,
      revision,
    }));

    expect([...rollUp(parts, secondsInterval(86_400))]).toMatchObject([{ revision: 3 }]);
    expect([...rollUp(parts, secondsInterval(60))].map((bar) => bar.revision)).toEqual([0, 2, 1]);
  });

  it("is rolled up from parts that come oldest first", () => {
    const minute = barOf([0, 5]).toBar();
    expect(() => [...rollUp([minute, minute], secondsInterval(60))]).toThrow("oldest first");
    expect([...rollUp([], secondsInterval(60))]).toEqual([]);
  });
});

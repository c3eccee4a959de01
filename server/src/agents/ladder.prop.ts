import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ladder, type LadderShape } from "./ladder.ts";

const shape: fc.Arbitrary<LadderShape> = fc.record({
  side: fc.constantFrom("buy" as const, "sell" as const),
  fairTicks: fc.double({ min: 1_000, max: 1e9, noNaN: true }),
  gapTicks: fc.double({ min: 0.5, max: 5_000, noNaN: true }),
  cellTicks: fc.integer({ min: 1, max: 2_000 }),
  levels: fc.integer({ min: 1, max: 20 }),
});

describe("a ladder", () => {
  it("consists of whole cells that follow each other away from the price", () => {
    fc.assert(
      fc.property(shape, (of) => {
        const ladder = new Ladder(of);
        const sign = of.side === "sell" ? 1 : -1;
        for (let number = 0; number < of.levels; number += 1) {
          const { low, high } = ladder.rangeOf(number);
          expect(high - low + 1).toBe(of.cellTicks);
          expect(ladder.numberOf(low)).toBe(number);
          expect(ladder.numberOf(high)).toBe(number);
          expect(ladder.rangeOf(number + 1).low - low).toBe(sign * of.cellTicks);
        }
      }),
    );
  });

  it("begins at the first cell that keeps the gap", () => {
    fc.assert(
      fc.property(shape, (of) => {
        const ladder = new Ladder(of);
        const distance = (price: number) =>
          of.side === "sell" ? price - of.fairTicks : of.fairTicks - price;
        const nearestOf = ({ low, high }: { low: number; high: number }) =>
          of.side === "sell" ? low : high;

        expect(distance(nearestOf(ladder.rangeOf(0)))).toBeGreaterThanOrEqual(of.gapTicks - 1e-6);
        expect(distance(nearestOf(ladder.rangeOf(-1)))).toBeLessThan(of.gapTicks + 1e-6);
      }),
    );
  });

  it("never finds a price of its own cells exposed", () => {
    fc.assert(
      fc.property(shape, fc.nat({ max: 19 }), (of, number) => {
        const ladder = new Ladder(of);
        const { low, high } = ladder.rangeOf(number % of.levels);

        expect(ladder.isExposed(low)).toBe(false);
        expect(ladder.isExposed(high)).toBe(false);
        expect(ladder.isExposed(of.side === "sell" ? of.fairTicks - 1 : of.fairTicks + 1)).toBe(
          true,
        );
      }),
    );
  });
});

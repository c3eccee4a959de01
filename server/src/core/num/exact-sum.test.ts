import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnSum, ExactSum, narrowed, plusExactly, timesExactly } from "./exact-sum.ts";

const safeMax = Number.MAX_SAFE_INTEGER;
const natural = fc.nat({ max: safeMax });
const wide = fc.oneof(natural, fc.bigInt({ min: 0n, max: 2n ** 70n }));

/** The sum in `limbs` slots, with a neighbour on either side. */
function stored(sum: ExactSum, limbs: number): Float64Array {
  const slots = new Float64Array(limbs + 2).fill(7);
  sum.store(slots, 1, limbs);
  return slots;
}

describe("an exact sum", () => {
  it("equals the sum in unbounded integers, and so does what is stored of it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(wide, wide, fc.boolean())), (terms) => {
        const sum = new ExactSum();
        let expected = 0n;
        for (const [left, right, isProduct] of terms) {
          if (isProduct) sum.addProduct(left, right);
          else sum.add(left);
          expected += isProduct ? BigInt(left) * BigInt(right) : BigInt(left);
        }

        expect(sum.toBigInt()).toBe(expected);
        expect(sum.value()).toBe(narrowed(expected));
        expect(Math.abs(sum.approximate - Number(expected))).toBeLessThanOrEqual(
          Number(expected) * Number.EPSILON * 2,
        );
        const slots = stored(sum, 3);
        expect(columnSum(slots, { first: 1, stride: 5, end: 4, limbs: 3 })).toBe(sum.value());
        expect([slots[0], slots[4]]).toEqual([7, 7]);
      }),
      { numRuns: 1000 },
    );
  });

  it("carries at the edge of a safe integer", () => {
    const sum = new ExactSum();

    sum.add(safeMax);
    expect(sum.value()).toBe(safeMax);
    sum.add(1);
    expect(sum.value()).toBe(2n ** 53n);
    sum.add(safeMax);
    expect(sum.value()).toBe(2n ** 54n - 1n);
    sum.add(2n ** 53n - 1n);
    expect(sum.value()).toBe(2n ** 54n + 2n ** 53n - 2n);
  });

  it("keeps its value when its unit becomes finer", () => {
    fc.assert(
      fc.property(natural, fc.nat({ max: 15 }), (value, places) => {
        const sum = new ExactSum();
        sum.add(value);
        sum.shiftDecimal(places);
        expect(sum.toBigInt()).toBe(BigInt(value) * 10n ** BigInt(places));
      }),
    );
  });

  it("stops the program rather than lose a digit that its slots have no room for", () => {
    const sum = new ExactSum();
    sum.addProduct(safeMax, safeMax);
    expect(stored(sum, 2)).toHaveLength(4);

    sum.addProduct(safeMax, safeMax);
    expect(() => stored(sum, 2)).toThrow("fits its slots");
  });
});

describe("a column of stored sums", () => {
  it.each([1, 2, 3])("of %i slots is added up exactly", (limbs) => {
    // A thousand sums of three slots fit three slots as well; shorter ones may outgrow theirs.
    const room = limbs === 3 ? 10 : 0;
    const term = fc.bigInt({ min: 0n, max: 2n ** BigInt(53 * limbs - room) - 1n });
    fc.assert(
      fc.property(fc.array(term), (terms) => {
        const stride = limbs + 2;
        const slots = new Float64Array(terms.length * stride).fill(3);
        for (const [row, value] of terms.entries()) {
          const sum = new ExactSum();
          sum.add(value);
          sum.store(slots, row * stride + 1, limbs);
        }

        const column = { first: 1, stride, end: slots.length, limbs };
        const expected = terms.reduce((left, right) => left + right, 0n);
        expect(columnSum(slots, column)).toBe(narrowed(expected));
      }),
      { numRuns: 300 },
    );
  });
});

describe("two integers", () => {
  it.each([
    [0, 0, 0],
    [5, -5, 0],
    [safeMax - 1, 1, safeMax],
    [safeMax, 1, 2n ** 53n],
    [safeMax, 2, 2n ** 53n + 1n],
    [safeMax, safeMax, 2n ** 54n - 2n],
    [2n ** 53n + 1n, 2, 2n ** 53n + 3n],
    [2n ** 53n, -1, safeMax],
    [2n ** 53n + 1n, -safeMax, 2],
    [2n ** 60n, 2n ** 60n, 2n ** 61n],
  ])("%s and %s make %s: a number where that is exact, else a bigint", (left, right, sum) => {
    expect(plusExactly(left, right)).toBe(sum);
    expect(plusExactly(right, left)).toBe(sum);
  });

  it.each([
    [0, safeMax, 0],
    [3, 5, 15],
    [2 ** 30, 2 ** 22, 2 ** 52],
    [2 ** 30, 2 ** 23, 2n ** 53n],
    [safeMax, safeMax, BigInt(safeMax) ** 2n],
    [2n ** 60n, 3, 3n * 2n ** 60n],
    [0n, 2n ** 60n, 0],
  ])("%s times %s is %s", (left, right, product) => {
    expect(timesExactly(left, right)).toBe(product);
    expect(timesExactly(right, left)).toBe(product);
  });
});

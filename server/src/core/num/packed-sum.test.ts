import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PackedSum, packedSumLimit } from "./packed-sum.ts";

const safeMax = Number.MAX_SAFE_INTEGER;
const natural = fc.nat({ max: safeMax });
/** Small enough that many products stay below the limit. */
const factor = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 2 ** 48 }));

describe("a packed sum", () => {
  it("equals the sum in unbounded integers and leaves its neighbours alone", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(factor, factor, fc.boolean())), (terms) => {
        const slots = new Float64Array([7, 0, 0, 7]);
        const sum = new PackedSum(slots, 1);
        let expected = 0n;
        for (const [left, right, isProduct] of terms) {
          if (isProduct) sum.addProduct(left, right);
          else sum.add(left);
          expected += isProduct ? BigInt(left) * BigInt(right) : BigInt(left);
        }

        expect(sum.toBigInt()).toBe(expected);
        expect(BigInt(sum.value())).toBe(expected);
        expect(typeof sum.value()).toBe(expected < 2n ** 53n ? "number" : "bigint");
        expect(Math.abs(sum.approximate - Number(expected))).toBeLessThanOrEqual(
          Number(expected) * Number.EPSILON * 2,
        );
        expect([slots[0], slots[3]]).toEqual([7, 7]);
      }),
      { numRuns: 1000 },
    );
  });

  it("carries at the edge of a safe integer", () => {
    const sum = new PackedSum(new Float64Array(2), 0);

    sum.add(safeMax);
    expect(sum.value()).toBe(safeMax);
    sum.add(1);
    expect(sum.value()).toBe(2n ** 53n);
    sum.add(safeMax);
    expect(sum.value()).toBe(2n ** 54n - 1n);
    sum.add(safeMax);
    expect(sum.value()).toBe(2n ** 54n + 2n ** 53n - 2n);
  });

  it("adds integers of any size", () => {
    const sum = new PackedSum(new Float64Array(2), 0);

    sum.addBigInt(2n ** 80n + 5n);
    sum.addBigInt(7n);

    expect(sum.value()).toBe(2n ** 80n + 12n);
  });

  it("adds up one column of a table and multiplies", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(natural, natural)), factor, (rows, times) => {
        const stride = 5;
        const table = new Float64Array(rows.length * stride).fill(3);
        rows.forEach(([high, low], row) => {
          table.set([Math.floor(high / 2 ** 20), low], row * stride + 2);
        });
        const total = new PackedSum(new Float64Array(2), 0);
        total.addColumn(table, { first: 2, stride, end: table.length });
        const expected = rows.reduce(
          (sum, [high, low]) => sum + ((BigInt(high) >> 20n) << 53n) + BigInt(low),
          0n,
        );

        expect(total.toBigInt()).toBe(expected);
        if (Number(expected) * times < packedSumLimit / 2) {
          total.multiply(times);
          expect(total.toBigInt()).toBe(expected * BigInt(times));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("stops the program rather than lose a digit above its limit", () => {
    const sum = new PackedSum(new Float64Array(2), 0);
    sum.addProduct(safeMax, safeMax);

    expect(() => sum.addProduct(safeMax, safeMax)).toThrow("below its limit");
    expect(() => sum.multiply(2)).toThrow("below its limit");
    expect(sum.toBigInt()).toBe(BigInt(safeMax) ** 2n);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDecimal, formatFixed, parseDecimal, scaleMax } from "./decimal.ts";
import { ExactSum } from "./exact-sum.ts";

const safe = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe("decimals", () => {
  it("come back unchanged from their text, padded or not", () => {
    fc.assert(
      fc.property(safe, fc.nat({ max: scaleMax }), (coefficient, scale) => {
        const short = formatDecimal(coefficient, scale);
        const parsed = parseDecimal(short);

        expect(parsed).toEqual(parseDecimal(formatFixed(coefficient, scale)));
        if (typeof parsed === "string") throw new Error(`${short}: ${parsed}`);
        expect(formatDecimal(parsed.coefficient, parsed.scale)).toBe(short);
        expect(BigInt(parsed.coefficient) * 10n ** BigInt(scale - parsed.scale)).toBe(
          BigInt(coefficient),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("give a value or a fault for any text and never throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.0-9eE]{0,30}$/)), (text) => {
        const parsed = parseDecimal(text);
        if (typeof parsed === "string") return;
        expect(Number.isSafeInteger(parsed.coefficient)).toBe(true);
        expect(Number(formatDecimal(parsed.coefficient, parsed.scale))).toBeCloseTo(Number(text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("an exact sum", () => {
  it("equals the sum in unbounded integers", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(natural, natural, fc.boolean())), (terms) => {
        const sum = new ExactSum();
        let expected = 0n;
        for (const [left, right, isProduct] of terms) {
          if (isProduct) sum.addProduct(left, right);
          else sum.add(left);
          expected += isProduct ? BigInt(left) * BigInt(right) : BigInt(left);
        }
        expect(sum.toBigInt()).toBe(expected);
        expect(BigInt(sum.value())).toBe(expected);
      }),
    );
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
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDecimal, formatFixed, parseDecimal, scaleMax } from "./decimal.ts";

const safe = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

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

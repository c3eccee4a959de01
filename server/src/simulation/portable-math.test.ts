import { describe, expect, it } from "vitest";
import { exponential, exponentMax, negativeLog } from "./portable-math.ts";

describe("the exponential", () => {
  it("agrees with the true function to nine digits over its range", () => {
    for (let x = -exponentMax; x <= exponentMax; x += 0.0137) {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-9);
    }
  });

  it("is exactly one at zero and refuses exponents that the model cannot mean", () => {
    expect(exponential(0)).toBe(1);
    expect(() => exponential(exponentMax + 1)).toThrow("exponent");
  });
});

describe("the negative logarithm of a 32-bit fraction", () => {
  it("agrees with the true function to eight digits from the smallest word to the largest", () => {
    for (let word = 1; word < 2 ** 32; word += 1 + Math.floor(word / 50)) {
      expect(Math.abs(negativeLog(word) + Math.log(word / 2 ** 32))).toBeLessThan(3e-8);
    }
    expect(negativeLog(2 ** 32 - 1)).toBeGreaterThanOrEqual(0);
  });

  it("refuses zero", () => {
    expect(() => negativeLog(0)).toThrow("not finite");
  });
});

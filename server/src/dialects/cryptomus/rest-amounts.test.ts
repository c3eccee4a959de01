import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../core/num/decimal.ts";
import { formatAtoms, parseAtoms } from "../../core/num/money.ts";
import { countSteps, readAmount } from "./rest-amounts.ts";

describe("an amount", () => {
  const read = (text: string) => {
    const amount = readAmount(text);
    return typeof amount === "bigint" ? formatAtoms(amount) : amount;
  };

  it.each([
    ["1", "1"],
    ["0.0010", "0.001"],
    ["20.0000000000000000", "20"],
    [".5", "0.5"],
    ["5.", "5"],
    ["+7", "7"],
    ["2e3", "2000"],
    ["1E-16", "0.0000000000000001"],
    ["1.5e+1", "15"],
    ["12345678901234567.1234567890123456", "12345678901234567.1234567890123456"],
    ["1000000000000000000", "1000000000000000000"],
    ["0.1000000000000000000000", "0.1"],
  ])("of %s is %s to the last digit", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ["", "not-a-number"],
    [".", "not-a-number"],
    ["e5", "not-a-number"],
    ["1,5", "not-a-number"],
    [" 1", "not-a-number"],
    ["0x10", "not-a-number"],
    ["NaN", "not-a-number"],
    ["Infinity", "not-a-number"],
    ["1e1000", "not-a-number"],
    ["1".repeat(65), "not-a-number"],
    ["0", "not-positive"],
    ["-0.0", "not-positive"],
    ["-5", "not-positive"],
    ["0e999", "not-positive"],
    ["0.00000000000000001", "too-fine"],
    ["1e-17", "too-fine"],
    ["1e-999", "too-fine"],
    ["1000000000000000000.1", "too-large"],
    ["1e400", "too-large"],
    ["9".repeat(64), "too-large"],
  ])("is not made of %s: %s", (text, expected) => {
    expect(readAmount(text)).toBe(expected);
  });

  it("is what the readers of the core make of the same digits", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (value) => {
        const text = String(value);
        const amount = readAmount(text);
        const decimal = parseDecimal(text);
        if (typeof amount !== "bigint" || typeof decimal !== "object") return;
        const { coefficient, scale } = decimal;
        expect(amount).toBe(BigInt(coefficient) * 10n ** BigInt(16 - scale));
        if (!text.includes("e")) expect(amount).toBe(parseAtoms(text));
      }),
    );
  });
});

describe("a number of steps", () => {
  const step = 25n * 10n ** 12n;

  it.each([
    ["0.0025", 1],
    ["1", 400],
    ["0.001", "too-fine"],
    ["1e17", "too-large"],
    ["1e-20", "too-fine"],
    ["1e20", "too-large"],
  ])("of 0.0025 in %s is %s", (text, expected) => {
    const amount = readAmount(text);
    if (amount === "not-a-number" || amount === "not-positive") throw new Error(text);
    expect(countSteps(amount, step)).toBe(expected);
  });
});

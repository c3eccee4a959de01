import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  compare,
  divide,
  isDecimal,
  multiply,
  normalized,
  roundToStep,
  stepOf,
  subtract,
} from "./decimal.ts";

const scale = 12;
/** A decimal text of up to 12 decimals, and its value in units of the last one. */
const number = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: scale }))
  .map(([units, decimals]) => {
    const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals);
    const fraction = digits.slice(digits.length - decimals);
    const text = `${units < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
    return { text, value: units * 10n ** BigInt(scale - decimals) };
  });
const unitsOf = (text: string): bigint => {
  const [, sign, whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const units = BigInt(whole + fraction.padEnd(2 * scale, "0"));
  return sign === "-" ? -units : units;
};
const fine = 10n ** BigInt(scale);

describe("decimals", () => {
  it("add, subtract, multiply and compare as integers do", () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(unitsOf(add(a.text, b.text))).toBe((a.value + b.value) * fine);
        expect(unitsOf(subtract(a.text, b.text))).toBe((a.value - b.value) * fine);
        expect(unitsOf(multiply(a.text, b.text))).toBe(a.value * b.value);
        expect(compare(a.text, b.text)).toBe(a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
      }),
    );
  });

  it("are rounded to a step that they are within", () => {
    fc.assert(
      fc.property(number, fc.integer({ min: 0, max: scale }), (a, decimals) => {
        const step = stepOf(decimals);
        const [down, up] = [roundToStep(a.text, step, "down"), roundToStep(a.text, step, "up")];
        expect(compare(down, a.text)).toBeLessThanOrEqual(0);
        expect(compare(up, a.text)).toBeGreaterThanOrEqual(0);
        expect([normalized("0"), normalized(step)]).toContain(subtract(up, down));
        expect([down, up]).toContain(roundToStep(a.text, step, "half-up"));
      }),
    );
  });

  it("round halves up, and below zero too", () => {
    expect(roundToStep("0.15", "0.1", "half-up")).toBe("0.2");
    expect(roundToStep("-0.15", "0.1", "half-up")).toBe("-0.1");
    expect(roundToStep("-0.11", "0.1", "down")).toBe("-0.2");
    expect(roundToStep("107.4", "25", "down")).toBe("100");
  });

  it("divide to so many decimals, and never by 0", () => {
    expect(divide("1", "3", 4)).toBe("0.3333");
    expect(divide("107152.55", "0.01", 0)).toBe("10715255");
    expect(() => divide("1", "0.00", 2)).toThrow("nothing can be divided by 0");
  });

  it("lose no digit and keep no zero", () => {
    expect(normalized("-000.1200")).toBe("-0.12");
    expect(normalized("-0.0")).toBe("0");
    expect(add("9007199254740993.0000000000000001", "0")).toBe("9007199254740993.0000000000000001");
  });

  it("are digits with at most one point, and nothing else", () => {
    for (const bad of ["", ".", ".5", "1e3", "0x1", " 1", "1,5", "NaN", "--1", "1.2.3"]) {
      expect(isDecimal(bad)).toBe(false);
      expect(() => add(bad, "1")).toThrow("is no decimal");
    }
    expect(() => roundToStep("1", "0", "up")).toThrow("a step is more than 0");
  });
});

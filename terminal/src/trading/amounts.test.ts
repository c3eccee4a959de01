import { describe, expect, it } from "vitest";
import { floorTo, isMultiple, stepPrice, typedDecimal, withDecimals } from "./amounts.ts";

describe("what somebody types", () => {
  it.each([
    ["107152.55", "107152.55"],
    [" 107 152.50 ", "107152.5"],
    ["107\u2009152", "107152"],
    [".5", "0.5"],
    ["5.", "5"],
    ["007", "7"],
  ])("%s is %s", (typed, value) => {
    expect(typedDecimal(typed)).toBe(value);
  });

  it.each(["", "1,5", "1,000", "1e5", "-1", "+1", "0x10", "1.2.3", "abc", "9".repeat(41)])(
    '"%s" is no number, and is not guessed about',
    (typed) => {
      expect(typedDecimal(typed)).toBeUndefined();
    },
  );
});

describe("a price", () => {
  it("moves by steps, onto the grid first", () => {
    expect(stepPrice("100", "0.05", 1)).toBe("100.05");
    expect(stepPrice("100", "0.05", -10)).toBe("99.5");
    expect(stepPrice("100.07", "0.05", 1)).toBe("100.1");
    expect(stepPrice("100.07", "0.05", -1)).toBe("100.05");
  });

  it("never goes below one step", () => {
    expect(stepPrice("0.05", "0.05", -10)).toBe("0.05");
    expect(stepPrice("0", "0.05", -1)).toBe("0.05");
  });

  it("is on the grid or is not", () => {
    expect(isMultiple("100.05", "0.05")).toBe(true);
    expect(isMultiple("100.07", "0.05")).toBe(false);
  });
});

it("a size is rounded down to what can be ordered, and is never negative", () => {
  expect(floorTo("1.23456", "0.001")).toBe("1.234");
  expect(floorTo("-1.5", "0.001")).toBe("0");
});

it("a figure of a column has the decimals of its market, and more where it needs them", () => {
  expect(withDecimals("106990.1000000000", 2)).toBe("106990.10");
  expect(withDecimals("0.123456", 2)).toBe("0.123456");
  expect(withDecimals("5.000", 0)).toBe("5");
});

import { describe, expect, it } from "vitest";
import {
  formatDecimal,
  formatFixed,
  parseDecimal,
  parseWideDecimal,
  rescale,
  scaleMax,
} from "./decimal.ts";

describe("reading a decimal", () => {
  it.each([
    ["0", 0, 0],
    ["-0", 0, 0],
    ["0.000", 0, 0],
    ["1", 1, 0],
    ["100", 100, 0],
    ["+7.5", 75, 1],
    ["-12.50", -125, 1],
    ["220.06", 22006, 2],
    ["13748.62000000", 1374862, 2],
    ["0.00141342", 141342, 8],
    ["0.000000000000000001", 1, 18],
    [".5", 5, 1],
    ["5.", 5, 0],
    ["007.10", 71, 1],
    ["9007199254740991", Number.MAX_SAFE_INTEGER, 0],
    ["1e-7", 1, 7],
    ["1.0E-7", 1, 7],
    ["2.5e3", 2500, 0],
    ["1200e-2", 12, 0],
    ["0e99", 0, 0],
  ])("%s is %d with %d decimals", (text, coefficient, scale) => {
    expect(parseDecimal(text)).toEqual({ coefficient, scale });
  });

  it.each([
    "",
    " ",
    "-",
    ".",
    "1,5",
    "1.2.3",
    "abc",
    "0x10",
    "1 ",
    " 1",
    "NaN",
    "Infinity",
    "1e",
    "1e+",
    "1e1.5",
    "--1",
    "٣",
    "9".repeat(65),
  ])("%j is not a decimal number", (text) => {
    expect(parseDecimal(text)).toBe("not a decimal number");
  });

  it.each([
    "9007199254740993",
    "0.1234567890123456789",
    "1e-19",
    "1e16",
    "12345678901234567890",
    "9007199254740991e1",
  ])("%s has more digits than fit exactly", (text) => {
    expect(parseDecimal(text)).toBe("more digits than fit exactly");
  });
});

describe("writing a decimal", () => {
  it.each([
    [0, 0, "0"],
    [-0, 0, "0"],
    [0, 8, "0"],
    [1, 8, "0.00000001"],
    [22010, 2, "220.1"],
    [22000, 2, "220"],
    [-125, 1, "-12.5"],
    [-5, 3, "-0.005"],
    [100, 0, "100"],
    [123456789012345678901234567890n, 10, "12345678901234567890.123456789"],
  ])("%d at scale %d is %s", (coefficient, scale, text) => {
    expect(formatDecimal(coefficient, scale)).toBe(text);
  });

  it("keeps the zeros of a fixed number of decimals", () => {
    expect(formatFixed(22n * 10n ** 14n, 16)).toBe("0.2200000000000000");
    expect(formatFixed(-150, 2)).toBe("-1.50");
  });
});

describe("changing the scale", () => {
  it("keeps the value", () => {
    expect(rescale(125, 1, 3)).toBe(12500);
    expect(rescale(0, 0, scaleMax)).toBe(0);
  });

  it("refuses what would not be a safe integer any more", () => {
    expect(rescale(Number.MAX_SAFE_INTEGER, 0, 1)).toBeUndefined();
    expect(rescale(1, 0, scaleMax)).toBeUndefined();
  });
});

describe("reading a decimal of any length", () => {
  it.each([
    ["61837.63", 6_183_763, 2],
    ["9007199254740993", 9_007_199_254_740_993n, 0],
    ["123456789.012345678", 123_456_789_012_345_678n, 9],
    ["-12345678901234567890.5000", -123_456_789_012_345_678_905n, 1],
    ["0.1234567890123456789", 1_234_567_890_123_456_789n, 19],
    ["1e-19", 1, 19],
    ["1e16", 10_000_000_000_000_000n, 0],
    ["1.5e-20", 15, 21],
    ["9007199254740991e1", 90_071_992_547_409_910n, 0],
    ["0.00000000000000000000", 0, 0],
  ])("%s is %s with %d decimals", (text, coefficient, scale) => {
    expect(parseWideDecimal(text)).toEqual({ coefficient, scale });
  });

  it.each([
    ["12345678901234567x", "not a decimal number"],
    ["1e64", "more digits than fit exactly"],
    ["1e-65", "more digits than fit exactly"],
    ["1e999", "more digits than fit exactly"],
  ])("%s: %s", (text, fault) => {
    expect(parseWideDecimal(text)).toBe(fault);
  });
});

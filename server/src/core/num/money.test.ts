import { describe, expect, it } from "vitest";
import { AssertionError } from "../assert.ts";
import {
  atomsMax,
  atomsPerUnit,
  formatAtoms,
  minus,
  mulDivDown,
  mulDivUp,
  noAtoms,
  parseAtoms,
  plus,
} from "./money.ts";

describe("parseAtoms", () => {
  it.each([
    ["0", 0n],
    ["1", 10n ** 16n],
    ["0.0000000000000001", 1n],
    ["12.50", 125n * 10n ** 15n],
    ["7.", 7n * 10n ** 16n],
    ["0001.0", 10n ** 16n],
    ["1.00000000000000000000", 10n ** 16n],
    ["12345.1234567890123456", 123451234567890123456n],
    ["1000000000000000000", atomsMax],
  ])("reads %s exactly", (text, expected) => {
    expect(parseAtoms(text)).toBe(expected);
  });

  it.each([
    "",
    ".",
    ".5",
    "-1",
    "+1",
    "1e3",
    " 1",
    "1,5",
    "0x10",
    "١",
    "0.00000000000000001",
    "1000000000000000000.0000000000000001",
    "9".repeat(65),
  ])("refuses %j", (text) => {
    expect(parseAtoms(text)).toBeUndefined();
  });

  it("reads back what it wrote", () => {
    const amount = parseAtoms("40000.0000000000000001");

    expect(formatAtoms(amount!)).toBe("40000.0000000000000001");
    expect(formatAtoms(parseAtoms("0.500")!)).toBe("0.5");
    expect(formatAtoms(noAtoms)).toBe("0");
  });
});

describe("arithmetic", () => {
  it("stops instead of going below zero or above the maximum", () => {
    expect(() => minus(noAtoms, atomsPerUnit)).toThrow(AssertionError);
    expect(() => plus(atomsMax, atomsPerUnit)).toThrow(AssertionError);
    expect(minus(atomsPerUnit, atomsPerUnit)).toBe(0n);
  });

  it("rounds only in the named direction", () => {
    expect(mulDivDown(10n, 1n, 3n)).toBe(3n);
    expect(mulDivUp(10n, 1n, 3n)).toBe(4n);
    expect(mulDivUp(9n, 1n, 3n)).toBe(3n);
    expect(mulDivUp(0n, 1n, 3n)).toBe(0n);
  });
});

import { describe, expect, it } from "vitest";
import { AssertionError } from "../assert.ts";
import { hashOf } from "./state-hash.ts";

describe("the state hash", () => {
  it("is 16 hexadecimal digits and the same for equal data", () => {
    expect(hashOf({ a: [1, "x", true, null] })).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf({ a: [1, "x"] })).toBe(hashOf({ a: [1, "x"] }));
  });

  it("tells neighbours apart", () => {
    const values: object[] = [
      {},
      [],
      [[]],
      [0],
      [-1],
      [1],
      [2 ** 32],
      [2 ** 33],
      [2 ** 32 - 1],
      ["0"],
      [""],
      ["a", "b"],
      ["ab"],
      ["b", "a"],
      [["a"], "b"],
      [true],
      [false],
      [null],
      { a: "a" },
    ];

    expect(new Set(values.map(hashOf)).size).toBe(values.length);
  });

  it("refuses numbers that are not exact", () => {
    expect(() => hashOf([0.5])).toThrow(AssertionError);
    expect(() => hashOf([Number.NaN])).toThrow(AssertionError);
  });
});

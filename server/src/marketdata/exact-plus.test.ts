import { describe, expect, it } from "vitest";
import { plusExactly } from "./exact-plus.ts";

const safeMax = Number.MAX_SAFE_INTEGER;

describe("an exact sum", () => {
  it.each([
    [0, 0, 0],
    [5, -5, 0],
    [safeMax - 1, 1, safeMax],
    [safeMax, 1, 2n ** 53n],
    [safeMax, 2, 2n ** 53n + 1n],
    [safeMax, safeMax, 2n ** 54n - 2n],
    [2n ** 53n + 1n, 2, 2n ** 53n + 3n],
    [2n ** 53n, -1, safeMax],
    [2n ** 53n + 1n, -safeMax, 2],
    [2n ** 60n, 2n ** 60n, 2n ** 61n],
  ])("of %s and %s is %s: a number where that is exact, else a bigint", (left, right, sum) => {
    expect(plusExactly(left, right)).toBe(sum);
    expect(plusExactly(right, left)).toBe(sum);
  });
});

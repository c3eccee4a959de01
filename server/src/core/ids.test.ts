import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillsId, formatId, orderId, parseId, tradeId } from "./ids.ts";

describe("public ids", () => {
  it("carry the time in the first ten digits, as the recorded ones do", () => {
    expect(orderId(1, 1_750_696_376_039_000).slice(0, 10)).toBe("01JYET5DQ7");
  });

  it("of one command are different and in order", () => {
    const place = { sequence: 7, timeUs: 1_750_696_376_039_000, ordinal: 0 };
    const ids = [
      orderId(7, place.timeUs),
      fillsId(7, place.timeUs),
      tradeId(place, "public"),
      tradeId(place, "maker"),
      tradeId(place, "taker"),
      tradeId({ ...place, ordinal: 1 }, "public"),
    ];

    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  it("sort by time, then by sequence, and can be read back", () => {
    const parts = fc.record({
      timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      ordinal: fc.nat({ max: 2 ** 24 - 1 }),
    });
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const order =
          left.timeMs - right.timeMs ||
          left.sequence - right.sequence ||
          left.ordinal - right.ordinal;

        expect(parseId(formatId(left))).toEqual(left);
        expect(Math.sign(order)).toBe(formatId(left) < formatId(right) ? -1 : order === 0 ? 0 : 1);
      }),
    );
  });

  it.each([
    "",
    "01JYET5DQ7000000000000000",
    "01JYET5DQ70000000000000000U",
    "01JYET5DQ7000000000000000U",
    "01jyet5dq70000000000000001",
    "81JYET5DQ70000000000000001",
    "01JYET5DQ7ZZZZZZZZZZZZZZZZ",
  ])("are not %j", (text) => {
    expect(parseId(text)).toBeUndefined();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { marketRules } from "./conversation.fixture.ts";
import {
  dateTime,
  moneyText8OrExact,
  moneyText16,
  priceText,
  priceText16,
  quantityText,
  quantityText16,
  seconds,
} from "./format.ts";

const btc = marketRules("BTC_USDT");
const whole = marketRules("A_B", 0, 0);
const tiny = marketRules("A_B", 8, 8);
const quarters = {
  ...btc,
  tickSize: { coefficient: 25, scale: 2 },
  lotSize: { coefficient: 5, scale: 0 },
};

describe("prices and quantities", () => {
  it.each([
    [btc, 10_715_255, "107152.55", "107152.5500000000000000"],
    [btc, 10_715_250, "107152.5", "107152.5000000000000000"],
    [btc, 100, "1", "1.0000000000000000"],
    [btc, 0, "0", "0.0000000000000000"],
    [whole, 1_000, "1000", "1000.0000000000000000"],
    [tiny, 1, "0.00000001", "0.0000000100000000"],
    [quarters, 3, "0.75", "0.7500000000000000"],
    [quarters, 4, "1", "1.0000000000000000"],
    [quarters, 9_007_199_254_740_991, "2251799813685247.75", "2251799813685247.7500000000000000"],
  ])("writes a price of %o and %d ticks as %s and %s", (rules, ticks, trimmed, padded) => {
    expect(priceText(rules, ticks)).toBe(trimmed);
    expect(priceText16(rules, ticks)).toBe(padded);
  });

  it.each([
    [btc, 304_313, "0.304313", "0.3043130000000000"],
    [btc, 0, "0", "0.0000000000000000"],
    [btc, 1, "0.000001", "0.0000010000000000"],
    [btc, 90_071_992_547_409_930n, "90071992547.40993", "90071992547.4099300000000000"],
    [quarters, 3, "15", "15.0000000000000000"],
  ])("writes a quantity of %o and %s lots as %s and %s", (rules, lots, trimmed, padded) => {
    expect(quantityText(rules, lots)).toBe(trimmed);
    expect(quantityText16(rules, lots)).toBe(padded);
  });
});

describe("money", () => {
  it.each([
    [399_500_000_000_000_000_000n, "39950.0000000000000000", "39950.00000000"],
    [0n, "0.0000000000000000", "0.00000000"],
    [100_000_000n, "0.0000000100000000", "0.00000001"],
    [100_000_001n, "0.0000000100000001", "0.0000000100000001"],
    [1n, "0.0000000000000001", "0.0000000000000001"],
    [-5_000_000_000_000n, "-0.0005000000000000", "-0.00050000"],
  ])("writes %d atoms as %s, and as %s where eight decimals do", (atoms, sixteen, eight) => {
    expect(moneyText16(atoms)).toBe(sixteen);
    expect(moneyText8OrExact(atoms)).toBe(eight);
  });
});

describe("times", () => {
  it.each([
    [0, "1970-01-01 00:00:00"],
    [951_782_399, "2000-02-28 23:59:59"],
    [951_782_400, "2000-02-29 00:00:00"],
    [1_734_004_819, "2024-12-12 12:00:19"],
    [4_107_542_399, "2100-02-28 23:59:59"],
    [4_107_542_400, "2100-03-01 00:00:00"],
  ])("writes second %d as %s", (second, text) => {
    expect(dateTime(second * 1_000_000)).toBe(text);
  });

  it("drops what is smaller than a second", () => {
    expect(dateTime(59_999_999)).toBe("1970-01-01 00:00:59");
    expect(seconds(59_999_999)).toBe(59);
  });

  it("agrees with the calendar of the system", () => {
    // The last second whose microseconds are a safe integer is in the year 2255.
    fc.assert(
      fc.property(fc.nat(8_999_999_999), (second) => {
        const text = new Date(second * 1_000).toISOString().slice(0, 19).replace("T", " ");
        expect(dateTime(second * 1_000_000)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { exactJson } from "./exact-json.ts";
import { mapQuote, mapTrade } from "./map.ts";

describe("numbers of a venue", () => {
  it.each([
    ['{"p":63000.123456789012345}', '{"p":"63000.123456789012345"}'],
    ['{"id":100182534526255757567432481,"ts":1}', '{"id":"100182534526255757567432481","ts":1}'],
    // A double gives these back.
    ['{"p":0.010411000000000000,"q":9.2E-7}', '{"p":0.010411000000000000,"q":9.2E-7}'],
    ['{"s":"63000.123456789012345"}', '{"s":"63000.123456789012345"}'],
    ['["a \\"63000.123456789012345", 1]', '["a \\"63000.123456789012345", 1]'],
    ["[-0.00000000000000001234567890123456]", '["-0.00000000000000001234567890123456"]'],
    ["[12345678901234567e-3]", '["12345678901234567e-3"]'],
  ])("that a double would not hold become texts: %s", (text, exact) => {
    expect(exactJson(text)).toBe(exact);
    expect(() => JSON.parse(exactJson(text))).not.toThrow();
  });
});

describe("a trade of ccxt", () => {
  const trade = {
    id: "17",
    timestamp: 1_618_678_027_940,
    side: "buy",
    price: "9.2e-7",
    amount: "20995.88",
  };

  it("becomes one of ours with its own digits", () => {
    expect(mapTrade("htx", trade)).toEqual({
      ...{ venue: "htx", id: 17, aggressor: "buy", eventTimeUs: 1_618_678_027_940_000 },
      ...{ price: 92, priceScale: 8, quantity: 2_099_588, quantityScale: 2 },
    });
  });

  it("has the id that its venue gives in stream and past alike", () => {
    const info = { id: "100182534526255757567432481", tradeId: 100_045_088_885 };
    expect(mapTrade("htx", { ...trade, info }, ["tradeId", "trade-id"])).toMatchObject({
      id: 100_045_088_885,
    });
  });

  it.each([
    [{ price: undefined }, "price undefined"],
    [{ price: "0" }, "price 0"],
    [{ amount: "-1" }, "amount -1"],
    [{ amount: "NaN" }, "amount NaN"],
    [{ timestamp: undefined }, "time undefined"],
    [{ timestamp: Number.NaN }, "time NaN"],
    [{ timestamp: 9e15 }, "time 9000000000000000"],
  ])("that is none says what is wrong: %j", (wrong, what) => {
    expect(mapTrade("htx", { ...trade, ...wrong })).toBe(what);
  });
});

it("a quote has both sides at one scale, and there is none of a book that is crossed or empty", () => {
  expect(mapQuote(["100.5", "1"], ["100.75", "2"])).toEqual({
    bid: 10_050,
    ask: 10_075,
    priceScale: 2,
  });
  expect(mapQuote(["101", "1"], ["100", "1"])).toBeUndefined();
  expect(mapQuote(undefined, ["100", "1"])).toBeUndefined();
});

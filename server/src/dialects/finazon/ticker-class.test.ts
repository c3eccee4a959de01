import { describe, expect, it } from "vitest";
import { tickerClass } from "./ticker-class.ts";

describe("the class of a ticker", () => {
  it.each([
    ["BTC/USDT", "crypto"],
    ["BTC/EUR", "crypto"],
    ["EUR/USDT", "crypto"],
    ["EUR/USD", "forex"],
    ["AUD/CAD", "forex"],
    ["EUR/USD/X", "crypto"],
    ["/", "crypto"],
    ["AAPL", "stocks"],
    ["USD", "stocks"],
    ["", "stocks"],
  ])("of %j is %s", (ticker, expected) => {
    expect(tickerClass(ticker)).toBe(expected);
  });
});

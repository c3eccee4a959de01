import { expect, it } from "vitest";
import { totalWorth, worthOf } from "./worth.ts";

const prices: Readonly<Record<string, string>> = { BTC_USDT: "100000.5", USDT_EUR: "0.9" };
const priceOf = (market: string) => prices[market];

it("an amount is worth its last price, in either direction of a market", () => {
  expect(worthOf("0.5", "BTC", "USDT", priceOf)).toBe("50000.25");
  expect(worthOf("9", "EUR", "USDT", priceOf)).toBe("10");
  expect(worthOf("9.00", "USDT", "USDT", priceOf)).toBe("9");
  expect(worthOf("9", "XRP", "USDT", priceOf)).toBeUndefined();
});

it("everything is worth the sum, and what has no price is named", () => {
  const balance = (currency: string, available: string, held = "0.00") => ({
    ...{ currency, available, held },
  });
  const all = [
    balance("USDT", "10", "5"),
    balance("BTC", "1"),
    balance("XRP", "3"),
    balance("TRX", "0.00"),
  ];
  expect(totalWorth(all, "USDT", priceOf)).toEqual({ total: "100015.5", without: ["XRP"] });
});

import type { OrderRow } from "@openbourse/client";
import { expect, it } from "vitest";
import { leftWords, rowWords } from "./words.ts";

const order = (more: Partial<OrderRow> = {}) =>
  ({
    ...{ market: "BTC_USDT", direction: "buy", price: "100.5000000000000000" },
    ...{ quantity: "0.5000000000000000", filledQuantity: "0.0000000000000000" },
    ...more,
  }) as OrderRow;

it("an order is told with its amount and its price, in as few digits as they have", () => {
  expect(rowWords(order())).toBe("buy 0.5 BTC at 100.5 USDT");
  const { price: _, ...atMarket } = order({ direction: "sell" });
  expect(rowWords(atMarket)).toBe("sell 0.5 BTC");
});

it("an order that was filled in part is told with what is left of it, which alone can be cancelled or moved", () => {
  const filled = order({ filledQuantity: "0.3000000000000000" });
  expect(leftWords(filled)).toBe("buy 0.2 of 0.5 BTC");
  expect(rowWords(filled)).toBe("buy 0.2 of 0.5 BTC at 100.5 USDT");
});

import type { ClosedOrder, Fill } from "@openbourse/client";
import { expect, it } from "vitest";
import { fillLine, fillWords, joinedFills, linesOf } from "./fills.ts";

const fill = (id: string, more: Partial<Fill> = {}): Fill => ({
  ...{ type: "fill", dealId: "D", id, market: "BTC_USDT", price: "100.5000000000000000" },
  ...{ quantity: "0.5000000000000000", value: "50.25", fee: "0.001", feeCurrency: "BTC" },
  ...{ role: "taker", timeMs: 1_000 },
  ...more,
});
const base = { base: "BTC" };

it("a fill of the stream is a buy where its fee is in the base currency, which was received", () => {
  expect(fillLine(fill("1"), base).direction).toBe("buy");
  expect(fillLine(fill("1", { feeCurrency: "USDT" }), base).direction).toBe("sell");
  expect(fillLine(fill("1"), undefined).direction).toBe("buy");
});

it("fills of the stream and of the history are one list, each of them once, the newest first", () => {
  const { type: _, dealId: __, market: ___, ...row } = fill("1");
  const order = { market: "BTC_USDT", direction: "buy", fills: [row] } as unknown as ClosedOrder;
  const session = [fillLine(fill("2", { timeMs: 2_000 }), base), fillLine(fill("1"), base)];
  expect(joinedFills(session, linesOf([order])).map(({ id }) => id)).toEqual(["2", "1"]);
});

it("fills of a moment are one sentence for each market and direction, with the average price", () => {
  const lines = [fill("1"), fill("2", { price: "101.5", value: "50.75" })];
  const sold = fill("3", { feeCurrency: "USDT", quantity: "2", value: "201" });
  expect(fillWords([...lines, sold].map((each) => fillLine(each, base)))).toBe(
    "Bought 1 BTC at 101 USDT. Sold 2 BTC at 100.5 USDT.",
  );
});

import { add, compare, type Market, type OrderTerms, subtract } from "@openbourse/client";
import { describe, expect, it } from "vitest";
import { feeOn } from "./fees.ts";
import {
  bandLimit,
  type PreviewInput,
  previewOf,
  type ShareInput,
  sizeOfShare,
} from "./preview.ts";

const market: Market = {
  ...{ market: "BTC_USDT", base: "BTC", quote: "USDT", quantityMin: "0.001", quantityMax: "100" },
  ...{ valueMin: "1", valueMax: "1000000", quantityDecimals: 3, priceDecimals: 2 },
};
const book = {
  bids: [
    ["99.00", "1"],
    ["98.50", "2"],
    ["90.00", "50"],
  ],
  asks: [
    ["100.00", "0.5"],
    ["101.00", "1.5"],
    ["110.00", "50"],
  ],
} as const;
const balances = new Map([
  ["USDT", { currency: "USDT", available: "1000", held: "0" }],
  ["BTC", { currency: "BTC", available: "2.5", held: "0" }],
]);
const input: PreviewInput = {
  ...{ market, book, balances },
  fees: { makerPercent: "0.08", takerPercent: "0.1" },
};
const preview = (terms: OrderTerms) => previewOf(terms, input);

describe("a market order", () => {
  it("of a quantity takes the best prices first, and pays the fee out of what it receives", () => {
    expect(preview({ type: "market", direction: "buy", quantity: "1" })).toEqual({
      taken: { quantity: "1", value: "100.5", worstPrice: "101.00" },
      averagePrice: "100.5",
      ...{ rests: "0", unfilled: undefined },
      pays: { amount: "100.5", currency: "USDT" },
      receives: { amount: "0.999", currency: "BTC" },
      fee: { amount: "0.001", currency: "BTC" },
      left: { amount: "899.5", currency: "USDT" },
    });
  });

  it("of a value buys as many lots as it can pay for", () => {
    const { taken, averagePrice, unfilled, left } = preview({
      ...{ type: "market", direction: "buy", value: "100" },
    });
    expect(taken).toEqual({ quantity: "0.995", value: "99.995", worstPrice: "101.00" });
    expect(averagePrice).toBe("100.4974");
    expect(unfilled).toBeUndefined();
    expect(left?.amount).toBe("900.005");
  });

  it("sells for quote, of which the fee is taken", () => {
    const { pays, receives, fee } = preview({ type: "market", direction: "sell", quantity: "2" });
    expect(pays).toEqual({ amount: "2", currency: "BTC" });
    expect(fee).toEqual({ amount: "0.1975", currency: "USDT" });
    expect(receives).toEqual({ amount: "197.3025", currency: "USDT" });
  });

  it("finds nothing beyond its band, and says how much that is", () => {
    const rich = new Map([
      ["USDT", { currency: "USDT", available: "9000", held: "0" }],
      ["BTC", { currency: "BTC", available: "90", held: "0" }],
    ]);
    const previewRich = (terms: OrderTerms) => previewOf(terms, { ...input, balances: rich });
    const buy = previewRich({ type: "market", direction: "buy", quantity: "3" });
    expect(buy.taken.quantity).toBe("2");
    expect(buy.unfilled).toEqual({ amount: "1", currency: "BTC", lacks: "orders" });
    const sell = previewRich({ type: "market", direction: "sell", value: "1000" });
    expect(sell.taken.value).toBe("296");
    expect(sell.unfilled).toEqual({ amount: "704", currency: "USDT", lacks: "orders" });
  });

  it("does as much as there is money for, where its size is told in what it receives", () => {
    const poor = new Map([
      ["USDT", { currency: "USDT", available: "80", held: "0" }],
      ["BTC", { currency: "BTC", available: "0.5", held: "0" }],
    ]);
    const previewPoor = (terms: OrderTerms) => previewOf(terms, { ...input, balances: poor });
    const buy = previewPoor({ type: "market", direction: "buy", quantity: "1" });
    expect(buy.pays.amount).toBe("79.997");
    expect(buy.unfilled).toEqual({ amount: "0.203", currency: "BTC", lacks: "money" });
    const sell = previewPoor({ type: "market", direction: "sell", value: "60" });
    expect(sell.pays.amount).toBe("0.5");
    expect(sell.unfilled).toEqual({ amount: "10.5", currency: "USDT", lacks: "money" });
  });

  it("in an empty book comes to nothing", () => {
    const terms: OrderTerms = { type: "market", direction: "buy", value: "10" };
    const { averagePrice, unfilled } = previewOf(terms, { ...input, book: { bids: [], asks: [] } });
    expect(averagePrice).toBeUndefined();
    expect(unfilled).toEqual({ amount: "10", currency: "USDT", lacks: "orders" });
  });
});

describe("a limit order", () => {
  it("away from the book rests, and is held at its price with the maker's fee", () => {
    const resting = preview({ type: "limit", direction: "buy", price: "95", quantity: "2" });
    expect(resting).toMatchObject({ rests: "2", averagePrice: undefined });
    expect(resting.pays).toEqual({ amount: "190", currency: "USDT" });
    expect(resting.fee).toEqual({ amount: "0.0016", currency: "BTC" });
  });

  it("across the book trades at the prices that are there, and the rest of it rests", () => {
    const crossing = preview({ type: "limit", direction: "buy", price: "100.50", quantity: "2" });
    expect(crossing.taken).toEqual({ quantity: "0.5", value: "50", worstPrice: "100.00" });
    expect(crossing.rests).toBe("1.5");
    expect(crossing.pays.amount).toBe("200.75");
    expect(crossing.fee.amount).toBe(add(feeOn("0.5", "0.1"), feeOn("1.5", "0.08")));
  });

  it("that costs more than there is says by how much", () => {
    const { left } = preview({ type: "limit", direction: "sell", price: "200", quantity: "3" });
    expect(left).toEqual({ amount: "-0.5", currency: "BTC" });
  });
});

describe("money", () => {
  const buy: OrderTerms = { type: "market", direction: "buy", quantity: "1" };

  it("that is not known is not taken for none: nothing is said of what is left or lacks", () => {
    const { taken, left, unfilled } = previewOf(buy, { ...input, balances: undefined });
    expect({ taken: taken.quantity, left, unfilled }).toEqual({
      ...{ taken: "1", left: undefined, unfilled: undefined },
    });
  });

  it("that is known to be none buys nothing", () => {
    const { taken, left, unfilled } = previewOf(buy, { ...input, balances: new Map() });
    expect({ taken: taken.quantity, left, unfilled }).toEqual({
      taken: "0",
      left: { amount: "0", currency: "USDT" },
      unfilled: { amount: "1", currency: "BTC", lacks: "money" },
    });
  });
});

describe("fees", () => {
  it("round up and rebates down, to the smallest amount of money", () => {
    expect(feeOn("0.0000000000000001", "0.1")).toBe("0.0000000000000001");
    expect(feeOn("0.0000000000000001", "-0.1")).toBe("0");
    expect(feeOn("100", "-0.02")).toBe("-0.02");
  });
});

describe("a share of the balance", () => {
  const share = (percent: number, more: Partial<ShareInput>) =>
    sizeOfShare(percent, {
      ...{ market, book, balances, direction: "buy", type: "limit", sizeBy: "quantity" },
      ...{ price: "95" },
      ...more,
    });

  it("of a limit order is what it pays for at its price, rounded down", () => {
    expect(share(25, {})).toBe("2.631");
    expect(share(100, { direction: "sell" })).toBe("2.5");
    expect(share(50, { price: undefined })).toBeUndefined();
  });

  it("of a market order is what the book gives for it", () => {
    const all = { type: "market", price: undefined } as const;
    expect(share(10, { ...all })).toBe("0.995");
    expect(share(50, { ...all, sizeBy: "value" })).toBe("500");
    expect(share(100, { ...all, direction: "sell", sizeBy: "value" })).toBe("246.75");
    expect(share(25, { ...all, book: { bids: [], asks: [] } })).toBeUndefined();
  });

  it("never comes to more than is there, whatever the figures", () => {
    for (const available of ["1000", "0.01", "333.333333333333", "0", "7.7777777"]) {
      const own = new Map([["USDT", { currency: "USDT", available, held: "0" }]]);
      for (const price of ["0.03", "95", "107152.55"]) {
        const quantity = share(100, { balances: own, price }) ?? "";
        const terms: OrderTerms = { type: "limit", direction: "buy", price, quantity };
        const { left } = previewOf(terms, {
          ...{ ...input, balances: own, book: { bids: [], asks: [] } },
        });
        const { amount = "" } = left ?? {};
        expect(compare(amount, "0")).toBeGreaterThanOrEqual(0);
        expect(compare(subtract(amount, price), "0")).toBeLessThan(0);
      }
    }
  });
});

it("a market order trades within 5 % of the best price", () => {
  expect(bandLimit("buy", "100")).toBe("105");
  expect(bandLimit("sell", "100")).toBe("95");
});

import type { Market } from "@openbourse/client";
import { describe, expect, it } from "vitest";
import { check, emptyForm, fieldsOf, type TicketForm } from "./ticket-form.ts";

const market: Market = {
  ...{ market: "BTC_USDT", base: "BTC", quote: "USDT", quantityMin: "0.001", quantityMax: "10" },
  ...{ valueMin: "5.00000000", valueMax: "1000000", quantityDecimals: 3, priceDecimals: 2 },
};
const rules = { market, tick: "0.05" };
const checked = (change: Partial<TicketForm>) => check({ ...emptyForm, ...change }, rules);
const errorsOf = (change: Partial<TicketForm>) => {
  const result = checked(change);
  return result.ok ? {} : result.errors;
};

describe("a ticket", () => {
  it("that is filled in is an order, its numbers exact", () => {
    expect(checked({ price: "107 000.50", quantity: ".5" })).toEqual({
      ok: true,
      terms: { type: "limit", direction: "buy", price: "107000.5", quantity: "0.5" },
    });
    expect(checked({ type: "market", direction: "sell", sizeBy: "value", value: "100" })).toEqual({
      ok: true,
      terms: { type: "market", direction: "sell", value: "100" },
    });
  });

  it("has its stop price only where one is wanted", () => {
    const filled = { price: "100", quantity: "1", stopLossPrice: "110" };
    expect(checked(filled)).toMatchObject({ terms: { price: "100" } });
    expect(JSON.stringify(checked(filled))).not.toContain("110");
    expect(checked({ ...filled, hasStop: true })).toMatchObject({
      terms: { stopLossPrice: "110" },
    });
  });

  it("says at each field what is wrong with it", () => {
    expect(errorsOf({})).toEqual({ price: "Give a price.", quantity: "Give an amount." });
    expect(errorsOf({ price: "1,5", quantity: "0" })).toEqual({
      price: "Write digits and at most one point, such as 1234.5.",
      quantity: "Give an amount above 0.",
    });
    expect(errorsOf({ price: "100.07", quantity: "0.0005" })).toEqual({
      price: "Must be a multiple of 0.05.",
      quantity: "Must be a multiple of 0.001.",
    });
    expect(errorsOf({ price: "100", quantity: "11" })).toEqual({
      quantity: "Must be between 0.001 and 10 BTC.",
    });
    expect(errorsOf({ price: "100", quantity: "0.001" })).toEqual({
      quantity: "Must be worth between 5 and 1000000 USDT, and is 0.1.",
    });
    expect(errorsOf({ type: "market", sizeBy: "value", value: "1" })).toEqual({
      value: "Must be worth between 5 and 1000000 USDT, and is 1.",
    });
  });

  it("ignores fields that it does not show", () => {
    const form: TicketForm = { ...emptyForm, type: "market", price: "nonsense", quantity: "1" };
    expect(fieldsOf(form)).toEqual(["quantity"]);
    expect(check(form, rules).ok).toBe(true);
  });
});

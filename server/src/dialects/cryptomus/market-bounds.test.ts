/** Every bound of a market at every door to it, from both sides: what is taken, and what else is said. */
import { beforeAll, describe, expect, it } from "vitest";
import { lots } from "../../core/num/units.ts";
import { money, rulesOf } from "../../core/scenario.fixture.ts";
import { alice, bob, House, ordersPath } from "./rest-house.fixture.ts";

const quantityBounds = "Order quantity must be between 0.5 and 100 size.";
const valueBounds = "Order value must be between 10 and 2000 size.";
const quantityStep = "Order quantity must be a multiple of 0.1.";
const priceStep = "Order price must be a multiple of 0.05.";
const valueDigits = "Order value must have 16 decimals or less.";
const oneLot = "Order value must be enough for a quantity of 0.1 at the best price.";
const funds = "Insufficient funds.";

/** 0.5 to 100 in steps of 0.1, worth 10 to 2,000, in price steps of 0.05; bids at 4, asks at 25. */
const bounded = rulesOf("ABC", "USDT", {
  tickSize: { coefficient: 5, scale: 2 },
  lotSize: { coefficient: 1, scale: 1 },
  baseMin: lots(5),
  baseMax: lots(1_000),
  quoteMin: money("10"),
  quoteMax: money("2000"),
});

/** The same without a least value: there, a value may be too small for one lot. */
const open = rulesOf("ABD", "USDT", {
  ...bounded,
  code: "ABD_USDT",
  base: "ABD",
  quoteMin: money("0"),
});

type Row = readonly [fields: object, message: string | undefined];
const taken = undefined;

const limitRows: readonly Row[] = [
  [{ price: "25", quantity: "0.4" }, quantityBounds],
  [{ price: "25", quantity: "0.5" }, taken],
  [{ price: "20", quantity: "100" }, taken],
  [{ price: "10", quantity: "100.1" }, quantityBounds],
  [{ price: "10", quantity: "1e30" }, quantityBounds],
  [{ price: "10", quantity: "0.9" }, valueBounds],
  [{ price: "10", quantity: "1" }, taken],
  [{ price: "50", quantity: "40" }, taken],
  [{ price: "50", quantity: "40.1" }, valueBounds],
  [{ price: "1e17", quantity: "1" }, valueBounds],
  [{ price: "0.05", quantity: "100" }, valueBounds],
  [{ price: "0.1", quantity: "100" }, taken],
  [{ price: "10.01", quantity: "1" }, priceStep],
  [{ price: "0.01", quantity: "1" }, priceStep],
  [{ price: "10", quantity: "1.05" }, quantityStep],
  [{ price: "10", quantity: "0.05" }, quantityStep],
];

const doors: readonly (readonly [door: string, fields: object, rows: readonly Row[]])[] = [
  ["a limit buy", { direction: "buy" }, limitRows],
  ["a limit sell", { direction: "sell" }, limitRows],
  [
    "a market buy for a quantity",
    { direction: "buy" },
    [
      [{ quantity: "0.4" }, quantityBounds],
      [{ quantity: "0.5" }, taken],
      [{ quantity: "80" }, taken],
      [{ quantity: "80.1" }, valueBounds],
      [{ quantity: "100.1" }, quantityBounds],
      [{ quantity: "1e30" }, quantityBounds],
      [{ quantity: "1.05" }, quantityStep],
    ],
  ],
  [
    "a market sell of a quantity",
    { direction: "sell" },
    [
      [{ quantity: "0.4" }, quantityBounds],
      [{ quantity: "2.4" }, valueBounds],
      [{ quantity: "2.5" }, taken],
      [{ quantity: "100" }, taken],
      [{ quantity: "100.1" }, quantityBounds],
      [{ quantity: "2.55" }, quantityStep],
    ],
  ],
  [
    "a market buy for a value",
    { direction: "buy" },
    [
      [{ value: "9.99" }, valueBounds],
      [{ value: "12.49" }, quantityBounds],
      [{ value: "12.5" }, taken],
      [{ value: "2000" }, taken],
      [{ value: "2000.01" }, valueBounds],
      [{ value: "1e30" }, valueBounds],
      [{ value: "12.50000000000000001" }, valueDigits],
      [{ market: "ABD_USDT", value: "2.49" }, oneLot],
      [{ market: "ABD_USDT", value: "2.5" }, quantityBounds],
      [{ market: "ABD_USDT", value: "12.5" }, taken],
    ],
  ],
  [
    "a market sell for a value",
    { direction: "sell" },
    [
      [{ value: "9.99" }, valueBounds],
      [{ value: "10" }, taken],
      [{ value: "400.39" }, taken],
      [{ value: "400.4" }, quantityBounds],
      [{ value: "2000.01" }, valueBounds],
      [{ market: "ABD_USDT", value: "0.39" }, oneLot],
      [{ market: "ABD_USDT", value: "0.4" }, quantityBounds],
      [{ market: "ABD_USDT", value: "2" }, taken],
    ],
  ],
];

let house: House;

beforeAll(async () => {
  house = new House().endow();
  for (const rules of [bounded, open]) {
    house.apply({ kind: "add-market", rules });
    for (const user of [alice, bob]) house.deposit(user, rules.base, "100000");
  }
});

/** Places an order against books that are full on both sides, and takes it back. */
async function place(fields: object): Promise<string | undefined> {
  for (const market of ["ABC_USDT", "ABD_USDT"]) {
    for (const [direction, price] of [
      ["buy", "4"],
      ["sell", "25"],
    ] as const) {
      for (let times = 0; times < 2; times += 1) {
        await house.order(bob, {
          market,
          direction,
          price,
          quantity: price === "4" ? "100" : "80",
        });
      }
    }
  }
  const path = "price" in fields ? ordersPath : `${ordersPath}/market`;
  const body = JSON.stringify({ market: "ABC_USDT", ...fields });
  const { status, json } = await house.call("POST", path, { user: alice, body });
  for (const user of [alice, bob]) house.apply({ kind: "cancel-all", user });
  return status === 200 ? undefined : json.message;
}

describe.each(doors)("%s", (_door, side, rows) => {
  it.each(rows)("%j is answered %s", async (fields, message) => {
    expect(await place({ ...side, ...fields })).toBe(message);
  });
});

describe("bounds that are no market's", () => {
  it.each([
    [{ direction: "buy", value: "2000" }, "/market"],
    [{ direction: "buy", quantity: "80" }, "/market"],
    [{ direction: "sell", quantity: "100" }, "/market"],
    [{ direction: "sell", value: "400" }, "/market"],
    [{ direction: "buy", price: "20", quantity: "100" }, ""],
  ])("%j of somebody without money is refused for that", async (fields, path) => {
    for (const [direction, price] of [
      ["buy", "4"],
      ["sell", "25"],
    ] as const) {
      await house.order(bob, { market: "ABC_USDT", direction, price, quantity: "80" });
    }
    const poor = "00000000-0000-4000-8000-000000000000";
    const body = JSON.stringify({ market: "ABC_USDT", ...fields });
    const { json } = await house.call("POST", `${ordersPath}${path}`, { user: poor, body });
    expect(json.message).toBe(funds);
    house.apply({ kind: "cancel-all", user: bob });
  });
});

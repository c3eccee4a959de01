/**
 * MD5 signs a body and neither method nor path (docs/protocols/cryptomus, Signing), so what a body asks for must not depend
 * on where it is sent: each is taken by the operation that it was written for and by no other.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { alice, House, ordersPath } from "./rest-house.fixture.ts";
import { unexpectedFieldsMax } from "./rest-validation.ts";

const order = { market: "TRX_USDT", direction: "buy" };
const limitOrder = { ...order, quantity: "20", price: "0.3" };
const stopOrder = { ...limitOrder, stop_loss_price: "0.31" };
const marketOrder = { ...order, quantity: "20" };
const valueOrder = { ...order, value: "10" };

let house: House;
beforeEach(() => {
  house = new House().endow();
});

/** Sends a body, signed with MD5, and gives the fields that are refused as not expected. */
async function unexpected(method: string, target: string, body: string): Promise<string[]> {
  const { json } = await house.call(method, target, { user: alice, body });
  const faults: { property: string; message: string }[] = json.errors ?? [];
  return faults
    .filter(({ message }) => message === "This field was not expected.")
    .map(({ property }) => property);
}

describe("the body of", () => {
  it.each([
    ["a limit order", limitOrder, ["price"]],
    ["a limit order with a stop price", stopOrder, ["price", "stop_loss_price"]],
  ])("%s is refused as a market order", async (_, body, fields) => {
    const before = house.exchange.stateHash();
    const target = `${ordersPath}/market`;
    expect(await unexpected("POST", target, JSON.stringify(body))).toEqual(fields);
    expect(house.exchange.stateHash()).toBe(before);
  });

  it("a market order is refused as a limit order", async () => {
    for (const body of [marketOrder, valueOrder]) {
      const text = JSON.stringify(body);
      const answer = await house.call("POST", ordersPath, { user: alice, body: text });
      expect(answer.status).toBe(422);
    }
    expect(await unexpected("POST", ordersPath, JSON.stringify(valueOrder))).toEqual(["value"]);
  });

  const bodiless = new House().routes.filter(
    ({ security, bodySchema }) => security.length > 0 && bodySchema === undefined,
  );

  it.each(bodiless.map(({ method, path }) => [method, path]))(
    "an order is refused by %s %s, which takes none",
    async (method = "", path = "") => {
      const open = await house.order(alice, limitOrder);
      for (const body of [limitOrder, marketOrder, valueOrder]) {
        const target = path.replace(":orderId", open);
        const fields = await unexpected(method, target, JSON.stringify(body));
        expect(fields).toEqual(Object.keys(body));
      }
      expect(house.exchange.openOrders(alice)).toHaveLength(1);
    },
  );

  it("nothing is taken in every way in which clients write nothing", async () => {
    for (const body of ["", "{}", "[]", "null", " { } ", '{"order_id":null,"tag":""}']) {
      const open = await house.order(alice, limitOrder);
      const answer = await house.call("DELETE", `${ordersPath}/${open}`, { user: alice, body });
      expect(answer.status, body).toBe(200);
    }
  });
});

describe("a field that an order does not have", () => {
  it("is refused by its name, so that a misspelt one is not lost", async () => {
    const misspelt = { ...limitOrder, stop_los_price: "0.31", __proto: 1 };
    expect(await unexpected("POST", ordersPath, JSON.stringify(misspelt))).toEqual([
      "stop_los_price",
      "__proto",
    ]);
    expect(await unexpected("POST", ordersPath, '{"__proto__":{"price":1}}')).toEqual([
      "__proto__",
    ]);
  });

  it("is told beside what else is wrong, and only so often", async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`field${n}`, n]));
    const body = JSON.stringify({ ...many, market: 5 });
    const { json } = await house.call("POST", ordersPath, { user: alice, body });
    expect(json.errors).toHaveLength(unexpectedFieldsMax + 4);
  });
});

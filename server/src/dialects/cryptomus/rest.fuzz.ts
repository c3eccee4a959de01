/** Bodies, queries and paths that nobody should send: each gets an answer, and none of them is 500. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCharacter } from "../../../../test/support/any-character.ts";
import { rounds } from "../../../../test/support/rounds.ts";
import { alice, House, ordersPath } from "./rest-house.fixture.ts";

const fieldNames = [
  "market",
  "direction",
  "quantity",
  "price",
  "value",
  "stop_loss_price",
  "client_order_id",
  "tag",
  "__proto__",
  "constructor",
];
const parameterNames = ["market", "direction", "order_id", "client_order_id", "limit", "offset"];

const numberText = fc.oneof(
  fc.double().map(String),
  fc.bigInt().map(String),
  fc.tuple(fc.integer(), fc.integer({ min: -400, max: 400 })).map(([a, b]) => `${a}e${b}`),
  fc.constantFrom("0.3", "20", "0.2962", "1e-16", "1e18", "9007199254740993", "", ".", "-"),
);
const fieldValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("TRX_USDT", "BTC_USDT", "buy", "sell", "mine") },
  { weight: 4, arbitrary: numberText },
  fc.string({ unit: anyCharacter, maxLength: 80 }),
  fc.jsonValue(),
);
const goodFields = { market: "TRX_USDT", direction: "buy", quantity: "20", price: "0.3" };
const body = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.json(),
  fc
    .tuple(
      fc.constantFrom({}, goodFields),
      fc.dictionary(fc.constantFrom(...fieldNames), fieldValue),
    )
    .map(([fields, changes]) => JSON.stringify({ ...fields, ...changes })),
  // Numbers that are no text, with more digits than a double has.
  fc
    .tuple(fc.constantFrom("quantity", "price", "value"), numberText)
    .map(([name, digits]) => `{"market":"TRX_USDT","direction":"sell","${name}":${digits}}`),
);

const orderly = [200, 404, 422];

describe("any body of an order", () => {
  it.each(["", "/market"])("on %j is placed or refused, and money adds up", async (path) => {
    const house = new House().endow();
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const answer = await house.call("POST", `${ordersPath}${path}`, {
          user: alice,
          body: text,
        });
        expect(orderly).toContain(answer.status);
        expect(answer.status === 200).toBe("order_id" in answer.json);
        expect(answer.status === 200).toBe(!("code" in answer.json));
      }),
      { numRuns: rounds(400, 1_000) },
    );
    house.exchange.checkInvariants();
  });
});

describe("any query of a list", () => {
  const queries = fc.dictionary(fc.constantFrom(...parameterNames), fieldValue).map((fields) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields))
      query.set(name, typeof value === "string" ? value : JSON.stringify(value));
    return query;
  });

  it.each(["", "/history"])("on %j is answered or refused", async (path) => {
    const house = new House().endow();
    await house.order(alice, goodFields);
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const answer = await house.call("GET", `${ordersPath}${path}?${query}`, { user: alice });
        expect(orderly).toContain(answer.status);
      }),
    );
  });
});

describe("any path part", () => {
  // One or two dots are no part of a path: whoever sends them means another path.
  const pathParts = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((part) => part !== "." && part !== "..");

  it("is an order or a market that is not found, or one that is", async () => {
    const house = new House().endow();
    await fc.assert(
      fc.asyncProperty(pathParts, async (part) => {
        const encoded = encodeURIComponent(part);
        const cancelled = await house.call("DELETE", `${ordersPath}/${encoded}`, { user: alice });
        expect(cancelled).toMatchObject({ status: 404, json: { code: 5 } });
        for (const list of ["order-book", "trades"]) {
          const answer = await house.call("GET", `/v1/exchange/market/${list}/${encoded}`);
          expect(answer).toMatchObject({ status: 422, json: { code: 1 } });
        }
      }),
    );
  });
});

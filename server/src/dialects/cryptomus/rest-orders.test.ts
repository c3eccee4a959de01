import { beforeEach, describe, expect, it } from "vitest";
import { formatId, parseId } from "../../core/ids.ts";
import { rowsOf } from "../../ports/history-story.fixture.ts";
import { alice, bob, closedClientIdsMax, House, ordersPath } from "./rest-house.fixture.ts";
import { clientOrderIdLengthMax, tagLengthMax } from "./schemas.ts";

let house: House;
beforeEach(() => {
  house = new House().endow();
});

const post = (body: string, path = "") =>
  house.call("POST", `${ordersPath}${path}`, { user: alice, body });
const limit = (changes: object = {}) =>
  post(
    JSON.stringify({
      market: "TRX_USDT",
      direction: "buy",
      price: "0.3",
      quantity: "20",
      ...changes,
    }),
  );
const market = (changes: object = {}) =>
  post(JSON.stringify({ market: "TRX_USDT", direction: "buy", ...changes }), "/market");
const openOrders = () => house.exchange.openOrders(alice);
const faultOf = (property: string, value: unknown, message: string) => ({
  status: 422,
  json: { code: 0, message: "Validation failed.", errors: [{ property, value, message }] },
});

describe("a limit order", () => {
  it("rests in the book; the reply has its id and nothing else", async () => {
    const { text, json } = await limit();
    expect(text).toBe(`{"order_id":"${json.order_id}"}`);
    expect(openOrders()).toMatchObject([
      { market: "TRX_USDT", side: "buy", price: 3_000, quantity: 2_000, stopPrice: 0 },
    ]);
    expect(parseId(json.order_id)).toEqual({
      timeMs: house.nowMs,
      sequence: openOrders()[0]?.id,
      ordinal: 0,
    });
  });

  it("is taken as ccxt writes it, with a number for a price and a tag", async () => {
    const body =
      '{"market":"BTC_USDT","direction":"buy","tag":"ccxt","quantity":"0.001","price":2000}';
    expect((await post(body)).status).toBe(200);
    expect(openOrders()).toMatchObject([{ price: 40_000, quantity: 100_000 }]);
  });

  it("keeps the client's id and its stop price", async () => {
    await limit({ client_order_id: "987654321", stop_loss_price: 0.31 });
    expect(openOrders()).toMatchObject([{ clientId: "987654321", stopPrice: 3_100 }]);
  });

  it.each([
    ['{"market":"TRX_USDT","direction":"buy","price":0.3000,"quantity":20.00}', 3_000, 2_000],
    ['{"market":"TRX_USDT","direction":"buy","price":3e-1,"quantity":2E1}', 3_000, 2_000],
    ['{"market":"TRX_USDT","direction":"buy","price":"3e-1","quantity":" 20"}', undefined, 0],
    // As doubles, both of these numbers are other ones.
    [
      '{"market":"TRX_USDT","direction":"buy","price":0.29999999999999999,"quantity":20}',
      undefined,
      0,
    ],
    [
      '{"market":"TRX_USDT","direction":"buy","price":1e-3,"quantity":10000000.03}',
      10,
      1_000_000_003,
    ],
  ])("is read digit by digit: %s", async (body, price, quantity) => {
    const { status } = await post(body);
    expect(status).toBe(price === undefined ? 422 : 200);
    expect(openOrders()).toMatchObject(price === undefined ? [] : [{ price, quantity }]);
  });

  it("without anything is refused once for every field that is missing", async () => {
    for (const body of ["", "{}", '{"market":null,"direction":"","price":null,"quantity":""}']) {
      const { status, json } = await post(body);
      expect(status).toBe(422);
      expect(json.errors.map(({ property }: { property: string }) => property)).toEqual([
        "market",
        "direction",
        "quantity",
        "price",
      ]);
      for (const { message } of json.errors)
        expect(message).toBe("This value should not be blank.");
    }
  });

  it.each([
    [{ market: 5 }, faultOf("market", 5, "This value should be of type string.")],
    [{ market: ["TRX_USDT"] }, faultOf("market", null, "This value should be of type string.")],
    [
      { market: "X".repeat(65) },
      faultOf(
        "market",
        "X".repeat(64),
        "This value is too long. It should have 64 characters or less.",
      ),
    ],
    [
      { direction: "BUY" },
      faultOf("direction", "BUY", "The value you selected is not a valid choice."),
    ],
    [{ direction: 1 }, faultOf("direction", 1, "The value you selected is not a valid choice.")],
    [{ price: "abc" }, faultOf("price", "abc", "This value should be of type numeric.")],
    [{ price: true }, faultOf("price", true, "This value should be of type numeric.")],
    [{ price: "0" }, faultOf("price", "0", "This value should be positive.")],
    [{ quantity: -1 }, faultOf("quantity", "-1", "This value should be positive.")],
    [{ quantity: {} }, faultOf("quantity", null, "This value should be of type numeric.")],
    [{ stop_loss_price: "-0" }, faultOf("stop_loss_price", "-0", "This value should be positive.")],
    [
      { client_order_id: "x".repeat(clientOrderIdLengthMax + 1) },
      faultOf(
        "client_order_id",
        "x".repeat(64),
        "This value is too long. It should have 64 characters or less.",
      ),
    ],
    [{ client_order_id: 7 }, faultOf("client_order_id", 7, "This value should be of type string.")],
    [
      { client_order_id: "\ud800" },
      faultOf("client_order_id", "\ufffd", "This value is not valid."),
    ],
    [
      { tag: "x".repeat(tagLengthMax + 1) },
      faultOf(
        "tag",
        "x".repeat(64),
        "This value is too long. It should have 255 characters or less.",
      ),
    ],
  ])("with %j is refused by name", async (changes, expected) => {
    expect(await limit(changes)).toMatchObject(expected);
    expect(openOrders()).toEqual([]);
  });

  it.each([
    ["{", "This value should be valid JSON."],
    ["price=1", "This value should be valid JSON."],
    ["[".repeat(60_000), "This value should be valid JSON."],
    [`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, undefined],
    ["[]", "This value should be of type object."],
    ["null", "This value should be of type object."],
    ['"text"', "This value should be of type object."],
    ["5", "This value should be of type object."],
  ])("whose body is %s is refused", async (body, message) => {
    const { status, json } = await post(body);
    expect(status).toBe(422);
    expect(json.code).toBe(0);
    if (message !== undefined)
      expect(json.errors).toEqual([{ property: "body", value: null, message }]);
  });

  it.each([
    [{ market: "BTC_EUR" }, 1, "Market BTC_EUR not found."],
    [{ price: "0.30001" }, 2, "Order price must be a multiple of 0.0001."],
    [{ quantity: "20.001" }, 2, "Order quantity must be a multiple of 0.01."],
    [{ quantity: "1e-20" }, 2, "Order quantity must be a multiple of 0.01."],
    [{ market: "BTC_USDT", price: "100.02" }, 2, "Order price must be a multiple of 0.05."],
    [{ stop_loss_price: "0.40001" }, 2, "Stop-loss price must be a multiple of 0.0001."],
    [{ quantity: "9.99" }, 3, "Order quantity must be between 10 and 10000000000 size."],
    [{ quantity: "10000000000.01" }, 3, "Order quantity must be between 10 and 10000000000 size."],
    [{ quantity: "1e30" }, 3, "Order quantity must be between 10 and 10000000000 size."],
    [{ price: "0.0499" }, 3, "Order value must be between 1 and 10000000 size."],
    [{ price: "1e17" }, 3, "Order value must be between 1 and 10000000 size."],
    [
      { market: "BTC_USDT", price: "0.05", quantity: "1" },
      3,
      "Order value must be between 0.1000000000000001 and 99999999 size.",
    ],
    [{ stop_loss_price: "0.29" }, 4, "Stop-loss price must be higher than order price"],
    [{ stop_loss_price: "0.3" }, 4, "Stop-loss price must be higher than order price"],
    [
      { direction: "sell", stop_loss_price: "0.31" },
      4,
      "Stop-loss price must be lower than order price",
    ],
    [{ stop_loss_price: "1e20" }, 4, "Stop-loss price must be higher than order price"],
    [{ price: "1000", quantity: "101" }, 6, "Insufficient funds."],
  ])("with %j is refused with code %i", async (changes, code, message) => {
    const { status, text } = await limit(changes);
    expect(status).toBe(422);
    expect(text).toBe(JSON.stringify({ code, state: code, message }));
    expect(openOrders()).toEqual([]);
  });

  it("whose stop price the market has reached already is refused", async () => {
    await house.order(bob, { market: "TRX_USDT", direction: "sell", price: "0.4", quantity: "10" });
    await limit({ price: "0.4", quantity: "10" });
    expect(await limit({ price: "0.3", stop_loss_price: "0.35" })).toMatchObject({
      status: 422,
      json: { code: 4, message: "Stop-loss price must be higher than market price" },
    });
    expect(await limit({ direction: "sell", price: "0.5", stop_loss_price: "0.45" })).toMatchObject(
      {
        status: 422,
        json: { code: 4, message: "Stop-loss price must be lower than market price" },
      },
    );
  });

  it("with a client id that was used is refused, also when that order is over", async () => {
    const first = await limit({ client_order_id: "mine" });
    const expected = { code: 7, state: 7, message: "Client order id mine is already in use." };
    expect(await limit({ client_order_id: "mine" })).toMatchObject({ status: 422, json: expected });
    await house.call("DELETE", `${ordersPath}/${first.json.order_id}`, { user: alice });
    expect(await limit({ client_order_id: "mine" })).toMatchObject({ status: 422, json: expected });
    await house.order(bob, {
      market: "TRX_USDT",
      direction: "buy",
      price: "0.3",
      quantity: "20",
      client_order_id: "mine",
    });
  });

  it("with a client id that the exchange has forgotten is refused all the same", async () => {
    const ids = Array.from({ length: closedClientIdsMax + 1 }, (_, index) => `order ${index}`);
    for (const client_order_id of ids) {
      const { json } = await limit({ client_order_id });
      await house.call("DELETE", `${ordersPath}/${json.order_id}`, { user: alice });
    }
    expect(house.exchange.clientIdsForgottenUpTo(alice)).toBeGreaterThan(0);

    const size = { quantity: "20", client_order_id: "order 0" };
    const expected = { code: 7, state: 7, message: "Client order id order 0 is already in use." };
    expect(await limit(size)).toMatchObject({ status: 422, json: expected });
    expect(await market(size)).toMatchObject({ status: 422, json: expected });
    expect(openOrders()).toEqual([]);
  });

  it("in a halted market is refused", async () => {
    house.apply({ kind: "halt-market", market: "TRX_USDT" });
    expect(await limit()).toMatchObject({
      status: 422,
      json: { code: 1, message: "Market TRX_USDT does not take orders at present." },
    });
  });

  it("of somebody who never had money is refused for that", async () => {
    const stranger = "00000000-0000-4000-8000-000000000000";
    const body = JSON.stringify({ market: "TRX_USDT", direction: "buy", price: 1, quantity: 20 });
    expect(await house.call("POST", ordersPath, { user: stranger, body })).toMatchObject({
      status: 422,
      text: '{"code":6,"state":6,"message":"Insufficient funds."}',
    });
  });

  it("is refused when there are too many", async () => {
    for (let count = 0; count < 150; count += 1) await limit();
    expect(await limit()).toMatchObject({
      status: 422,
      json: { code: 1, message: "You have too many open orders." },
    });
  });
});

describe("a market order", () => {
  beforeEach(async () => {
    await house.order(bob, {
      market: "TRX_USDT",
      direction: "sell",
      price: "0.3",
      quantity: "100",
    });
    await house.order(bob, { market: "TRX_USDT", direction: "buy", price: "0.2", quantity: "100" });
  });

  const closed = async () => {
    const [record] = await rowsOf(house.history.closedOrders({ user: alice, limit: 1 }));
    return record?.order;
  };

  it.each([
    [{ quantity: "20" }, { side: "buy", filled: 2_000, value: 0n }],
    [{ quantity: 2e1 }, { side: "buy", filled: 2_000, value: 0n }],
    [{ value: "6" }, { side: "buy", filled: 2_000, value: 6n * 10n ** 16n }],
    [{ value: "6.0000000000000001" }, { side: "buy", filled: 2_000 }],
    [
      { direction: "sell", quantity: "20" },
      { side: "sell", filled: 2_000, value: 0n },
    ],
    [
      { direction: "sell", value: "4" },
      { side: "sell", filled: 2_000, value: 4n * 10n ** 16n },
    ],
  ])("of %j trades at once", async (changes, expected) => {
    const { text, json } = await market(changes);
    expect(text).toBe(`{"order_id":"${json.order_id}"}`);
    expect(await closed()).toMatchObject({ type: "market", ...expected });
    expect(openOrders()).toEqual([]);
  });

  it("is for a quantity or for a value, not for both and not for nothing", async () => {
    expect(await market()).toMatchObject(
      faultOf("quantity", null, "This value should not be blank."),
    );
    expect(await market({ quantity: "20", value: "" })).toMatchObject({ status: 200 });
    expect(await market({ quantity: "20", value: "6" })).toMatchObject(
      faultOf("value", null, "This value should be blank."),
    );
  });

  it.each([
    [{ value: "6.00000000000000001" }, 2, "Order value must have 16 decimals or less."],
    [{ value: "0.9" }, 3, "Order value must be between 1 and 10000000 size."],
    [{ value: "1e19" }, 3, "Order value must be between 1 and 10000000 size."],
    [{ quantity: "5" }, 3, "Order quantity must be between 10 and 10000000000 size."],
    [{ market: "BTC_USDT", quantity: "1" }, 1, "Market BTC_USDT has no orders to trade with."],
    [{ value: "100001" }, 6, "Insufficient funds."],
    [{ market: "DOGE_USDT", quantity: "1" }, 1, "Market DOGE_USDT not found."],
  ])("of %j is refused with code %i", async (changes, code, message) => {
    expect(await market(changes)).toMatchObject({
      status: 422,
      text: JSON.stringify({ code, state: code, message }),
    });
  });

  it("has a client id like any other", async () => {
    await market({ quantity: "20", client_order_id: "mine" });
    expect((await closed())?.clientId).toBe("mine");
    expect((await market({ quantity: "20", client_order_id: "mine" })).json.code).toBe(7);
  });
});

describe("a cancel", () => {
  const cancel = (id: string, user = alice) =>
    house.call("DELETE", `${ordersPath}/${id}`, { user, body: "{}" });
  const notFound = (id: string) => ({
    status: 404,
    text: `{"code":5,"state":5,"message":"Order ${id} not found."}`,
  });

  it("closes an open order, with the body that ccxt signs or with none", async () => {
    const { json } = await limit();
    expect(await cancel(json.order_id)).toMatchObject({ status: 200, text: '{"success":true}' });
    expect(openOrders()).toEqual([]);
    const again = await limit();
    const bare = await house.call("DELETE", `${ordersPath}/${again.json.order_id}`, {
      user: alice,
    });
    expect(bare.text).toBe('{"success":true}');
  });

  it("of an order that is closed, or another user's, finds nothing and changes nothing", async () => {
    const { json } = await limit();
    expect(await cancel(json.order_id, bob)).toMatchObject(notFound(json.order_id));
    expect(openOrders()).toHaveLength(1);
    await cancel(json.order_id);
    expect(await cancel(json.order_id)).toMatchObject(notFound(json.order_id));
  });

  it("of an id that was never given out finds nothing, though its sequence be right", async () => {
    const { json } = await limit();
    const parts = parseId(json.order_id);
    if (parts === undefined) throw new Error("an order has an id");
    for (const made of [
      formatId({ ...parts, timeMs: parts.timeMs + 1 }),
      formatId({ ...parts, ordinal: 1 }),
      formatId({ ...parts, sequence: parts.sequence + 1 }),
    ]) {
      expect(await cancel(made)).toMatchObject(notFound(made));
    }
    expect(openOrders()).toHaveLength(1);
  });

  it.each(["x", "987654321", "01JF0NE1AXA5SS3NSP2EGJ0ARI", "0".repeat(26)])(
    "of %s finds nothing",
    async (id) => {
      expect(await cancel(id)).toMatchObject(notFound(id));
    },
  );

  it("repeats no more of an id than it has to", async () => {
    expect((await cancel("y".repeat(400))).json.message).toBe(`Order ${"y".repeat(64)} not found.`);
  });
});

describe("an exchange in trouble", () => {
  it.each([
    [{ kind: "busy" } as const, 503],
    [{ kind: "malformed" } as const, 500],
    [{ kind: "stopped", reason: "the disk is on fire" } as const, 500],
  ])("%j is not told, but that nothing was done is", async (trouble, status) => {
    house.trouble = trouble;
    expect(await limit()).toMatchObject({
      status,
      text: '{"code":500,"message":"Server error."}',
    });
  });

  it("says that nothing was done where that is certain and will pass", async () => {
    const text =
      '{"code":500,"message":"Nothing was done: the exchange cannot be reached at present. Please send it again."}';
    house.trouble = { kind: "unavailable", reason: "no node leads", passes: true };
    const expected = { status: 503, text };
    expect(await limit()).toMatchObject(expected);
    expect(await house.call("GET", ordersPath, { user: alice })).toMatchObject(expected);
  });

  it("takes no order whose client id it cannot look up", async () => {
    house.trouble = { kind: "unavailable", reason: "the disk is on fire" };
    expect(await limit({ client_order_id: "mine" })).toMatchObject({
      status: 500,
      text: '{"code":500,"message":"Server error."}',
    });
    expect(openOrders()).toEqual([]);
  });

  it("does not cancel what it cannot find", async () => {
    const { json } = await limit();
    house.trouble = { kind: "unavailable", reason: "the disk is on fire" };
    expect(
      await house.call("DELETE", `${ordersPath}/${json.order_id}`, { user: alice }),
    ).toMatchObject({ status: 500, text: '{"code":500,"message":"Server error."}' });
  });
});

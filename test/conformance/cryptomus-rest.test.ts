/**
 * The REST interface of the Cryptomus protocol over real sockets: who is let in and how they sign, each error with its documented body, filters, odd and hostile
 * requests, and the description of the interface.
 */
import { createHmac } from "node:crypto";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { CryptomusClient, type CryptomusUser, signatureOf } from "../support/cryptomus-client.ts";
import { type HttpAnswer, type HttpCall, httpCall } from "../support/http-call.ts";
import { findOpenApiFaults } from "../support/openapi-check.ts";
import { addFundedUsers, addMarket } from "../support/operator.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";

const yaml =
  "exchange: {participants: {enabled: false}}\ndatasets: []\ndemo: {users: false}\ncryptomus: {restCallsPerSecondMax: 0}";
const api = "/v2/user-api/exchange";
const balance = `${api}/account/balance`;
const market = "TRX_USDT";

let server: ServerInside;
let user: CryptomusUser;
let client: CryptomusClient;
let other: CryptomusClient;

beforeAll(async () => {
  server = await startServerInside({ yaml });
  await addMarket(server.data, {
    code: market,
    tick: "0.0001",
    lot: "1",
    minBase: "10",
    maxBase: "10000000000",
  });
  await addMarket(server.data, { code: "BTC_USDT", tick: "0.01", lot: "0.00001" });
  await addMarket(server.data, { code: "HALT_USDT", tick: "0.01", lot: "1" });
  await runHere(["markets", "halt", "HALT_USDT", "--data", server.data]);
  const amounts = { TRX: "1000000", BTC: "10", USDT: "1000000" };
  const [first, second] = await addFundedUsers(server.data, 2, amounts);
  if (first === undefined || second === undefined) throw new Error("there are too few users");
  user = first;
  client = new CryptomusClient(server, first);
  other = new CryptomusClient(server, second);
});
afterAll(() => server.stop());

const send = (call: HttpCall): Promise<HttpAnswer> => httpCall(server.port, call);
const json = ({ text }: HttpAnswer) => JSON.parse(text);
const headersOf = (sign: string) => ({ userId: user.userId, sign });
const invalidSign = { status: 401, text: '{"message":"Invalid Sign."}' };

/** A signed request of the user. */
const signed = (method: string, target: string, body = "") =>
  send({ method, target, headers: headersOf(signatureOf(body, user.apiKey)), body });

/** A limit order that rests, unless something is changed. */
const order = (changes: object = {}) =>
  client.limitOrder({ market, direction: "buy", quantity: "10", price: "0.01", ...changes });

describe("the md5 signature", () => {
  const limit = (id: string) =>
    `{"market":"${market}","direction":"buy","quantity":"10","price":0.0100,"client_order_id":"${id}"}`;

  it.each([
    ["as it was sent", "a/1", (body: string) => body],
    ["as PHP escapes slashes", "b/2", (body: string) => body.replace("/", "\\/")],
    [
      "as PHP escapes slashes and letters beyond ASCII",
      "é/3",
      (body: string) => body.replace("é", "\\u00e9").replace("/", "\\/"),
    ],
    ["as it was sent, with spaces and a tag", "d/4", (body: string) => body],
  ])("may be made over the body %s", async (what, id, form) => {
    const body = what.includes("spaces") ? ` ${limit(id).replaceAll(",", " ,\n")} ` : limit(id);
    const compact = what.includes("PHP") ? body.replace("0.0100", "0.01") : body;
    const sign = signatureOf(form(compact), user.apiKey);
    const target = `${api}/orders`;
    const answer = await send({ method: "POST", target, headers: headersOf(sign), body });
    expect(answer.text).toMatch(/^\{"order_id":"[0-9A-HJKMNP-TV-Z]{26}"\}$/);
    expect(answer.contentType).toBe("application/json; charset=utf-8");
    const { status } = await client.cancel(json(answer).order_id);
    expect(status).toBe(200);
  });

  it.each([
    ["nothing", "", ""],
    ["nothing, while {} is sent", "{}", ""],
    ["{}, which is sent", "{}", "{}"],
  ])("of a request without parameters is made over %s", async (_what, body, form) => {
    const { status, body: made } = await order();
    expect(status).toBe(200);
    const sign = signatureOf(form, user.apiKey);
    const target = `${api}/orders/${made.order_id}`;
    const answer = await send({ method: "DELETE", target, headers: headersOf(sign), body });
    expect(answer).toMatchObject({ status: 200, text: '{"success":true}' });
  });

  it.each(["userId", "userid", "USERID", "user_id", "User_Id"])(
    "comes with the user in the header %s, itself in either case",
    async (name) => {
      const sign = signatureOf("", user.apiKey);
      for (const [header, value] of [
        ["sign", sign],
        ["SIGN", sign.toUpperCase()],
      ] as const) {
        const headers = { [name]: user.userId, [header]: value };
        expect((await send({ method: "GET", target: balance, headers })).status).toBe(200);
      }
    },
  );

  it("leaves the query of a GET out", async () => {
    const answer = await signed("GET", `${balance}?ticker=USDT`);
    expect(json(answer).result).toEqual([
      { ticker: "USDT", available: "1000000.00000000", held: "0.00000000" },
    ]);
    const sign = signatureOf("ticker=USDT", user.apiKey);
    const target = `${balance}?ticker=USDT`;
    expect(await send({ method: "GET", target, headers: headersOf(sign) })).toMatchObject(
      invalidSign,
    );
  });

  it.each<[string, (good: string) => Record<string, string>]>([
    ["no headers", () => ({})],
    ["no sign", () => ({ userId: user.userId })],
    ["an empty sign", () => headersOf("")],
    ["no user", (sign) => ({ sign })],
    [
      "another sign",
      (sign) => headersOf(sign.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))),
    ],
    ["a longer sign", (sign) => headersOf(`${sign}0`)],
    ["a very long sign", () => headersOf("f".repeat(8_000))],
    ["somebody else's sign", () => headersOf(signatureOf("", other.user.apiKey))],
    ["the key itself", () => headersOf(user.apiKey)],
  ])("with %s is refused with 401", async (_what, headers) => {
    const sent = headers(signatureOf("", user.apiKey));
    expect(await send({ method: "GET", target: balance, headers: sent })).toMatchObject(
      invalidSign,
    );
  });

  it("over another body is refused, and nothing is placed", async () => {
    const sign = signatureOf(limit("mine"), user.apiKey);
    const body = limit("mine").replace("buy", "sell");
    const target = `${api}/orders`;
    const answer = await send({ method: "POST", target, headers: headersOf(sign), body });
    expect(answer).toMatchObject(invalidSign);
    expect(await client.activeOrders()).toEqual([]);
  });

  it.each([
    ["nobody has", () => "00000000-0000-4000-8000-000000000000"],
    ["is no id", () => "1 OR 1=1"],
    ["is far too long", () => "a".repeat(8_000)],
  ])("of a user id that %s is refused with 404", async (_what, userId) => {
    const headers = { userId: userId(), sign: signatureOf("", user.apiKey) };
    expect(await send({ method: "GET", target: balance, headers })).toMatchObject({
      status: 404,
      text: '{"code":404,"message":"User not found."}',
    });
  });

  it("of a user who is disabled is refused with 404 within seconds", async () => {
    const [leaving] = await addFundedUsers(server.data, 1, {});
    if (leaving === undefined) throw new Error("no user");
    const his = new CryptomusClient(server, leaving);
    expect((await his.call("GET", balance)).body).toEqual({ result: [] });
    await runHere(["users", "disable", leaving.userId, "--data", server.data]);
    // A change of the users is looked for about every second.
    await expect
      .poll(async () => (await his.call("GET", balance)).body)
      .toEqual({ code: 404, message: "User not found." });
  });
});

describe("the HMAC signature", () => {
  interface Stamped {
    readonly method?: string;
    readonly target?: string;
    readonly body?: string;
    readonly timestamp?: string;
    readonly nonce?: string;
  }
  /** Headers of a request that is signed so. */
  function stamp(request: Stamped = {}): Record<string, string> {
    const { method = "GET", target = balance, body = "", nonce } = request;
    const timestamp = request.timestamp ?? String(Date.now());
    const lines = [timestamp, nonce ?? "", method, target, body].join("\n");
    const signature = createHmac("sha256", user.apiKey).update(lines).digest("hex");
    const head = { userId: user.userId, timestamp, signature };
    return nonce === undefined ? head : { ...head, nonce };
  }
  const get = (headers: Record<string, string>, target = balance) =>
    send({ method: "GET", target, headers });

  it("is good once", async () => {
    const headers = stamp({ nonce: "n-1" });
    expect((await get(headers)).status).toBe(200);
    expect(await get(headers)).toMatchObject({
      status: 401,
      text: expect.stringContaining("Repeated request."),
    });
    expect(
      (await get({ ...headers, signature: headers["signature"]?.toUpperCase() ?? "" })).status,
    ).toBe(401);
  });

  it("tells requests of one millisecond apart by their nonces", async () => {
    const timestamp = String(Date.now());
    const sent = ["a", "b", "c"].map((nonce) => get(stamp({ timestamp, nonce })));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("is made over an order's body and cannot be used for another one", async () => {
    const body = JSON.stringify({ market, direction: "buy", quantity: "10", price: "0.01" });
    const target = `${api}/orders`;
    const post = (headers: Record<string, string>, sent: string) =>
      send({ method: "POST", target, headers, body: sent });
    const placed = await post(stamp({ method: "POST", target, body }), body);
    expect(placed.status).toBe(200);
    const changed = body.replace("10", "99");
    expect((await post(stamp({ method: "POST", target, body }), changed)).status).toBe(401);
    await client.cancel(json(placed).order_id);
  });

  it.each<[string, () => Record<string, string>, string]>([
    [
      "six seconds old",
      () => stamp({ timestamp: String(Date.now() - 6_000) }),
      "Invalid timestamp.",
    ],
    [
      // Not by a second more than is allowed, which a crowded machine takes to answer.
      "a minute early",
      () => stamp({ timestamp: String(Date.now() + 60_000) }),
      "Invalid timestamp.",
    ],
    ["stamped with words", () => stamp({ timestamp: "now" }), "Invalid timestamp."],
    ["of another path", () => stamp({ target: `${balance}?ticker=BTC` }), "Invalid Sign."],
    ["of another method", () => stamp({ method: "POST" }), "Invalid Sign."],
    ["with another time", () => ({ ...stamp(), timestamp: "1" }), "Invalid Sign."],
    ["with another nonce", () => ({ ...stamp({ nonce: "a" }), nonce: "b" }), "Invalid Sign."],
    ["cut short", () => ({ ...stamp(), signature: "00" }), "Invalid Sign."],
  ])("that is %s is refused with 401", async (_what, headers, message) => {
    const answer = await get(headers());
    expect(answer.status).toBe(401);
    expect(json(answer).message).toContain(message);
  });
});

describe("each error", () => {
  const refused = (code: number, message: string) => ({
    status: code === 5 ? 404 : 422,
    body: { code, state: code, message },
  });
  const blank = (property: string) => ({
    property,
    value: null,
    message: "This value should not be blank.",
  });

  it("0 lists everything that is wrong, as documented", async () => {
    expect(await send({ method: "GET", target: `${api}/markets/price` })).toMatchObject({
      status: 422,
      text: '{"code":0,"message":"Validation failed.","errors":[{"property":"symbol","value":null,"message":"This value should not be blank."}]}',
    });
    const { status, body } = await client.call("POST", `${api}/orders`, { direction: "up" });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 0, message: "Validation failed." });
    expect(body.errors).toEqual([
      blank("market"),
      {
        property: "direction",
        value: "up",
        message: "The value you selected is not a valid choice.",
      },
      blank("quantity"),
      blank("price"),
    ]);
  });

  it.each<[string, object, number, string]>([
    ["an unknown market", { market: "NOPE_USDT" }, 1, "Market NOPE_USDT not found."],
    [
      "a halted market",
      { market: "HALT_USDT" },
      1,
      "Market HALT_USDT does not take orders at present.",
    ],
    ["too fine a quantity", { quantity: "10.5" }, 2, "Order quantity must be a multiple of 1."],
    ["too fine a price", { price: "0.00001" }, 2, "Order price must be a multiple of 0.0001."],
    [
      "too small a quantity",
      { quantity: "9" },
      3,
      "Order quantity must be between 10 and 10000000000 size.",
    ],
    [
      "too large a quantity",
      { quantity: "99999999999999999999" },
      3,
      "Order quantity must be between 10 and 10000000000 size.",
    ],
    [
      "a stop below a buy",
      { stop_loss_price: "0.0099" },
      4,
      "Stop-loss price must be higher than order price",
    ],
    [
      "a stop above a sell",
      { direction: "sell", stop_loss_price: "0.0101" },
      4,
      "Stop-loss price must be lower than order price",
    ],
    ["too little money", { quantity: "100000000", price: "0.1" }, 6, "Insufficient funds."],
  ])("of an order: %s", async (_what, changes, code, message) => {
    expect(await order(changes)).toEqual(refused(code, message));
    expect(await client.activeOrders()).toEqual([]);
  });

  it.each(["01JF0NE1AXA5SS3NSP2EGJ0ARS", "nothing", "01jf0ne1axa5ss3nsp2egj0ars", "a%2Fb%0A"])(
    "5 for the order %s",
    async (id) => {
      const shown = decodeURIComponent(id);
      expect(await client.cancel(id)).toEqual(refused(5, `Order ${shown} not found.`));
    },
  );

  it("5 for somebody else's order, and for one that is cancelled", async () => {
    const { body } = await order();
    const gone = refused(5, `Order ${body.order_id} not found.`);
    expect(await other.cancel(body.order_id)).toEqual(gone);
    expect((await client.cancel(body.order_id)).body).toEqual({ success: true });
    expect(await client.cancel(body.order_id)).toEqual(gone);
  });

  it("7 for a client order id that was used before, also by an order that is gone", async () => {
    const { body } = await order({ client_order_id: "twice" });
    await client.cancel(body.order_id);
    expect(await order({ client_order_id: "twice" })).toEqual(
      refused(7, "Client order id twice is already in use."),
    );
    const his = await other.limitOrder({
      ...{ market, direction: "buy", quantity: "10", price: "0.01", client_order_id: "twice" },
    });
    expect(his.status).toBe(200);
    await other.cancel(his.body.order_id);
  });

  it("7 for a client order id of long ago, when a thousand others have come and gone", async () => {
    const use = async (id: string) => {
      const { body } = await order({ client_order_id: id });
      expect(await client.cancel(body.order_id)).toMatchObject({ status: 200 });
    };
    await use("long ago");
    for (let from = 0; from < 1_050; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => use(`later ${from + index}`)));
    }
    expect(await order({ client_order_id: "long ago" })).toEqual(
      refused(7, "Client order id long ago is already in use."),
    );
  });

  it.each([
    ["neither size", {}, "quantity"],
    ["both sizes", { quantity: "10", value: "1" }, "value"],
  ])("0 for a market order with %s", async (_what, size, property) => {
    const { status, body } = await client.marketOrder({ market, direction: "buy", ...size });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 0, errors: [{ property }] });
  });

  it("1 for a market order that meets nobody", async () => {
    const answer = await client.marketOrder({ market, direction: "buy", quantity: "10" });
    expect(answer).toEqual(refused(1, `Market ${market} has no orders to trade with.`));
  });
});

describe("odd requests", () => {
  it.each([
    ["GET", `${api}/nothing`],
    ["GET", "/v1/exchange/market/order-book"],
    ["GET", "/v1/exchange/market/order-book/TRX_USDT/0"],
    ["GET", "/api/v2/nothing"],
  ])("%s %s is not found, in the words of this protocol", async (method, target) => {
    const answer = await send({ method, target });
    expect(answer.status).toBe(404);
    expect(json(answer)).toEqual({
      code: 404,
      message: expect.stringMatching(/^Path .* not found/),
    });
  });

  it.each([
    ["PUT", `${api}/orders`],
    ["PATCH", balance],
    ["DELETE", `${api}/orders`],
    ["POST", "/v1/exchange/market"],
  ])("%s %s is not allowed, in the words of this protocol", async (method, target) => {
    const answer = await send({ method, target });
    expect(answer.status).toBe(405);
    expect(json(answer)).toEqual({ code: 405, message: "Method Not Allowed" });
  });

  it("a body of 65,536 bytes is read, one byte more is refused with 413", async () => {
    const padded = (bytes: number) => {
      const text = JSON.stringify({ market: "NOPE_USDT", direction: "buy", tag: "" });
      return text.replace('""', `"${"x".repeat(bytes - text.length)}"`);
    };
    expect((await signed("POST", `${api}/orders`, padded(65_536))).status).toBe(422);
    const answer = await signed("POST", `${api}/orders`, padded(65_537));
    expect(answer.status).toBe(413);
    expect(json(answer)).toEqual({ code: 413, message: "Payload Too Large" });
  });

  it.each([
    ["that is no JSON", "{", "body"],
    ["that is no object", "[]", "body"],
    ["nested too deep", `${"[".repeat(20_000)}${"]".repeat(20_000)}`, "body"],
    ["with a price of words", '{"price":"ten"}', "price"],
    ["with a price below nothing", '{"price":-1}', "price"],
    ["with an object for a price", '{"price":{}}', "price"],
    ["with true for a market", '{"market":true}', "market"],
    ["with a long client order id", `{"client_order_id":"${"x".repeat(65)}"}`, "client_order_id"],
    ["with half a character", '{"client_order_id":"\\ud800"}', "client_order_id"],
  ])("a body %s is refused with code 0", async (_what, body, property) => {
    const answer = await signed("POST", `${api}/orders`, body);
    expect(answer.status).toBe(422);
    const { code, errors } = json(answer);
    expect(code).toBe(0);
    expect(errors.map((fault: { property: string }) => fault.property)).toContain(property);
  });

  it.each(["1e-2", "0.010", '"0.01"', '"0.0100000000000000"', "10e-3"])(
    "a price of %s is read digit by digit",
    async (price) => {
      const body = `{"market":"${market}","direction":"buy","quantity":1e1,"price":${price}}`;
      const { order_id: id } = json(await signed("POST", `${api}/orders`, body));
      expect(await client.activeOrders()).toMatchObject([
        { id, price: "0.0100000000000000", quantity: "10.0000000000000000" },
      ]);
      await client.cancel(id);
    },
  );

  it("a path that is no UTF-8 or too long is refused and no fault of ours", async () => {
    for (const target of [`${api}/orders/%ff`, `${api}/orders/${"x".repeat(5_000)}`]) {
      const answer = await signed("DELETE", target);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(Object.keys(json(answer))).toContain("code");
    }
    expect(server.log.map(({ phrase }) => phrase)).not.toContain("request failed");
  });

  it("a trailing slash and repeated parameters do no harm", async () => {
    expect((await signed("GET", `${balance}/?ticker=BTC&ticker=TRX`)).text).toBe(
      '{"result":[{"ticker":"BTC","available":"10.00000000","held":"0.00000000"}]}',
    );
  });
});

describe("lists of orders", () => {
  const ids: string[] = [];
  beforeAll(async () => {
    const shapes = [
      { client_order_id: "f1" },
      { direction: "sell", price: "0.9", client_order_id: "f2" },
      { market: "BTC_USDT", quantity: "0.001", price: "100", stop_loss_price: "101.120" },
    ];
    for (const shape of shapes) ids.push((await order(shape)).body.order_id);
  });

  const filters: readonly (readonly [string, readonly number[]])[] = [
    ["", [2, 1, 0]],
    ["market=TRX_USDT", [1, 0]],
    ["direction=sell", [1]],
    ["direction=buy&market=BTC_USDT", [2]],
    ["order_id=$1", [1]],
    ["client_order_id=f1", [0]],
    ["client_order_id=f", []],
    ["order_id=01JF0NE1AXA5SS3NSP2EGJ0ARS", []],
    ["limit=1", [2]],
    ["limit=1&offset=1", [1]],
    ["offset=3", []],
    ["limit=&direction=", [2, 1, 0]],
  ];
  const list = async (path: string, query: string) => {
    const filled = query.replace("$1", ids[1] ?? "");
    return json(await signed("GET", `${api}/${path}?${filled}`));
  };
  const idsOf = ({ result }: { result: readonly { id: string }[] }) => result.map(({ id }) => id);

  it.each(filters)("that are open are filtered by %j", async (query, wanted) => {
    expect(idsOf(await list("orders", query))).toEqual(wanted.map((index) => ids[index]));
  });

  it("show what was asked for, and what was not set is left out", async () => {
    const { result } = await list("orders", "");
    expect(Object.keys(result[0])).toEqual([
      ...["id", "direction", "symbol", "price", "quantity", "value", "filledQuantity"],
      ...["filledValue", "createdAt", "stopLossPrice"],
    ]);
    expect(result[0]).toMatchObject({
      price: "100.0000000000000000",
      value: "0.1000000000000000",
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      stopLossPrice: "101.12",
    });
    expect(result[1]).toMatchObject({ clientOrderId: "f2" });
  });

  it.each(["limit=0", "limit=101", "limit=x", "offset=-1", "offset=10001", "direction=up"])(
    "refuse %s with code 0",
    async (query) => {
      for (const path of ["orders", "orders/history"]) {
        expect(await list(path, query)).toMatchObject({
          code: 0,
          errors: [{ property: query.split("=")[0] }],
        });
      }
    },
  );

  it("that are closed have the same filters, a deal where they traded, and null where not", async () => {
    await other.limitOrder({ market, direction: "buy", quantity: "10", price: "0.9" });
    for (const id of [ids[0], ids[2]]) await client.cancel(id ?? "");
    const wanted = (query: string) => filters.find(([each]) => each === query)?.[1] ?? [];
    for (const query of [
      "market=TRX_USDT",
      "direction=sell",
      "order_id=$1",
      "client_order_id=f1",
    ]) {
      const closed = idsOf(await list("orders/history", query)).filter((id) => ids.includes(id));
      expect(closed.toSorted()).toEqual(
        wanted(query)
          .map((index) => ids[index])
          .toSorted(),
      );
    }
    const [sold] = (await list("orders/history", "order_id=$1")).result;
    expect(sold).toMatchObject({
      type: "limit",
      state: "completed",
      internalState: "filled",
      deal: {
        state: "completed",
        averageFilledPrice: "0.9000000000000000",
        transactions: [
          { tradeRole: "maker", filledValue: "9.0000000000000000", feeCurrency: "USDT" },
        ],
      },
    });
    const [cancelled] = (await list("orders/history", "client_order_id=f1")).result;
    expect(cancelled).toMatchObject({ state: "cancelled", internalState: "empty", deal: null });
    expect(await client.activeOrders()).toEqual([]);
  });
});

describe("public data", () => {
  const get = (target: string) => send({ method: "GET", target });

  it("has prices and tariffs under both of their paths", async () => {
    const price = await get(`${api}/markets/price?symbol=${market}`);
    expect(price).toMatchObject({ status: 200, text: '{"price":"0.9"}' });
    expect(await get(`${api}/market/price?symbol=${market}`)).toEqual(price);
    const tariffs = await signed("GET", "/v2/user-api/account/tariffs");
    expect(await signed("GET", `${api}/account/tariffs`)).toEqual(tariffs);
    expect(json(tariffs).result.current_tariff_step).toEqual({
      step: "0",
      from_turnover: "0.00000000",
      maker_percent: "0.08",
      taker_percent: "0.1",
    });
  });

  it.each(["order-book/TRX_USDT?level=0", "tickers", "trades/TRX_USDT"])(
    "%s has its list under result and under data",
    async (path) => {
      const answer = json(await get(`/v1/exchange/market/${path}`));
      expect(Object.keys(answer)).toEqual(["state", "result", "data"]);
      expect(answer.state).toBe(0);
      expect(answer.data).toEqual(answer.result);
    },
  );

  it("has the swapped volumes of trades, and the scales of a market", async () => {
    const [trade] = json(await get(`/v1/exchange/market/trades/${market}`)).data;
    expect(trade).toEqual({
      trade_id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
      price: "0.9000000000000000",
      base_volume: "9.0000000000000000",
      quote_volume: "10.0000000000000000",
      timestamp: expect.any(Number),
      type: "buy",
    });
    const scales = json(await get(`/api/v2/symbol-scales?symbol=${market}`));
    expect(scales).toEqual({
      status: "success",
      message: "success",
      data: ["0.0001", "0.001", "0.01", "0.1", "1", "10"].map((scale, index) => ({ scale, index })),
    });
  });

  it.each([
    ["/v1/exchange/market/order-book/NOPE", 1],
    ["/v1/exchange/market/order-book/TRX_USDT?level=6", 0],
    ["/v1/exchange/market/trades/trx_usdt", 1],
    ["/api/v2/symbol-scales", 0],
    ["/api/v2/symbol-scales?symbol=NOPE", 1],
    [`${api}/markets/price?symbol=BTC_USDT`, 1],
  ])("%s is refused with code %d", async (target, code) => {
    const answer = await get(target);
    expect(answer.status).toBe(422);
    expect(json(answer).code).toBe(code);
  });
});

describe("the description of the interface", () => {
  const routes = {
    "/v1/exchange/market": "get",
    "/v1/exchange/market/assets": "get",
    "/v1/exchange/market/order-book/{pair}": "get",
    "/v1/exchange/market/tickers": "get",
    "/v1/exchange/market/trades/{pair}": "get",
    "/api/v2/symbol-scales": "get",
    [`${api}/markets`]: "get",
    [`${api}/markets/price`]: "get",
    [`${api}/market/price`]: "get",
    [`${api}/orders`]: "get,post",
    [`${api}/orders/market`]: "post",
    [`${api}/orders/{orderId}`]: "delete",
    [`${api}/orders/history`]: "get",
    [balance]: "get",
    [`${api}/account/tariffs`]: "get",
    [`${api}/account/web-socket/token`]: "get",
    "/v2/user-api/account/tariffs": "get",
  };
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test checks.
  let document: any;
  beforeAll(async () => {
    document = json(await send({ method: "GET", target: "/docs/openapi.json" }));
  });

  it("is a page for people", async () => {
    const page = await fetch(`${server.http}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("is an OpenAPI 3.1 document without a fault", () => {
    expect(findOpenApiFaults(document)).toEqual([]);
  });

  it("is read with eyes that see faults", () => {
    const broken = structuredClone(document);
    const { get } = broken.paths["/v1/exchange/market/order-book/{pair}"];
    get.parameters = get.parameters.filter((each: { in: string }) => each.in === "query");
    get.responses["200"].content["application/json"].schema.properties.state = { type: "float" };
    get.security = [{ nothing: [] }];
    broken.paths[balance].get.operationId = get.operationId;
    expect(findOpenApiFaults(broken)).toHaveLength(4);
  });

  it("has every documented route", () => {
    for (const [path, methods] of Object.entries(routes)) {
      expect(
        Object.keys(document.paths[path] ?? {})
          .toSorted()
          .join(),
        path,
      ).toBe(methods);
    }
  });

  it("describes what is answered", async () => {
    const { order_id: id } = (await order()).body;
    for (const [path, methods] of Object.entries(routes)) {
      if (!methods.includes("get")) continue;
      const target = `${path.replace("{pair}", market)}?symbol=${market}&ticker=USDT`;
      const { schema } = document.paths[path].get.responses["200"].content["application/json"];
      const answer = await signed("GET", target);
      expect(answer.status, path).toBe(200);
      expect([...Value.Errors(schema, json(answer))], path).toEqual([]);
      // ccxt takes any of these for an error (D-C31).
      if (path !== "/api/v2/symbol-scales")
        expect(Object.keys(json(answer))).not.toContain("message");
      expect(Object.keys(json(answer))).not.toContain("code");
    }
    await client.cancel(id);
  });
});

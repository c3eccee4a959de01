import { beforeEach, describe, expect, it } from "vitest";
import { fillsId, orderId } from "../../core/ids.ts";
import { lots, ticks } from "../../core/num/units.ts";
import { alice, bob, House, ordersPath } from "./rest-house.fixture.ts";
import { transactionsPerOrderMax } from "./rest-order-lists.ts";

let house: House;
beforeEach(() => {
  house = new House().endow();
});

const list = (query = "", user = alice) => house.call("GET", `${ordersPath}${query}`, { user });
const history = (query = "", user = alice) =>
  house.call("GET", `${ordersPath}/history${query}`, { user });
const idsOf = ({ json }: { json: { result: readonly { id: string }[] } }) =>
  json.result.map(({ id }) => id);
const trx = (direction: "buy" | "sell", price: string, quantity: string, more = {}) => ({
  market: "TRX_USDT",
  direction,
  price,
  quantity,
  ...more,
});

describe("the list of open orders", () => {
  it("has the keys and forms of the sample", async () => {
    const id = await house.order(alice, {
      market: "BTC_USDT",
      direction: "sell",
      price: "102.05",
      quantity: "0.0011",
      client_order_id: "987654321",
      stop_loss_price: "101.10",
    });
    expect((await list()).text).toBe(
      `{"result":[{"id":"${id}","direction":"sell","symbol":"BTC_USDT","price":"102.0500000000000000",` +
        '"quantity":"0.0011000000000000","value":"0.1122550000000000","filledQuantity":"0.0000000000000000",' +
        '"filledValue":"0.0000000000000000","createdAt":"2024-12-12 11:40:19","clientOrderId":"987654321","stopLossPrice":"101.1"}]}',
    );
  });

  it("leaves out what is unset, and tells what was filled", async () => {
    await house.order(alice, trx("buy", "0.3", "20"));
    await house.order(bob, trx("sell", "0.3", "12.5"));
    const [order] = (await list()).json.result;
    expect(Object.keys(order)).toEqual([
      "id",
      "direction",
      "symbol",
      "price",
      "quantity",
      "value",
      "filledQuantity",
      "filledValue",
      "createdAt",
    ]);
    expect(order).toMatchObject({
      filledQuantity: "12.5000000000000000",
      filledValue: "3.7500000000000000",
    });
  });

  it("shows nobody else's orders and none that are closed", async () => {
    await house.order(bob, trx("buy", "0.1", "20"));
    const id = await house.order(alice, trx("buy", "0.1", "20"));
    await house.call("DELETE", `${ordersPath}/${id}`, { user: alice });
    expect((await list()).text).toBe('{"result":[]}');
  });

  it("can be filtered and paged, newest first", async () => {
    const first = await house.order(alice, trx("buy", "0.1", "20", { client_order_id: "a" }));
    const second = await house.order(alice, trx("sell", "0.5", "20"));
    house.nowMs += 1;
    const third = await house.order(alice, {
      ...trx("buy", "10", "1", { client_order_id: "c" }),
      market: "BTC_USDT",
    });
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["", [third, second, first]],
      ["?market=BTC_USDT", [third]],
      ["?direction=buy", [third, first]],
      ["?direction=buy&market=TRX_USDT", [first]],
      ["?client_order_id=a", [first]],
      ["?client_order_id=b", []],
      [`?order_id=${second}`, [second]],
      ["?order_id=made-up", []],
      ["?limit=1", [third]],
      ["?limit=1&offset=1", [second]],
      ["?limit=100&offset=3", []],
      ["?market=&direction=&order_id=&client_order_id=&limit=&offset=", [third, second, first]],
      ["?page=7&nonsense", [third, second, first]],
    ];
    for (const [query, expected] of cases) {
      expect(idsOf(await list(query)), query).toEqual(expected);
    }
  });

  it("has 50 orders unless more are asked for", async () => {
    for (let count = 0; count < 110; count += 1) await house.order(alice, trx("buy", "0.1", "10"));
    expect((await list()).json.result).toHaveLength(50);
    expect((await list("?limit=100")).json.result).toHaveLength(100);
    expect((await list("?limit=100&offset=60")).json.result).toHaveLength(50);
  });
});

describe.each([
  ["", "the open orders"],
  ["/history", "the history"],
])("a filter of %j (%s)", (path) => {
  it.each([
    ["limit=0", "limit", "This value should be between 1 and 100."],
    ["limit=101", "limit", "This value should be between 1 and 100."],
    ["limit=ten", "limit", "This value should be of type integer."],
    ["limit=1e1", "limit", "This value should be of type integer."],
    ["offset=10001", "offset", "This value should be between 0 and 10000."],
    ["offset=-1", "offset", "This value should be of type integer."],
    ["offset=99999999999999999999", "offset", "This value should be of type integer."],
    ["direction=up", "direction", "The value you selected is not a valid choice."],
    [
      `order_id=${"x".repeat(65)}`,
      "order_id",
      "This value is too long. It should have 64 characters or less.",
    ],
  ])("%s is refused by name", async (query, property, message) => {
    const { status, json } = await house.call("GET", `${ordersPath}${path}?${query}`, {
      user: alice,
    });
    expect(status).toBe(422);
    expect(json).toMatchObject({ code: 0, errors: [{ property, message }] });
  });

  it("for a market that does not exist is refused", async () => {
    expect(
      await house.call("GET", `${ordersPath}${path}?market=BTC_EUR`, { user: alice }),
    ).toMatchObject({ status: 422, json: { code: 1, message: "Market BTC_EUR not found." } });
  });

  it("is answered with an error when nobody can look", async () => {
    house.trouble = { kind: "unavailable", reason: "the disk is on fire" };
    expect(await house.call("GET", `${ordersPath}${path}`, { user: alice })).toMatchObject({
      status: 500,
      text: '{"code":500,"message":"Server error."}',
    });
  });
});

describe("the history", () => {
  it("has the keys and forms of the sample", async () => {
    await house.order(bob, trx("buy", "0.2962", "67.54"));
    house.nowMs += 2_000;
    const id = await house.order(
      alice,
      { market: "TRX_USDT", direction: "sell", quantity: "67.54" },
      "/market",
    );
    const { text, json } = await history();
    const [{ deal }] = json.result;
    expect(text).toBe(
      `{"result":[{"id":"${id}","type":"market","direction":"sell","symbol":"TRX_USDT","quantity":"67.5400000000000000",` +
        '"filledQuantity":"67.5400000000000000","filledValue":"20.0053480000000000","state":"completed","internalState":"filled",' +
        '"createdAt":"2024-12-12 11:40:21","finishedAt":"2024-12-12 11:40:21",' +
        `"deal":{"id":"${deal.id}","state":"completed","createdAt":"2024-12-12 11:40:21","completedAt":"2024-12-12 11:40:21",` +
        '"averageFilledPrice":"0.2962000000000000",' +
        `"transactions":[{"id":"${deal.transactions[0].id}","tradeRole":"taker","filledPrice":"0.2962000000000000","filledQuantity":"67.5400000000000000",` +
        '"filledValue":"20.0053480000000000","fee":"0.0200053480000000","feeCurrency":"USDT","committedAt":"2024-12-12 11:40:21"}]}}]}',
    );
  });

  it("tells one deal with a transaction for each fill, and the average rounded down", async () => {
    const id = await house.order(bob, trx("buy", "0.3", "30", { client_order_id: "b" }));
    await house.order(alice, trx("sell", "0.3", "10"));
    house.nowMs += 60_000;
    await house.order(alice, trx("sell", "0.3", "10"));
    house.nowMs += 60_000;
    await house.order(alice, trx("sell", "0.3", "10"));
    const [order] = (await history("", bob)).json.result;
    expect(order).toMatchObject({
      id,
      type: "limit",
      price: "0.3000000000000000",
      clientOrderId: "b",
      finishedAt: "2024-12-12 11:42:19",
      deal: {
        createdAt: "2024-12-12 11:40:19",
        completedAt: "2024-12-12 11:42:19",
        averageFilledPrice: "0.3000000000000000",
      },
    });
    const { transactions } = order.deal;
    expect(transactions.map(({ committedAt }: { committedAt: string }) => committedAt)).toEqual([
      "2024-12-12 11:40:19",
      "2024-12-12 11:41:19",
      "2024-12-12 11:42:19",
    ]);
    expect(transactions[0]).toMatchObject({
      tradeRole: "maker",
      fee: "0.0080000000000000",
      feeCurrency: "TRX",
    });
    expect(new Set(transactions.map(({ id: fill }: { id: string }) => fill)).size).toBe(3);

    await house.order(bob, trx("sell", "0.31", "20"));
    await house.order(bob, trx("sell", "0.32", "10"));
    await house.order(alice, { market: "TRX_USDT", direction: "buy", quantity: "30" }, "/market");
    const [bought] = (await history()).json.result;
    // (20 × 0.31 + 10 × 0.32) ÷ 30 = 0.31333…
    expect(bought.deal.averageFilledPrice).toBe("0.3133333333333333");
  });

  it("tells how an order ended, whatever the way", async () => {
    const cancelled = await house.order(alice, trx("buy", "0.1", "20"));
    await house.call("DELETE", `${ordersPath}/${cancelled}`, { user: alice });
    const partly = await house.order(alice, trx("buy", "0.2", "20"));
    await house.order(bob, trx("sell", "0.2", "15"));
    await house.call("DELETE", `${ordersPath}/${partly}`, { user: alice });
    await house.order(bob, trx("sell", "0.4", "15"));
    const thin = await house.order(
      alice,
      { market: "TRX_USDT", direction: "buy", value: "60" },
      "/market",
    );
    const { json } = await history();
    expect(json.result).toMatchObject([
      {
        id: thin,
        quantity: "15.0000000000000000",
        filledQuantity: "15.0000000000000000",
        filledValue: "6.0000000000000000",
        state: "cancelled",
        internalState: "partially_filled",
      },
      { id: partly, state: "cancelled", internalState: "partially_filled" },
      { id: cancelled, state: "cancelled", internalState: "empty", deal: null },
    ]);
    expect(json.result[1].deal.transactions).toHaveLength(1);
    // What it asked for would pass for what it cost.
    expect(json.result[0]).not.toHaveProperty("value");
  });

  it("holds what is over and nobody else's", async () => {
    await house.order(alice, trx("buy", "0.3", "20"));
    expect((await history()).text).toBe('{"result":[]}');
    await house.order(bob, trx("sell", "0.3", "20"));
    expect((await history("", bob)).json.result).toHaveLength(1);
    expect((await history()).json.result).toHaveLength(1);
  });

  it("can be filtered and paged like the open orders", async () => {
    const cancelled: string[] = [];
    for (const direction of ["buy", "sell", "buy"] as const) {
      const price = direction === "buy" ? "0.1" : "0.9";
      const id = await house.order(alice, trx(direction, price, "20", { client_order_id: price }));
      await house.call("DELETE", `${ordersPath}/${id}`, { user: alice });
      cancelled.unshift(id);
      if (cancelled.length === 2) break;
    }
    const [second = "", first = ""] = cancelled;
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["", [second, first]],
      ["?direction=sell", [second]],
      ["?client_order_id=0.1", [first]],
      [`?order_id=${first}`, [first]],
      [`?order_id=${first.slice(0, -1)}1`, []],
      ["?order_id=x", []],
      ["?market=BTC_USDT", []],
      ["?limit=1&offset=1", [first]],
    ];
    for (const [query, expected] of cases) {
      expect(idsOf(await history(query)), query).toEqual(expected);
    }
  });

  it("lists an order by its end, before all that ended earlier", async () => {
    const old = await house.order(alice, trx("buy", "0.1", "20"));
    const young = await house.order(alice, trx("buy", "0.1", "20"));
    for (const id of [young, old]) {
      house.nowMs += 1_000;
      await house.call("DELETE", `${ordersPath}/${id}`, { user: alice });
    }
    expect(idsOf(await history())).toEqual([old, young]);
  });

  it("loses no order to a reader of pages while others close, in whatever order they do", async () => {
    const open: string[] = [];
    for (let count = 0; count < 40; count += 1) {
      open.push(await house.order(alice, trx("buy", "0.1", "20")));
    }
    const close = async (at: number): Promise<string> => {
      const [id = ""] = open.splice(at, 1);
      await house.call("DELETE", `${ordersPath}/${id}`, { user: alice });
      return id;
    };
    const before: string[] = [];
    for (const at of [39, 0, 20, 5, 30, 1, 10, 11, 12, 13]) before.push(await close(at));

    const met = new Set<string>();
    for (let offset = 0; ; offset += 3) {
      const page = idsOf(await history(`?limit=3&offset=${offset}`));
      if (page.length === 0) break;
      for (const id of page) met.add(id);
      // The oldest and the newest that is open, and never as many as a page has.
      await close(0);
      if (open.length > 1) await close(open.length - 1);
    }
    expect(before.filter((id) => !met.has(id))).toEqual([]);
    // And whoever reads from the front until they meet what they know has missed nothing.
    const seen = idsOf(await history("?limit=100"));
    const late = await close(0);
    expect(idsOf(await history("?limit=100"))).toEqual([late, ...seen]);
  });

  it("is refused as too many calls when too many of the caller's wait, else as busy", async () => {
    house.trouble = { kind: "busy", asker: "this" };
    expect(await history()).toMatchObject({ status: 429, json: { code: 429 } });
    house.trouble = { kind: "busy", asker: "all" };
    expect(await history()).toMatchObject({ status: 503, json: { code: 500 } });
  });

  it("cuts the transactions of a large order, and not what they come to", async () => {
    const fills = transactionsPerOrderMax + 1;
    house.apply({
      kind: "place-limit",
      user: bob,
      market: "TRX_USDT",
      side: "buy",
      price: ticks(10_000),
      quantity: lots(1_000 * fills),
      timeInForce: "gtc",
    });
    const created = { id: house.exchange.sequence, us: house.nowMs * 1_000 };
    for (let count = 0; count < fills; count += 1) {
      if (count === fills - 1) house.nowMs += 5_000;
      await house.order(alice, trx("sell", "1", "10"));
    }
    const [order] = (await history("", bob)).json.result;
    expect(order).toMatchObject({
      id: orderId(created.id, created.us),
      filledQuantity: "10010.0000000000000000",
      deal: {
        id: fillsId(created.id, created.us),
        completedAt: "2024-12-12 11:40:24",
        averageFilledPrice: "1.0000000000000000",
      },
    });
    expect(order.deal.transactions).toHaveLength(transactionsPerOrderMax);
  });
});

/**
 * The private channels of the Cryptomus stream over real sockets: what a user is told of their orders,
 * deals and balances, in which order, and that REST knows it at that moment. Beside them a stranger's
 * copies of the book, at every scale, while others trade.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { AccountWatcher } from "../support/account-watcher.ts";
import {
  askStream,
  atomsOf,
  CryptomusClient,
  subscribeTo,
  updatesOf,
} from "../support/cryptomus-client.ts";
import { DepthWatcher } from "../support/depth-watcher.ts";
import { addFundedUsers, addMarket, deposit } from "../support/operator.ts";
import { rounds } from "../support/rounds.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";
import type { Received, StreamClient } from "../support/stream-client.ts";

const yaml = `
exchange: {participants: {enabled: false}}
datasets: []
demo: {users: false}
cryptomus: {depthIntervalMs: 20, fullReloadIntervalMs: 1000, requestsPerMinuteMax: 0, restCallsPerSecondMax: 0, idleTimeoutMs: 86400000}
`;
const market = "TRX_USDT";
/** Orders of one of the crowd that are under way together. */
const burstSize = rounds(10, 25);
const channels = ["order", "deal", "balance"] as const;

let server: ServerInside;
let ann: CryptomusClient;
let ben: CryptomusClient;
/** Two who trade with each other in another market, to keep the exchange busy. */
let crowd: readonly CryptomusClient[];
const open: StreamClient[] = [];

beforeAll(async () => {
  server = await startServerInside({ yaml });
  await addMarket(server.data, { code: market, tick: "0.0001", lot: "0.1" });
  await addMarket(server.data, { code: "BTC_USDT", tick: "0.01", lot: "0.00001" });
  const amounts = { TRX: "1000000", BTC: "1000", USDT: "10000000" };
  const users = await addFundedUsers(server.data, 4, amounts);
  const [first, second, ...others] = users.map((user) => new CryptomusClient(server, user));
  if (first === undefined || second === undefined) throw new Error("there are too few users");
  ann = first;
  ben = second;
  crowd = others;
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});

async function connect(user: CryptomusClient): Promise<StreamClient> {
  const client = await user.open();
  open.push(client);
  return client;
}

async function listen(user: CryptomusClient, ...params: readonly string[]): Promise<StreamClient> {
  const client = await connect(user);
  for (const channel of channels) {
    await subscribeTo(client, channel, params.length === 0 ? ["all"] : params);
  }
  return client;
}

async function place(user: CryptomusClient, fields: object): Promise<string> {
  const { status, body } = await user.limitOrder({ market, ...fields });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.order_id;
}

async function cancelAll(...users: readonly CryptomusClient[]): Promise<void> {
  for (const user of users) {
    for (const { id } of await user.activeOrders()) await user.cancel(id);
  }
}

/** What a connection was told on its private channels, in short. */
function story(client: StreamClient, from = 0): readonly string[] {
  return client.received.slice(from).flatMap(({ json }) => {
    // biome-ignore lint/suspicious/noExplicitAny: the fields are those of the wire.
    const { method, data } = json as any;
    if (method === "order_update") return [`order ${data.type} ${data.info.filledQuantity}`];
    if (method === "deal_update")
      return [`deal ${data.info.tradeRole} ${data.info.filledQuantity}`];
    if (method === "balance_update") return [`${data.info.currencyCode} ${data.info.amount}`];
    return [];
  });
}

const sixteen = (whole: number | string) => `${whole}.0000000000000000`;
const isFinished = ({ json }: Received) => JSON.stringify(json).includes('"type":"finished"');

describe("a user's own channels", () => {
  it("acknowledge as printed: deal without a method, the others with theirs", async () => {
    const client = await connect(ann);
    const keys = async (method: string, params: readonly unknown[]) => {
      const { json } = await askStream(client, method, params);
      expect(json).toMatchObject({ data: { status: "success" }, error: null });
      return Object.keys(json).join();
    };
    expect(await keys("order_subscribe", [market])).toBe("id,method,data,error");
    expect(await keys("balance_subscribe", ["USDT"])).toBe("id,method,data,error");
    expect(await keys("deal_subscribe", ["all"])).toBe("id,data,error");
    for (const channel of channels) {
      for (const params of [[], ["all"], [channel === "balance" ? "USDT" : market]]) {
        expect(await keys(`${channel}_unsubscribe`, params)).toBe("id,data,error");
      }
    }
  });

  it.each([
    ["order", ["USDT"], "Unknown market: USDT"],
    ["deal", ["NOPE_USDT"], "Unknown market: NOPE_USDT"],
    ["balance", [market], `Unknown currency: ${market}`],
    ["balance", ["usdt"], "Unknown currency: usdt"],
  ])("%s_subscribe %j is refused", async (channel, params, message) => {
    const { json } = await askStream(await connect(ann), `${channel}_subscribe`, params);
    expect(json["error"]).toEqual({ code: 2, message });
  });

  it("tell of a resting order from created to finished, fields and ids as printed", async () => {
    const client = await listen(ann);
    const sell = { direction: "sell", price: "0.22", quantity: "50" };
    const id = await place(ann, sell);
    await place(ben, { ...sell, direction: "buy", quantity: "20" });
    await place(ben, { ...sell, direction: "buy", quantity: "30" });
    await client.until(isFinished);
    await askStream(client, "ping");
    expect(story(client)).toEqual([
      `order created ${sixteen(0)}`,
      `TRX ${sixteen(50)}`,
      "USDT 4.4000000000000000",
      "USDT 0.0035200000000000",
      `deal maker ${sixteen(20)}`,
      `order updated ${sixteen(20)}`,
      "USDT 6.6000000000000000",
      "USDT 0.0052800000000000",
      `deal maker ${sixteen(30)}`,
      `order finished ${sixteen(50)}`,
    ]);

    const [created, updated, finished] = client.received.filter(
      ({ json }) => json["method"] === "order_update",
    );
    const info = {
      id,
      symbol: market,
      orderType: "limit",
      direction: "sell",
      price: "0.2200000000000000",
      quantity: sixteen(50),
      value: sixteen(11),
      filledQuantity: sixteen(0),
      filledValue: sixteen(0),
      clientOid: null,
      createTs: expect.any(Number),
    };
    expect(created?.json).toEqual({
      id: "1",
      method: "order_update",
      data: { type: "created", info },
      error: null,
    });
    expect(Object.keys(updatesOf(client, "order")[0].info)).toEqual(Object.keys(info));
    const some = { filledQuantity: sixteen(20), filledValue: "4.4000000000000000" };
    expect(updated?.json).toEqual({
      id: "3",
      method: "order_update",
      data: { type: "updated", info: { ...info, ...some, updateTs: expect.any(Number) } },
      error: null,
    });
    const all = { filledQuantity: sixteen(50), filledValue: sixteen(11) };
    const end = { finishTs: expect.any(Number), state: "completed", internalState: "filled" };
    expect(finished?.json).toEqual({
      id: "3",
      method: "order_update",
      data: { type: "finished", info: { ...info, ...all, ...end } },
      error: null,
    });
    const deals = client.received.filter(({ json }) => json["method"] === "deal_update");
    expect(deals.map(({ json }) => json["id"])).toEqual(["4", "4"]);
    expect(deals[0]?.json["data"]).toEqual({
      info: {
        dealId: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
        symbol: market,
        dealState: "completed",
        transactionId: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
        filledPrice: "0.2200000000000000",
        filledQuantity: sixteen(20),
        filledValue: "4.4000000000000000",
        fee: "0.0035200000000000",
        feeCurrency: "USDT",
        tradeRole: "maker",
        committedAt: expect.any(Number),
      },
    });
    const ids = updatesOf(client, "deal").map(({ info: { dealId } }) => dealId);
    expect(new Set(ids).size).toBe(1);
  });

  it("tell of an order that fills at once: created, then finished, as a taker", async () => {
    await place(ben, { direction: "sell", price: "0.3", quantity: "10" });
    const client = await listen(ann);
    await ann.marketOrder({ market, direction: "buy", value: "3", client_order_id: "mine" });
    const { json } = await client.until(isFinished);
    expect(json["data"]).toMatchObject({
      info: {
        orderType: "market",
        price: sixteen(0),
        quantity: sixteen(10),
        value: sixteen(3),
        clientOid: "mine",
        state: "completed",
        internalState: "filled",
      },
    });
    await askStream(client, "ping");
    expect(updatesOf(client, "order").map(({ type }) => type)).toEqual(["created", "finished"]);
    expect(updatesOf(client, "deal")[0].info).toMatchObject({
      tradeRole: "taker",
      feeCurrency: "TRX",
    });
  });

  it.each([
    ["untouched", "0", "empty"],
    ["filled in part", "4", "partially_filled"],
  ])("tell of a cancelled order that is %s", async (_what, filled, internalState) => {
    const client = await listen(ann);
    const id = await place(ann, { direction: "sell", price: "0.4", quantity: "10" });
    if (filled !== "0") await place(ben, { direction: "buy", price: "0.4", quantity: filled });
    expect((await ann.cancel(id)).body).toEqual({ success: true });
    const { json } = await client.until(isFinished);
    expect(json["data"]).toMatchObject({
      info: { id, state: "cancelled", internalState, filledQuantity: sixteen(filled) },
    });
  });

  it("tell every movement of the available balance, each beginning where the last one ended", async () => {
    const watcher = new AccountWatcher(await connect(ann));
    await watcher.subscribe();
    const before = (await ann.balances()).get("USDT");
    const id = await place(ann, { direction: "buy", price: "0.1", quantity: "100" });
    await ann.cancel(id);
    await deposit(server.data, { user: ann.user.userId, currency: "USDT", amount: "10000000" });
    await watcher.settle(1);
    const told = updatesOf(watcher.client, "balance").map(({ info }) => info);
    // The deposit has the key of the first one, so it was made before.
    expect(told.map(({ amount }) => amount)).toEqual([sixteen(10), sixteen(10)]);
    expect(told[0]).toMatchObject({
      currencyCode: "USDT",
      oldBalance: expect.stringMatching(/\.\d{16}$/),
      newBalance: expect.stringMatching(/\.(\d{8}|\d{16})$/),
    });
    expect(Object.keys(told[0])).toEqual([
      ...["walletId", "currencyCode", "amount", "oldBalance", "newBalance"],
    ]);
    expect(watcher.faults).toEqual([]);
    expect(atomsOf(told[1].newBalance)).toBe(atomsOf(before?.available ?? ""));
  });

  it("have the user's own events only, even when two users trade with each other", async () => {
    const [left, right] = [await listen(ann), await listen(ben)];
    const mine = await place(ann, { direction: "sell", price: "0.5", quantity: "1" });
    const his = await place(ben, { direction: "buy", price: "0.5", quantity: "1" });
    for (const client of [left, right]) {
      await client.until(isFinished);
      await askStream(client, "ping");
    }
    const told = (client: StreamClient, channel: string, field: string) =>
      new Set(updatesOf(client, channel).map(({ info }) => info[field]));
    expect(told(left, "order", "id")).toEqual(new Set([mine]));
    expect(told(right, "order", "id")).toEqual(new Set([his]));
    expect(told(left, "deal", "tradeRole")).toEqual(new Set(["maker"]));
    expect(told(right, "deal", "tradeRole")).toEqual(new Set(["taker"]));
    for (const field of ["walletId", "dealId", "transactionId"]) {
      const channel = field === "walletId" ? "balance" : "deal";
      const both = [...told(left, channel, field), ...told(right, channel, field)];
      expect(new Set(both).size, field).toBe(both.length);
      expect(both.length, field).toBeGreaterThanOrEqual(2);
    }
  });

  it("have nothing of what was not subscribed to, and nothing after an unsubscribe", async () => {
    const client = await connect(ann);
    await subscribeTo(client, "order", ["BTC_USDT"]);
    await subscribeTo(client, "balance", ["BTC"]);
    const everything = await listen(ann);
    await askStream(everything, "balance_unsubscribe", []);
    await askStream(everything, "order_unsubscribe", [market]);
    const id = await place(ann, { direction: "sell", price: "0.6", quantity: "1" });
    await ann.cancel(id);
    for (const each of [client, everything]) {
      await askStream(each, "ping");
      expect(story(each)).toEqual([]);
    }
  });
});

/** Keeps the exchange busy while `task` runs. */
async function underLoad(task: () => Promise<void>): Promise<void> {
  let isOver = false;
  const noise = crowd.map(async (user, index) => {
    const direction = index === 0 ? "sell" : "buy";
    const order = { market: "BTC_USDT", direction, price: "50000", quantity: "0.001" };
    const burst = () => Array.from({ length: burstSize }, () => user.limitOrder(order));
    while (!isOver) await Promise.all(burst());
  });
  try {
    await task();
  } finally {
    isOver = true;
    await Promise.all(noise);
  }
}

describe("REST at the moment of an event", () => {
  it("knows what the stream has told, while others trade", async () => {
    const client = await listen(ann);
    await underLoad(async () => {
      for (let round = 0; round < rounds(8, 25); round += 1) {
        await followOrder(client, `0.7${String(round).padStart(2, "0")}`);
      }
    });
    await cancelAll(...crowd);
  });

  /** An order of Ann's that Ben fills in two parts; after each event she asks what REST knows. */
  async function followOrder(client: StreamClient, price: string): Promise<void> {
    const from = client.received.length;
    const placed = place(ann, { direction: "sell", price, quantity: "10" });
    await client.until(({ json }) => json["method"] === "order_update", from);
    const { id } = updatesOf(client, "order", from)[0].info;
    expect((await ann.activeOrders()).map((order) => order.id)).toContain(id);
    expect(await placed).toBe(id);

    const middle = client.received.length;
    const first = place(ben, { direction: "buy", price, quantity: "4" });
    await client.until(({ json }) => json["method"] === "deal_update", middle);
    const rest = (await ann.activeOrders()).find((order) => order.id === id);
    expect(rest?.filledQuantity).toBe(sixteen(4));

    const end = client.received.length;
    const second = place(ben, { direction: "buy", price, quantity: "6" });
    await client.until(isFinished, end);
    const [active, history, balances] = await Promise.all([
      ann.activeOrders(),
      ann.call("GET", `/v2/user-api/exchange/orders/history?order_id=${id}`),
      ann.balances(),
    ]);
    expect(active.map((order) => order.id)).not.toContain(id);
    expect(history.body.result).toMatchObject([
      { id, state: "completed", deal: { transactions: [{}, {}] } },
    ]);
    const told = updatesOf(client, "balance").findLast(({ info }) => info.currencyCode === "USDT");
    expect(atomsOf(balances.get("USDT")?.available ?? "")).toBe(atomsOf(told.info.newBalance));
    await Promise.all([first, second]);
  }
});

describe("copies of the book", () => {
  it("equal REST's at all six scales, whenever others pause in trading", async () => {
    await cancelAll(ann, ben);
    const random = new Random(Number(process.env["OPENBOURSE_TEST_SEED"] ?? 7), "depth");
    const scales = [0, 1, 2, 3, 4, 5];
    const early = new DepthWatcher(await connect(ben));
    await early.subscribe(scales.map((scale) => `${market}:${scale}`));
    for (let burst = 0; burst < rounds(3, 6); burst += 1) {
      const orders: Promise<unknown>[] = [];
      for (let count = 0; count < 60; count += 1) {
        const direction = random.between(0, 1) < 0.5 ? "buy" : "sell";
        const price = (0.25 + random.between(-200, 200) / 10_000).toFixed(4);
        const quantity = random.between(1, 40).toFixed(1);
        orders.push(ann.limitOrder({ market, direction, price, quantity }));
        const [other] = crowd;
        orders.push(other?.limitOrder({ market, direction, price, quantity }) ?? Promise.resolve());
      }
      await Promise.all(orders);
      const late = new DepthWatcher(await connect(ben));
      await late.subscribe(["all"]);
      for (const scale of scales) {
        const { body } = await ann.call(
          "GET",
          `/v1/exchange/market/order-book/${market}?level=${scale}`,
        );
        const { bids, asks } = body.data;
        expect(bids.length + asks.length).toBeGreaterThan(0);
        await expect
          .poll(() => early.book(market, scale), { interval: 10 })
          .toEqual({ bids, asks });
        await expect.poll(() => late.book(market, scale), { interval: 10 }).toEqual({ bids, asks });
      }
      expect([...early.faults, ...late.faults]).toEqual([]);
    }
    expect(early.counts.partial).toBeGreaterThan(20);
  });
});

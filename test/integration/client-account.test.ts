/**
 * The client's account against a real server, through a proxy that cuts connections and loses answers: open orders and
 * balances are those of the server whenever it is quiet.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type AccountChange,
  add,
  CryptomusRest,
  CryptomusStream,
  LiveAccount,
  type NewOrder,
  openOrders,
} from "../../client/src/index.ts";
import { Random } from "../../server/src/simulation/random.ts";
import {
  type ClientHouse,
  openClientHouse,
  quick,
  tradeAtRandom,
} from "../support/client-house.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-account-"));
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const calls = { tries: 12, minMs: 5, maxMs: 20, timeoutMs: 5_000 };

let house: ClientHouse;
let proxy: FaultyProxy;
let rest: CryptomusRest;
let stream: CryptomusStream;
let account: LiveAccount;
const changes: AccountChange[] = [];

beforeAll(async () => {
  house = await openClientHouse(join(folder, "data"));
});
afterAll(async () => {
  await house.server.server.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  proxy = await FaultyProxy.open(house.server.server.port);
  rest = new CryptomusRest({ url: proxy.url, user: house.users[0], calls });
  stream = new CryptomusStream({ url: proxy.url, token: () => rest.token(), patience: quick });
  account = new LiveAccount(rest, stream);
  changes.length = 0;
  account.changes.listen((change) => changes.push(change));
});
afterEach(async () => {
  account.close();
  stream.close();
  await proxy.close();
  const left = await openOrders(house.direct);
  await Promise.all(left.map(({ id }) => house.direct.cancel(id)));
});

const bid = (price: string, more: Partial<NewOrder> = {}) =>
  ({
    ...{ type: "limit", market: "BTC_USDT", direction: "buy", price, quantity: "0.001" },
    ...more,
  }) as NewOrder;

async function isRight(): Promise<void> {
  await until(async () => {
    expect(account.state).toBe("live");
    expect([...account.orders.values()]).toEqual(await openOrders(house.direct));
    expect([...account.balances.values()]).toEqual(await house.direct.balances());
  });
}

const isLive = () => until(() => expect(account.state).toBe("live"));

describe("an account", () => {
  it("has what is there when it begins, with what is held", async () => {
    const before = (await house.direct.balances("USDT"))[0];
    await house.direct.place(bid("50000"));
    expect(account.state).toBe("loading");
    await isLive();
    expect(account.orders.size).toBe(1);
    const now = account.balances.get("USDT");
    expect(now?.held).toBe("50.00000000");
    expect(add(now?.available ?? "0", "50")).toBe(add(before?.available ?? "", "0"));
  });

  it("follows an order from its opening over its fills to its end", async () => {
    await isLive();
    const { id } = await house.direct.place(bid("60000", { quantity: "0.003" }));
    await until(() => expect(account.orders.get(id)?.filledQuantity).toBe("0.0000000000000000"));
    const seller = new CryptomusRest({ url: house.server.http, user: house.users[1] });
    const sell = (quantity: string) =>
      seller.place({ type: "market", market: "BTC_USDT", direction: "sell", quantity });
    await sell("0.001");
    await until(() => expect(account.orders.get(id)?.filledQuantity).toBe("0.0010000000000000"));
    await isRight();
    await sell("0.002");
    await until(() => expect(account.orders.has(id)).toBe(false));
    const ends = changes.flatMap((change) => (change.type === "order" ? [change.end] : []));
    expect(ends.at(-1)).toEqual({ state: "completed", internalState: "filled" });
    const fills = changes.filter(({ type }) => type === "fill");
    expect(fills).toHaveLength(2);
    await isRight();
  });

  it("reads the stop price of an order that another program placed, which the stream does not tell", async () => {
    await isLive();
    const { id } = await house.direct.place(bid("50000", { stopLossPrice: "200000" }));
    await until(() => expect(account.orders.get(id)?.stopLossPrice).toBe("200000"));
  });

  it("tells which orders ended while it was away, and shows old ones as stale until then", async () => {
    await isLive();
    const kept = await house.direct.place(bid("50001"));
    const gone = await house.direct.place(bid("50002"));
    await until(() => expect(account.orders.size).toBe(2));
    proxy.isDown = true;
    proxy.cut();
    await until(() => expect(account.state).toBe("stale"));
    await house.direct.cancel(gone.id);
    expect(account.orders.size).toBe(2);
    proxy.isDown = false;
    await isLive();
    expect([...account.orders.keys()]).toEqual([kept.id]);
    const ended = changes.flatMap((change) => (change.type === "synced" ? change.ended : []));
    expect(ended.map(({ id }) => id)).toEqual([gone.id]);
    const states = changes.flatMap((change) => (change.type === "state" ? [change.state] : []));
    expect(states).toEqual(["live", "stale", "resyncing", "live"]);
    await isRight();
  });

  it("goes on by positions after it was away, told what it missed, and is live again", async () => {
    account.close();
    stream.close();
    const token = () => rest.token();
    stream = new CryptomusStream({ url: proxy.url, token, patience: quick, positions: true });
    account = new LiveAccount(rest, stream);
    account.changes.listen((change) => changes.push(change));
    await isLive();
    const { id } = await house.direct.place(bid("50001"));
    await until(() => expect(account.orders.size).toBe(1));
    proxy.isDown = true;
    proxy.cut();
    await until(() => expect(account.state).toBe("stale"));
    await house.direct.cancel(id);
    proxy.isDown = false;
    await isLive();
    await until(() => expect(stream.counts.resumes).toBeGreaterThan(0));
    await until(() => {
      const ends = changes.flatMap((change) => (change.type === "order" ? [change.end] : []));
      expect(ends.at(-1)?.state).toBe("cancelled");
    });
    await isRight();
  });

  it("has all of more orders than a page holds", async () => {
    const prices = Array.from({ length: 130 }, (_, index) => `${40_000 + index}`);
    await Promise.all(prices.map((price) => house.direct.place(bid(price))));
    await isLive();
    await until(() => expect(account.orders.size).toBe(130));
    await isRight();
  });

  it(`is right after any number of cuts and lost answers (seed ${seed})`, async () => {
    const faults = new Random(seed, "account");
    proxy.onFrame = () => (faults.below(40) === 0 ? "cut" : "pass");
    proxy.onRequest = () => (faults.below(8) === 0 ? "lose-answer" : "pass");
    const other = new CryptomusRest({ url: house.server.http, user: house.users[1] });
    const random = new Random(seed, "trades");
    await Promise.all([
      tradeAtRandom(house.direct, random, 120),
      tradeAtRandom(other, new Random(seed, "others"), 120),
    ]);
    for (const { id } of await openOrders(other)) await other.cancel(id);
    proxy.onFrame = () => "pass";
    proxy.onRequest = () => "pass";
    await isRight();
  });

  it("ends, and says why, when its user is not let in any more", async () => {
    const wrong = { ...house.users[0], apiKey: "x".repeat(64) };
    const stranger = new LiveAccount(
      new CryptomusRest({ url: proxy.url, user: wrong, calls }),
      stream,
    );
    await until(() => expect(stranger.state).toBe("closed"));
    expect(stranger.fault?.kind).toBe("unauthorized");
    stranger.close();
  });
});

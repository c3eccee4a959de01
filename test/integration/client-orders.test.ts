/**
 * The client's orders against a real server, through a proxy that loses requests, answers and connections: no order is
 * placed twice, and each one's end is heard of.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  ClientError,
  CryptomusRest,
  CryptomusStream,
  md5Signer,
  type NewOrder,
  type PlacedOrder,
  Trader,
} from "../../client/src/index.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { type ClientHouse, openClientHouse, quick } from "../support/client-house.ts";
import { FaultyProxy, type RequestFate } from "../support/faulty-proxy.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-orders-"));
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const calls = { tries: 12, minMs: 5, maxMs: 20, timeoutMs: 5_000 };

let house: ClientHouse;
let proxy: FaultyProxy;
let rest: CryptomusRest;
let stream: CryptomusStream;

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
});
afterEach(async () => {
  stream.close();
  await proxy.close();
  for (const { id } of await house.direct.openOrders({ limit: 100 })) await house.direct.cancel(id);
});

const bid = (price: string, clientOrderId?: string): NewOrder => ({
  ...{ type: "limit", market: "BTC_USDT", direction: "buy", price, quantity: "0.001" },
  ...(clientOrderId === undefined ? {} : { clientOrderId }),
});

async function faultOf(promise: Promise<unknown>): Promise<ClientError["fault"]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientError)) throw new Error(`no ClientError: ${String(error)}`);
  return error.fault;
}

describe("an order", () => {
  it(`is never placed twice, whatever is lost on the way (seed ${seed})`, async () => {
    const faults = new Random(seed, "requests");
    const fates: readonly RequestFate[] = ["lose-answer", "lose-request"];
    proxy.onRequest = (line) =>
      line.startsWith("POST") && faults.below(2) === 0
        ? (fates[faults.below(2)] ?? "pass")
        : "pass";
    const placed = await Promise.all(
      Array.from({ length: 40 }, (_, index) => rest.place(bid(String(50_000 + index)))),
    );
    const open = await house.direct.openOrders({ limit: 100 });
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect(open.map(({ id, clientOrderId }) => ({ id, clientOrderId })).toSorted(byId)).toEqual(
      [...placed].toSorted(byId),
    );
  });

  it("that cannot be known to be taken says so, with the id to ask for", async () => {
    proxy.onRequest = (line) => (line.startsWith("POST") ? "lose-answer" : "pass");
    const few = new CryptomusRest({
      ...{ url: proxy.url, user: house.users[0] },
      calls: { ...calls, tries: 1 },
    });
    const fault = await faultOf(few.place(bid("51000", `unknown-${seed}`)));
    expect(fault).toMatchObject({ kind: "unknown-outcome", clientOrderId: `unknown-${seed}` });
    const [found] = await rest.openOrders({ clientOrderId: `unknown-${seed}` });
    expect(found?.price).toBe("51000.0000000000000000");
  });

  it("under an id that another order has is refused, also when an answer was lost before", async () => {
    const clientOrderId = `used-${seed}`;
    await rest.place(bid("52000", clientOrderId));
    const refused = { kind: "refused", code: "7", status: 422 };
    expect(await faultOf(rest.place(bid("52000", clientOrderId)))).toMatchObject(refused);
    let isFirst = true;
    proxy.onRequest = (line) => {
      const isLost = isFirst && line.startsWith("POST");
      isFirst = isFirst && !isLost;
      return isLost ? "lose-request" : "pass";
    };
    expect(await faultOf(rest.place(bid("53000", clientOrderId)))).toMatchObject(refused);
  });

  it("is cancelled once, also when the answer is lost", async () => {
    const { id } = await rest.place(bid("54000"));
    let lost = 0;
    proxy.onRequest = (line) => {
      if (lost > 0 || !line.startsWith("DELETE")) return "pass";
      lost += 1;
      return "lose-answer";
    };
    await rest.cancel(id);
    expect(await house.direct.openOrders({ orderId: id })).toEqual([]);
    expect(await faultOf(rest.cancel(id))).toMatchObject({ kind: "refused", code: "5" });
  });

  it("that is refused says why, and in which field", async () => {
    expect(await faultOf(rest.place(bid("0.001")))).toMatchObject({ kind: "refused", code: "2" });
    expect(await faultOf(rest.place(bid("nonsense")))).toMatchObject({
      ...{ kind: "refused", code: "0", fields: [{ property: "price" }] },
    });
    const stranger = new CryptomusRest({
      ...{ url: proxy.url, user: { ...house.users[0], apiKey: "x".repeat(64) } },
    });
    expect(await faultOf(stranger.balances())).toMatchObject({ kind: "unauthorized" });
    expect(await faultOf(new CryptomusRest({ url: proxy.url }).balances())).toMatchObject({
      kind: "misuse",
    });
  });

  it("may be signed as the service signs", async () => {
    const signer = md5Signer(house.users[0]);
    const { id } = await new CryptomusRest({ url: proxy.url, signer }).place(bid("55000"));
    expect((await rest.openOrders({ orderId: id })).map((order) => order.id)).toEqual([id]);
  });

  it("is taken from a program whose clock is wrong", async () => {
    const wallMs = () => Date.now() - 3_600_000;
    const late = new CryptomusRest({
      ...{ url: proxy.url, user: house.users[0] },
      platform: { wallMs },
    });
    expect((await late.balances("USDT"))[0]?.currency).toBe("USDT");
  });
});

describe("a trader", () => {
  it("hears how an order ended from the private stream", async () => {
    const trader = new Trader(rest, stream);
    await until(() => expect(stream.counts.received).toBeGreaterThan(0));
    const order = await trader.place(bid("60000"));
    const seller = new CryptomusRest({ url: house.server.http, user: house.users[1] });
    await until(() => expect(order.latest?.phase).toBe("created"));
    await seller.place({
      ...{ type: "market", market: "BTC_USDT", direction: "sell" },
      quantity: "0.001",
    });
    expect(await order.finished).toMatchObject({
      ...{ id: order.id, clientOrderId: order.clientOrderId, market: "BTC_USDT" },
      end: { state: "completed", internalState: "filled" },
      filledQuantity: "0.0010000000000000",
    });
    expect(trader.open).toBe(0);
  });

  it("hears of orders that ended while the stream was away", async () => {
    const trader = new Trader(rest, stream);
    await until(() => expect(stream.counts.received).toBeGreaterThan(0));
    const orders: PlacedOrder[] = [];
    for (const price of ["61000", "61001", "61002"]) orders.push(await trader.place(bid(price)));
    const [kept, ...gone] = orders;
    await until(() => expect(kept?.latest).toBeDefined());
    proxy.isDown = true;
    proxy.cut();
    for (const { id } of gone) await house.direct.cancel(id);
    proxy.isDown = false;
    for (const { finished } of gone) {
      expect((await finished).end).toEqual({ state: "cancelled", internalState: "empty" });
    }
    expect(trader.open).toBe(1);
    await kept?.cancel();
    expect((await kept?.finished)?.end.state).toBe("cancelled");
  });

  it("places before its stream has connected, and hears of it nevertheless", async () => {
    const slow = new CryptomusStream({
      ...{ url: proxy.url, patience: quick },
      token: async () => {
        await until(() => expect(isPlaced).toBe(true));
        return rest.token();
      },
    });
    let isPlaced = false;
    const trader = new Trader(rest, slow);
    const order = await trader.place(bid("62000"));
    await house.direct.cancel(order.id);
    isPlaced = true;
    expect((await order.finished).end.state).toBe("cancelled");
    slow.close();
  });

  it(`loses no order while connections are cut (seed ${seed})`, async () => {
    const faults = new Random(seed, "cuts");
    proxy.onFrame = () => (faults.below(15) === 0 ? "cut" : "pass");
    proxy.onRequest = () => (faults.below(8) === 0 ? "lose-answer" : "pass");
    const trader = new Trader(rest, stream);
    const orders = await Promise.all(
      Array.from({ length: 30 }, (_, index) => trader.place(bid(String(40_000 + index)))),
    );
    await Promise.all(orders.map((order) => order.cancel()));
    const ends = await Promise.all(orders.map(({ finished }) => finished));
    expect(ends.map(({ end }) => end.internalState)).toEqual(orders.map(() => "empty"));
  });

  it("that is closed says so to who waits", async () => {
    const trader = new Trader(rest, stream);
    const order = await trader.place(bid("63000"));
    trader.close();
    expect(await faultOf(order.finished)).toMatchObject({ kind: "closed" });
  });
});

describe("a rate limit", () => {
  it("is waited for as long as the server asks", async () => {
    const waits: number[] = [];
    let refusals = 2;
    const client = new CryptomusRest({
      ...{ url: proxy.url, user: house.users[0], calls },
      platform: {
        request: () => {
          refusals -= 1;
          const isRefused = refusals >= 0;
          return Promise.resolve({
            ...{ status: isRefused ? 429 : 200, retryAfterMs: isRefused ? 7_000 : undefined },
            text: isRefused ? '{"code":429,"message":"Too many requests."}' : '{"order_id":"X"}',
          });
        },
        // Time-outs of requests, which are other waits, never come.
        after(ms, task) {
          if (ms !== 7_000) return () => {};
          waits.push(ms);
          const timer = setTimeout(task, 0);
          return () => clearTimeout(timer);
        },
      },
    });
    expect(await client.place(bid("1"))).toMatchObject({ id: "X" });
    expect(waits).toEqual([7_000, 7_000]);
  });
});

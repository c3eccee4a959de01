/** Feeds of the client for the exchange's stream, against a real server: what a cut, a restart and a wish for more do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  CryptomusRest,
  CryptomusStream,
  type Feed,
  type Gap,
  type Platform,
  pastCandles,
  systemPlatform,
  type Trade,
} from "../../client/src/index.ts";
import { type ClientHouse, openClientHouse, quick } from "../support/client-house.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-client-feeds-"));
const market = "TRX_USDT";

let house: ClientHouse;
let proxy: FaultyProxy;
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
  stream = new CryptomusStream({
    ...{ url: proxy.url, patience: quick },
    token: () => house.direct.token(),
  });
});
afterEach(async () => {
  stream.close();
  await proxy.close();
});

/** Subscribed, as far as the server says. */
const running = (replies: number) =>
  until(() => expect(stream.counts.received).toBeGreaterThanOrEqual(replies));

/** A trade of so much at a price: two orders of one user would not meet. */
async function trade(quantity: string, price: string): Promise<void> {
  const [, second] = house.users;
  const other = new CryptomusRest({ url: house.server.http, user: second });
  await other.place({ type: "limit", market, direction: "sell", price, quantity });
  await house.direct.place({ type: "limit", market, direction: "buy", price, quantity });
}

async function next<T>(feed: Feed<T>): Promise<T> {
  const result = await feed[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the feed is over");
  return result.value;
}

describe("feeds", () => {
  it("of trades have each with all its digits, and tell where some may be missing", async () => {
    const trades = stream.trades(market);
    await running(1);
    await trade("123.4", "0.2701");
    const first = (await next(trades)) as Trade;
    expect(first).toMatchObject({ type: "trade", market, price: "0.2701", quantity: "123.4" });
    const before = Date.now();
    proxy.isDown = true;
    proxy.cut();
    await trade("1", "0.2702");
    proxy.isDown = false;
    const gap = (await next(trades)) as Gap;
    expect(gap.type).toBe("gap");
    expect(gap.fromMs).toBeGreaterThanOrEqual(before - 1);
    expect(gap.toMs).toBeGreaterThanOrEqual(gap.fromMs);
    await trade("2", "0.2703");
    expect(await next(trades)).toMatchObject({ type: "trade", quantity: "2" });
    expect(stream.counts).toMatchObject({ gaps: 1, reconnects: 1, resumes: 0, dropped: 0 });
  });

  it("of states tell a newcomer the newest at once, also the second one", async () => {
    await trade("5", "0.2699");
    const first = await next(stream.lastPrices(market));
    expect(first).toMatchObject({ market, price: "0.2699" });
    expect(await next(stream.lastPrices(market))).toEqual(first);
    expect(await next(stream.tickers([market]))).toMatchObject({ market, price: "0.2699" });
    // Of a day: a minute that has begun since the trade has no candle until somebody trades in it.
    const candles = stream.candles(market, 86_400);
    expect(await next(candles)).toMatchObject({ market, close: "0.2699" });
  });

  it("of candles are of one interval of a market at a time", () => {
    const feed = stream.candles(market, 60);
    expect(() => stream.candles(market, 3_600)).toThrow("use a second stream");
    feed.close();
    expect(() => stream.candles(market, 3_600)).not.toThrow();
  });

  it("of candles are joined by their past", async () => {
    const feed = stream.candles(market, 60);
    await trade("6", "0.2698");
    let startMs = 0;
    for await (const candle of feed) {
      startMs = candle.startMs;
      if (candle.close === "0.2698") break;
    }
    const toMs = startMs + 59_999;
    const past = await pastCandles(stream, { market, intervalS: 60, fromMs: startMs, toMs });
    expect(past).toMatchObject([{ market, startMs, close: "0.2698" }]);
    const all = await pastCandles(stream, { market, intervalS: 86_400, fromMs: 0, toMs });
    expect(all.at(-1)?.startMs).toBe(startMs - (startMs % 86_400_000));
    await expect(
      pastCandles(stream, { market: "NOPE_USDT", intervalS: 60, fromMs: 0, toMs }),
    ).rejects.toMatchObject({ fault: { kind: "refused" } });
  });

  it("of an account have every order, fill and change of money", async () => {
    const [orders, fills, balances] = [
      stream.orders(),
      stream.fills(market),
      stream.balances("TRX"),
    ];
    await running(3);
    await trade("10", "0.2705");
    const phases: string[] = [];
    for await (const update of orders) {
      if (update.type !== "order") continue;
      phases.push(update.phase);
      if (update.phase === "finished") break;
    }
    expect(phases[0]).toBe("created");
    expect(await next(fills)).toMatchObject({ type: "fill", quantity: "10.0000000000000000" });
    expect(await next(balances)).toMatchObject({ type: "balance", currency: "TRX" });
  });

  it("of everything have a market that was opened later", async () => {
    const feed = stream.lastPrices("all");
    const heard = new Set<string>();
    feed.listen((price) => heard.add(price.market));
    await trade("3", "0.2706");
    await until(() => expect(heard).toContain(market));
  });

  it("of unknown markets end, and leave those of others alone", async () => {
    const mixed = stream.trades(["NOPE_USDT", market]);
    const lost = stream.trades("GONE_USDT");
    await expect(next(lost)).rejects.toMatchObject({ fault: { kind: "unknown-name" } });
    await running(2);
    await trade("4", "0.2707");
    expect(await next(mixed)).toMatchObject({ quantity: "4" });
    const book = stream.orderBook("NOPE_USDT");
    await expect(next(book)).rejects.toMatchObject({ fault: { names: ["NOPE_USDT:0"] } });
    expect(book.state).toBe("closed");
  });

  it("that are thousands are few requests", async () => {
    await until(() => expect(stream.state.state).toBe("live"));
    const { sent } = stream.counts;
    const names = Array.from({ length: 2_500 }, (_, index) => `M${index}_USDT`);
    for (const name of names) stream.lastPrices(name);
    await running(3);
    expect(stream.counts.sent - sent).toBe(3);
  });
});

describe("a stream", () => {
  it("is stale when nothing comes, and comes back by itself", async () => {
    stream.close();
    const patience = { ...quick, heartbeatMs: 40, staleMs: 80, deadMs: 200, connectMs: 500 };
    const token = () => house.direct.token();
    stream = new CryptomusStream({ url: proxy.url, token, patience });
    const states: string[] = [];
    stream.states.listen(({ state }) => states.push(state));
    await until(() => expect(stream.state.state).toBe("live"));
    proxy.isSilent = true;
    await until(() => expect(states).toContain("waiting"));
    proxy.isSilent = false;
    await until(() => expect(stream.state.state).toBe("live"));
    expect(states.join(" ")).toContain("live stale waiting connecting");
    expect(stream.counts.stales).toBeGreaterThan(0);
  });

  it("is told that its server goes away, and goes on with the next one", async () => {
    const data = join(folder, "restarted");
    const settings = { "cryptomus.tokenlessPublic": true };
    const first = await startServerHere({ data, settings });
    const { port } = first.server;
    const other = new CryptomusStream({ url: first.http, patience: { minMs: 20, maxMs: 100 } });
    const states: string[] = [];
    other.states.listen(({ state }) => states.push(state));
    const prices = other.lastPrices("all");
    await next(prices);
    await first.server.stop();
    expect(states).toContain("going-away");
    const second = await startServerHere({ data, settings: { ...settings, "server.port": port } });
    await until(() => expect(other.counts.reconnects).toBe(1));
    const told = ({ counts, waiting }: Feed<unknown>) =>
      counts.delivered + counts.conflated + waiting;
    const before = told(prices);
    await until(() => expect(told(prices)).toBeGreaterThan(before));
    other.close();
    await second.server.stop();
  });

  it("that cannot be is closed at once, and says what would be right", async () => {
    const nowhere = new CryptomusStream({ url: "nowhere at all" });
    const nobody = new CryptomusStream({
      ...{ url: proxy.url },
      token: () => new CryptomusRest({ url: proxy.url }).token(),
    });
    for (const stopped of [nowhere, nobody]) {
      await until(() =>
        expect(stopped.state).toMatchObject({ state: "closed", why: { kind: "misuse" } }),
      );
    }
  });

  it("that asks too much waits before it asks again", async () => {
    const data = join(folder, "strict");
    const settings = { "cryptomus.tokenlessPublic": true, "cryptomus.requestsPerMinuteMax": 2 };
    const strict = await startServerHere({ data, settings });
    const waits: number[] = [];
    const platform: Partial<Platform> = {
      after(ms, task) {
        waits.push(ms);
        return systemPlatform.after(ms, task);
      },
    };
    const eager = new CryptomusStream({ url: strict.http, platform });
    await next(eager.lastPrices("all"));
    await eager.query("time");
    await expect(eager.query("time")).rejects.toThrow("Too many requests");
    const { sent } = eager.counts;
    eager.trades("all");
    await until(() => expect(waits).toContain(15_000));
    expect(eager.counts.sent).toBe(sent + 1);
    eager.close();
    await strict.server.stop();
  });

  it("with a token for one connection ends with it", async () => {
    const once = new CryptomusStream({
      ...{ url: proxy.url, patience: quick },
      token: await house.direct.token(),
    });
    await until(() => expect(once.state.state).toBe("live"));
    proxy.cut();
    await until(() =>
      expect(once.state).toMatchObject({ state: "closed", why: { kind: "unauthorized" } }),
    );
  });

  it("answers queries, and says what is wrong with one", async () => {
    await running(0);
    await until(() => expect(stream.state.state).toBe("live"));
    expect(await stream.query("time")).toBeGreaterThan(1.5e9);
    await expect(stream.query("lastprice_request", ["NOPE_USDT"])).rejects.toMatchObject({
      fault: { kind: "refused", code: "2" },
    });
  });

  it("that is closed ends its feeds and loops, and opens no more", async () => {
    const trades = stream.trades(market);
    const waiting = trades[Symbol.asyncIterator]().next();
    stream.close();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(() => stream.trades(market)).toThrow("the client was closed");
  });
});

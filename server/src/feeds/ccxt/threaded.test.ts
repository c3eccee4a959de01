/** The thread of ccxt, with an exchange of our making in place of one of ccxt's, which does what it is told by a ticker. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import type { LiveSource, LiveTold, VenueFrame } from "../../ports/live-source.ts";
import { threadedSource } from "./threaded.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-thread-"));
const module = join(folder, "exchange.mjs");
writeFileSync(
  module,
  `const trade = (id) => ({ id: String(id), timestamp: 1_700_000_000_000 + id, side: "buy", price: "1.5", amount: "2" });
  export default class {
    id = "made";
    has = { watchTrades: true, fetchTrades: true };
    clients = {};
    trades = {};
    streaming = {};
    #calls = new Map();
    client(url) { return this.clients[url] ??= { url, subscriptions: {}, log() {}, onMessage() {}, onError() {}, onPing() {}, onPong() {}, onClose() {}, async send() {}, close() {} }; }
    market(symbol) { return { symbol }; }
    watch() {}
    watchMultiple() {}
    async loadHttpProxyAgent() {}
    async loadMarkets() {}
    async close() {}
    async fetchTrades() { return [trade(7), trade(8)]; }
    watchTrades(ticker) {
      const call = this.#calls.get(ticker) ?? 0;
      this.#calls.set(ticker, call + 1);
      this.watch("wss://made", ticker);
      if (ticker === "KEPT") {
        this.trades.KEPT ??= Object.assign([], { append(trade) { this.push(trade); } });
        this.trades.KEPT.append(trade(call + 1));
        // This one is kept without a word.
        if (call === 0) setImmediate(() => this.trades.KEPT.append(trade(9)));
        return call % 2 === 0 ? Promise.resolve([]) : new Promise(() => {});
      }
      if (ticker === "CLOSED") {
        this.client("wss://made").onClose({});
        return Promise.resolve([trade(call + 1)]);
      }
      if (ticker === "REFUSED") return Promise.reject(new TypeError("there is no such market"));
      if (ticker === "CRASH") setImmediate(() => { throw new Error("ccxt fell over"); });
      if (ticker === "HANG") for (;;);
      if (ticker === "FRAME") this.client("wss://made").onMessage({ data: Buffer.from("{}") });
      if (ticker === "MANY" && call === 0) return Promise.resolve(Array.from({ length: 1_201 }, (_, n) => trade(n + 1)));
      return ticker === "ONE" && call === 0 ? Promise.resolve([trade(1), { id: "2" }]) : new Promise(() => {});
    }
  }`,
);
afterAll(() => rmSync(folder, { recursive: true }));

const made = (lettingGoMs?: number) =>
  threadedSource({
    library: { module: pathToFileURL(module) },
    venue: "made",
    config: { kind: "ccxt", exchange: "made", tickers: ["ONE"], quotes: false, staleSeconds: 60 },
    ...(lettingGoMs === undefined ? {} : { lettingGoMs }),
  });

let source: LiveSource;
let malformed: string[];
beforeEach(() => {
  malformed = [];
  source = made();
});
afterEach(() => source.close());

const context = {
  received() {},
  malformed: (by: number, what: string) => malformed.push(`${by} ${what}`),
};

function watching(ticker: string) {
  const stop = new AbortController();
  const told = source.watch(ticker, context, stop.signal);
  return { told, stop };
}

async function first(told: AsyncGenerator<LiveTold, string>): Promise<LiveTold | string> {
  return (await told.next()).value;
}

/** Ids of so many trades. */
async function idsOf(told: AsyncGenerator<LiveTold, string>, count: number) {
  const ids: unknown[] = [];
  while (ids.length < count) {
    const next = await first(told);
    if (typeof next === "string") throw new Error(next);
    ids.push(...next.trades.map(({ id }) => id));
  }
  return ids;
}

it("hands on what is told, what cannot be read, and the past", async () => {
  expect(await source.prepare?.()).toBeUndefined();
  const { told, stop } = watching("ONE");
  expect(await first(told)).toMatchObject({
    trades: [{ venue: "made", id: 1, price: 15, priceScale: 1, quantity: 2, aggressor: "buy" }],
  });
  expect(malformed).toEqual(["1 price undefined"]);
  expect(await source.past?.("ONE", 0)).toMatchObject([{ id: 7 }, { id: 8 }]);
  const next = told.next();
  stop.abort();
  expect(await next).toEqual({ done: true, value: "stopped" });
});

it("tells in pieces what comes at once", async () => {
  const { told } = watching("MANY");
  const counts: number[] = [];
  for (let piece = 0; piece < 3; piece += 1) {
    const next = await first(told);
    if (typeof next !== "string") counts.push(next.trades.length);
  }
  expect(counts).toEqual([500, 500, 201]);
});

it("tells what ccxt keeps until it is asked again, and nothing that an earlier watch has left", async () => {
  const { told, stop } = watching("KEPT");
  expect(await idsOf(told, 3)).toEqual([1, 2, 9]);
  stop.abort();
  await told.return("");
  expect(await idsOf(watching("KEPT").told, 2)).toEqual([3, 4]);
});

it("ends a watch whose connection has ended, though ccxt would make another one", async () => {
  const { told } = watching("CLOSED");
  expect(await first(told)).toMatchObject({ trades: [{ id: 1 }] });
  expect(await first(told)).toBe("the connection was closed");
});

it("says why a watch ended", async () => {
  expect(await first(watching("REFUSED").told)).toBe("TypeError: there is no such market");
});

it("that falls over ends all watches, and the next one has a thread again", async () => {
  const quiet = watching("QUIET").told.next();
  expect(await first(watching("CRASH").told)).toBe("the thread of ccxt ended: ccxt fell over");
  expect((await quiet).value).toBe("the thread of ccxt ended: ccxt fell over");
  expect(await first(watching("ONE").told)).toMatchObject({ trades: [{ id: 1 }] });
});

it("that does not let a watch go is ended, and the next one has a thread again", async () => {
  source = made(20);
  const { told, stop } = watching("HANG");
  const next = told.next();
  stop.abort();
  expect((await next).value).toBe("the thread of ccxt has ended");
  expect(await first(watching("ONE").told)).toMatchObject({ trades: [{ id: 1 }] });
});

it("shows raw frames for as long as somebody takes them, also where it is started later", async () => {
  const frames: VenueFrame[] = [];
  const leave = source.tapFrames?.((frame) => frames.push(frame));
  const shown = watching("FRAME").told.next();
  await first(watching("ONE").told);
  leave?.();
  await first(watching("MANY").told);
  expect(frames.map(({ kind, data }) => [kind, data])).toEqual([
    ["connect", undefined],
    ["receive", new Uint8Array(Buffer.from("{}"))],
  ]);
  await source.close();
  expect((await shown).value).toBe("the thread of ccxt has ended");
});

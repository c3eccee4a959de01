/**
 * Positions on the wire (docs/protocols/positions.md): a client that is cut off at any time and comes back
 * is told every message once, or is told that it cannot be.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askStream, CryptomusClient, type CryptomusUser } from "../support/cryptomus-client.ts";
import {
  addTraders,
  tradedMarket as market,
  startExchangeHere,
  tradeAfter,
} from "../support/exchange-traffic.ts";
import { isAfter, PositionedClient, type Wanted } from "../support/positioned-client.ts";
import type { ServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { openStream } from "../support/stream-client.ts";
import { until } from "../support/until.ts";

const wanted: Wanted = {
  trade: [market],
  depth: [`${market}:0`, `${market}:1`],
  lastprice: ["all"],
  ticker: ["all"],
  candles: [market, 60],
  order: [market],
  deal: [market],
  balance: ["all"],
};
/** Streams of which nothing may be left out, however often a client is cut off. */
const histories = ["trade_update", "order_update", "deal_update", "balance_update"];

let folder: string;
let clock: SteppedClock;
let here: ServerHere;
let users: readonly [CryptomusUser, CryptomusUser];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-positions-"));
  clock = new SteppedClock();
  here = await startExchangeHere(folder, clock);
  users = await addTraders(folder);
});
afterAll(async () => {
  await here.server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const buyer = () => new CryptomusClient(here, users[0]);
const trade = (...pauses: readonly number[]) => tradeAfter(here, users, { clock, pauses });

/** Lets two seconds pass, until clients have been told that nothing is missing. */
async function quiet(clients: readonly PositionedClient[]): Promise<void> {
  const before = clients.map((client) => {
    client.read();
    return client.counts.positions;
  });
  clock.pass(2);
  await until(() => {
    for (const [at, client] of clients.entries()) {
      client.read();
      expect(client.counts.positions).toBeGreaterThan(before[at] ?? 0);
    }
  });
}

/** The book as REST has it. */
async function book(): Promise<object> {
  const path = `/v1/exchange/market/order-book/${market}?level=0`;
  const reply = await fetch(`${here.http}${path}`);
  const { data } = (await reply.json()) as { data: { bids: object[]; asks: object[] } };
  return { bids: data.bids, asks: data.asks };
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 0.1, 0.4, 1).map((pause) => ({ pause })) },
  { weight: 1, arbitrary: fc.constant("cut" as const) },
  { weight: 1, arbitrary: fc.constant("come" as const) },
);

/** What a client was told last of a stream. */
function newest(client: PositionedClient, key: string): unknown {
  return JSON.parse(client.told.get(key)?.at(-1) ?? "{}").data;
}

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A story, as a client lives it who is never cut off, and one who is. */
async function play(
  story: readonly Step[],
): Promise<readonly [steady: PositionedClient, cut: PositionedClient]> {
  const steady = new PositionedClient(buyer(), wanted);
  const cut = new PositionedClient(buyer(), wanted);
  await trade(0.2);
  await steady.come(here);
  await cut.come(here);
  for (const next of story) {
    if (next === "cut") cut.cut();
    else if (next !== "come") await trade(next.pause);
    else if (cut.stream === undefined) await cut.come(here);
  }
  if (cut.stream === undefined) await cut.come(here);
  await quiet([steady, cut]);
  await Promise.all([steady.stream?.close(), cut.stream?.close()]);
  return [steady, cut];
}

describe("a client that is cut off and comes back", () => {
  it("has every message once and in order, and books that are right", async () => {
    const total = { recovered: 0, checksums: 0, repeats: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (story) => {
        const [steady, cut] = await play(story);
        expect([steady.faults, cut.faults, cut.counts.lost]).toEqual([[], [], 0]);
        for (const [key, texts] of steady.told) {
          const isHistory = histories.some((method) => key.startsWith(method));
          // Who is cut off before a second has passed goes on from a little before they came.
          if (isHistory) expect(cut.told.get(key)?.slice(-texts.length)).toEqual(texts);
          else if (!key.startsWith("depth")) {
            expect(newest(cut, key)).toEqual(newest(steady, key));
          }
        }
        expect(cut.book(`depth ${market}:0`)).toMatchObject(await book());
        total.recovered += cut.counts.recovered;
        total.checksums += cut.counts.checksums;
        total.repeats += cut.counts.repeats;
      }),
      { numRuns: 6 },
    );
    expect(total.recovered).toBeGreaterThan(0);
    expect(total.checksums).toBeGreaterThan(0);
  });

  it("is told honestly of another epoch, of a position that cannot be, and of what is forgotten", async () => {
    const stream = await openStream(`${here.ws}/ws?token=${await buyer().token()}&positions=1`);
    const { json: begun } = await askStream(stream, "ticker_subscribe", [market]);
    const { epoch, seq, tick, ord } = begun as Record<string, number>;
    const ask = async (method: string, since: unknown) => {
      stream.send({ id: 1, method, params: [market], since });
      const reply = await stream.until(({ json }) => json["id"] === 1);
      stream.received.length = 0;
      return reply.json;
    };
    expect(await ask("trade_subscribe", { epoch: "other", seq, tick, ord })).toMatchObject({
      ...{ data: { status: "success" }, error: null, epoch, seq },
      ...{ recovered: false, lost: [market] },
    });
    expect(await ask("lastprice_subscribe", { epoch, seq: seq! + 1_000, ord })).toMatchObject({
      recovered: false,
      lost: [market],
    });
    expect(await ask("deal_subscribe", { epoch, seq: 1, ord: 0 })).toMatchObject({
      recovered: true,
    });
    expect(await ask("order_subscribe", { epoch, seq: -1 })).toMatchObject({
      error: { code: 2, message: expect.stringContaining("Invalid params: use since: {") },
    });
    await stream.close();
  });

  it("is not told positions unless it asks for them", async () => {
    const stream = await openStream(`${here.ws}/ws?token=${await buyer().token()}`);
    const since = { epoch: "whatever", seq: "this is" };
    stream.send({ id: 1, method: "trade_subscribe", params: [market], since });
    const reply = await stream.until(({ json }) => json["id"] === 1);
    expect(reply.text).toBe(
      '{"id":1,"method":"trade_subscribe","data":{"status":"success"},"error":null}',
    );
    await trade(2);
    const { json } = await stream.until(({ json: { method } }) => method === "trade_update");
    expect(Object.keys(json)).toEqual(["id", "method", "data", "error"]);
    expect(stream.received.some(({ json: { method } }) => method === "position_update")).toBe(
      false,
    );
    await stream.close();
  });
});

describe("bars with positions", () => {
  const request = (more?: object) => ({
    ...{ event: "subscribe", dataset: "local", tickers: ["BTC/USDT"] },
    ...{ channel: "bars", frequency: "1s", aggregation: "1m", ...more },
  });
  const openBars = () => openStream(`${here.ws}/v1?apikey=${here.server.demoKey}&positions=1`);

  it("say what came before, which state of the minute they are, and go on after a cut", async () => {
    // No minute ends before the first stream is cut off.
    clock.pass(60 - ((clock.nowUs() / 1e6) % 60));
    const first = await openBars();
    const begun = JSON.parse(await first.ask(request()));
    expect(begun).toMatchObject({ status: "success", seq: expect.any(Number) });
    expect(begun).not.toHaveProperty("recovered");
    await trade(1, 1);
    clock.pass(2);
    const { json: position } = await first.until(({ json }) => json["ch"] === "position");
    expect(position).toMatchObject({ d: "local", epoch: begun.epoch });
    const bars = () => first.received.filter(({ json }) => json["ch"] === "bars");
    await until(() => expect(bars().length).toBeGreaterThan(1));
    const [one, two] = bars().map(({ json }) => json);
    const { seq, tick, ord } = one as Record<string, number>;
    expect(two).toMatchObject({ prev: { seq, ...(tick === undefined ? {} : { tick }), ord } });
    expect(two).toMatchObject({ rev: 0, closed: false });
    // A stream that nobody follows is kept for no longer than the minute that passes now.
    const other = await openBars();
    await other.ask(request());
    first.socket.terminate();

    const held = bars().at(-1)!.json as unknown as { epoch: string; seq: number; ord: number };
    await trade(1, 60, 1);
    clock.pass(2);
    const second = await openBars();
    const {
      epoch,
      seq: heldSeq,
      ord: heldOrd,
      tick: heldTick,
    } = held as typeof held & {
      tick?: number;
    };
    const since = { epoch, seq: heldSeq, tick: heldTick, ord: heldOrd };
    const reply = JSON.parse(await second.ask(request({ since })));
    expect(reply).toMatchObject({ status: "success", recovered: true });
    const closed = await second.until(({ json }) => json["closed"] === true);
    expect(isAfter(closed.json as never, held)).toBe(true);
    second.send(request({ since: 5 }));
    const bad = await second.until(({ json }) => json["status"] === "error");
    expect(bad.json).toMatchObject({
      code: "INVALID_PARAMETER",
      message: expect.stringContaining('{"epoch": "…", "seq":'),
    });
    await second.close();
    await other.close();
  });
});

/** A producer pushes over HTTP: what is acknowledged is stored, what is not is named. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey, revokeKey } from "../../server/src/access/keys.ts";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { openKeyStore } from "../../server/src/adapters/sqlite/stores/key-store.ts";
import { PushFeed } from "../../server/src/feeds/push/feed.ts";
import { readRows } from "../../server/src/feeds/push/rows.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { runFeed, VirtualFeedContext } from "../support/virtual-feed-context.ts";

let data: string;
let here: ServerHere;
let ingestKey: string;
let readingKey: string;

function makeKey(ingest?: readonly string[]): { readonly key: string; readonly id: string } {
  const store = openKeyStore(join(data, "keys.db"));
  const order = { workspace: "desk", label: "", ingest, nowMs: Date.now() };
  const made = createKey(store, systemSecrets(), order);
  store.close();
  if (typeof made === "string") throw new Error(made);
  return { key: made.key, id: made.record.id };
}

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "openbourse-push-"));
  const datasets = [
    { code: "desk", feed: { kind: "push", batchBytesMax: 20_000 } },
    { code: "other", feed: { kind: "push" } },
  ];
  here = await startServerHere({ data, settings: { "exchange.enabled": false, datasets } });
  ingestKey = makeKey(["desk"]).key;
  readingKey = makeKey().key;
});
afterAll(async () => {
  await here.server.stop();
  rmSync(data, { recursive: true, force: true });
});

let nextId = 1;
/** A trade of so many milliseconds ago. */
function trade(agoMs = 0, more: object = {}) {
  nextId += 1;
  const time = (Date.now() - agoMs) * 1_000;
  return { ticker: "BTC/USDT", id: nextId, price: "63000.5", quantity: "0.01", time, ...more };
}

async function push(rows: readonly object[], key = ingestKey, dataset = "desk") {
  const reply = await fetch(`${here.http}/openbourse/v1/ingest/${dataset}`, {
    method: "POST",
    headers: { authorization: `apikey ${key}` },
    body: rows.map((row) => JSON.stringify(row)).join("\n"),
  });
  const body = (await reply.json()) as Record<string, unknown>;
  return { status: reply.status, body, after: reply.headers.get("retry-after") };
}

async function read(path: string) {
  const reply = await fetch(`${here.http}/latest/desk/${path}&apikey=${readingKey}`);
  return ((await reply.json()) as { data: readonly Record<string, unknown>[] }).data;
}

describe("a batch", () => {
  it("is acknowledged with the position at which it is stored, and read at once", async () => {
    const sent = [trade(2_000), trade(1_000, { price: "63001.25", side: "buy" })];
    const { status, body } = await push(sent);
    expect(status).toBe(200);
    expect(body).toMatchObject({ rows: 2, trades: 2, bars: 0, known: 0 });
    expect(body["position"]).toEqual({ epoch: expect.any(String), sequence: expect.any(Number) });
    const rows = await read("trades?ticker=BTC/USDT&page_size=10");
    expect(rows.map(({ p }) => p).toSorted()).toEqual([63_000.5, 63_001.25]);
  });

  it("that is sent again stores nothing twice", async () => {
    const sent = [trade(), trade()];
    await push(sent);
    expect((await push(sent)).body).toMatchObject({ rows: 2, trades: 0, known: 2 });
    expect((await push([...sent, trade()])).body).toMatchObject({ trades: 1, known: 2 });
  });

  it("of what is long past is put to the past, once", async () => {
    const past = trade(3_600_000, { ticker: "OLD/USDT" });
    await push([trade(0, { ticker: "OLD/USDT" }), past]);
    // Its minute may still be begun, or be over: either way it is stored once.
    expect((await push([past])).body).toMatchObject({ trades: 0, known: 1 });
    expect(await read("trades?ticker=OLD/USDT&page_size=10")).toHaveLength(2);
  });

  it("of finished bars is served as the past", async () => {
    const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
    const prices = { open: "1.5", high: "3", low: "1", close: "2", volume: "10.25" };
    const bar = { start: startMs * 1_000, ...prices };
    expect((await push([{ ticker: "BAR/USDT", bar }])).body).toMatchObject({ rows: 1, bars: 1 });
    const [found] = await read("time_series?ticker=BAR/USDT&interval=1m&page_size=10");
    expect(found).toMatchObject({ t: startMs / 1_000, o: 1.5, h: 3, l: 1, c: 2, v: 10.25 });
  });

  it("with a wrong row is refused as a whole, and the row is named", async () => {
    const sound = trade();
    const { status, body } = await push([sound, { ...trade(), price: 1 }]);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { rows: [{ row: 2, problem: expect.stringContaining("price: a decimal text") }] },
    });
    expect((await push([sound])).body).toMatchObject({ trades: 1, known: 0 });
  });

  it("that is too large, or has no rows, is refused", async () => {
    expect((await push(Array.from({ length: 300 }, () => trade()))).status).toBe(413);
    expect((await push([])).status).toBe(400);
  });
});

describe("a key", () => {
  it.each([
    ["of readers does not push", () => readingKey, "desk", 403],
    ["of one dataset does not push to another", () => ingestKey, "other", 403],
    ["that nobody made does not push", () => "0".repeat(34), "desk", 401],
    ["that is missing does not push", () => "", "desk", 401],
  ])("%s", async (_, key, dataset, status) => {
    expect((await push([trade()], key(), dataset)).status).toBe(status);
  });

  it("of a producer reads nothing", async () => {
    const reply = await fetch(`${here.http}/latest/datasets?apikey=${ingestKey}`);
    expect(reply.status).toBe(401);
  });

  it("that was revoked does not push any more", async () => {
    const { key, id } = makeKey(["desk"]);
    expect((await push([trade()], key)).status).toBe(200);
    const store = openKeyStore(join(data, "keys.db"));
    revokeKey(store, { id, nowMs: Date.now() });
    store.close();
    expect((await push([trade()], key)).status).toBe(401);
  });
});

it("the description of the interface has the route", async () => {
  const reply = await fetch(`${here.http}/docs/openapi.json`);
  const { paths } = (await reply.json()) as { paths: Record<string, unknown> };
  expect(Object.keys(paths)).toContain("/openbourse/v1/ingest/desk");
});

/** A context whose store answers when a test says so. */
class HeldContext extends VirtualFeedContext {
  readonly held = Promise.withResolvers<void>();

  override async stored() {
    await this.held.promise;
    return { kind: "stored" as const, position: undefined };
  }
}

it("a batch that there is no room for is told to come again, until what waits is stored", async () => {
  const feed = new PushFeed(3);
  const stop = new AbortController();
  const context = new HeldContext();
  const running = runFeed(feed, { context, controller: stop });
  await until(() => expect(feed.nowUs).toBeDefined());
  const rows = await readRows([trade(), trade()].map((row) => JSON.stringify(row)).join("\n"), {
    ...{ venue: "desk", nowUs: Date.now() * 1_000, rowsMax: 10 },
  });
  if ("faults" in rows) throw new Error("the rows are sound");
  const first = feed.take(rows);
  expect(await feed.take(rows)).toEqual({ kind: "busy" });
  await until(() => expect(context.counts.trades).toBe(2));
  context.held.resolve();
  expect(await first).toMatchObject({ kind: "stored", rows: 2 });
  stop.abort();
  await running;
  // What could not be stored any more is not acknowledged.
  expect(await feed.take(rows)).toEqual({ kind: "busy" });
});

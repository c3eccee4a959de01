/** A producer pushes over HTTP: what is acknowledged is stored, what is not is named. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { revokeKey } from "../../server/src/access/keys.ts";
import { createHttpServer } from "../../server/src/adapters/http/http-server.ts";
import { wideLimits } from "../../server/src/adapters/http/limits.fixture.ts";
import { openKeyStore } from "../../server/src/adapters/sqlite/stores/key-store.ts";
import { PushFeed } from "../../server/src/feeds/push/feed.ts";
import { pushRoute } from "../../server/src/feeds/push/rest.ts";
import { readRows } from "../../server/src/feeds/push/rows.ts";
import { findAsyncApiFaults } from "../support/asyncapi-check.ts";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { openStream, refusedUpgrade } from "../support/stream-client.ts";
import { until } from "../support/until.ts";
import { runFeed, VirtualFeedContext, virtualStartUs } from "../support/virtual-feed-context.ts";

let data: string;
let here: ServerHere;
let ingestKey: string;
let readingKey: string;

const makeKey = (ingest?: readonly string[]) => addKey(data, "desk", ingest);

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

  it.each(["gzip", "Deflate", "identity, br"])("packed with %s is refused", async (name) => {
    const row = JSON.stringify(trade());
    const send = async (encoding: string, body: string | Uint8Array) => {
      const headers = { authorization: `apikey ${ingestKey}`, "content-encoding": encoding };
      const init = { method: "POST", headers, body };
      const reply = await fetch(`${here.http}/openbourse/v1/ingest/desk`, init);
      return { reply, body: await reply.json() };
    };
    const { reply, body } = await send(name, gzipSync(row));
    expect(reply.status).toBe(415);
    expect(reply.headers.get("accept-encoding")).toBe("identity");
    expect(body).toEqual({ error: { message: expect.stringContaining(name.toLowerCase()) } });
    expect((await send("identity", row)).body).toMatchObject({ trades: 1, known: 0 });
  });
});

/** A connection over which is pushed. */
async function pushing(key = ingestKey, dataset = "desk") {
  const stream = await openStream(`${here.ws}/openbourse/v1/ingest/${dataset}?apikey=${key}`);
  const send = (rows: readonly object[]) =>
    stream.send(rows.map((row) => JSON.stringify(row)).join("\n"));
  const answer = async (batch: number) =>
    (await stream.until(({ json }) => json["batch"] === batch)).json;
  return { stream, send, answer };
}

describe("a batch over WebSocket", () => {
  it("is acknowledged with its number when it is stored, and stores nothing twice", async () => {
    const { stream, send, answer } = await pushing();
    const [first, second] = [[trade(), trade()], [trade()]];
    send(first);
    send(second);
    expect(await answer(1)).toMatchObject({ status: 200, rows: 2, trades: 2, known: 0 });
    expect(await answer(2)).toMatchObject({ status: 200, rows: 1, trades: 1 });
    send(first);
    const again = await answer(3);
    expect(again).toMatchObject({ trades: 0, known: 2 });
    expect(again["position"]).toEqual({ epoch: expect.any(String), sequence: expect.any(Number) });
    expect((await push(second)).body).toMatchObject({ known: 1 });
    await stream.close();
  });

  it("with a wrong row is refused as a whole, and the connection goes on", async () => {
    const { stream, send, answer } = await pushing();
    send([trade(), { ticker: "BTC/USDT", id: 1 }]);
    expect(await answer(1)).toMatchObject({ status: 400, error: { rows: [{ row: 2 }] } });
    send([trade()]);
    expect(await answer(2)).toMatchObject({ status: 200, trades: 1 });
    await stream.close();
  });

  it("that is larger than batches may be ends the connection before it is read", async () => {
    const { stream, send } = await pushing();
    send(Array.from({ length: 300 }, () => trade()));
    expect((await stream.closed)[0]).toBe(1009);
  });

  it("beyond those that wait for their answers is told to come again", async () => {
    const { stream, send, answer } = await pushing();
    const batches = Array.from({ length: 200 }, () => [trade()]);
    for (const batch of batches) send(batch);
    const answers = await Promise.all(batches.map((_, at) => answer(at + 1)));
    const busy = answers.filter(({ status }) => status === 429);
    expect(busy.length).toBeGreaterThan(0);
    for (const told of busy) expect(told).toMatchObject({ retryAfter: 1 });
    // Each of the others is stored, and what is sent again is stored as well.
    for (const [at, told] of answers.entries()) {
      const known = told["status"] === 200 ? 1 : 0;
      expect((await push(batches[at] ?? [])).body).toMatchObject({ known });
    }
    await stream.close();
  });

  it("with a key that was revoked meanwhile is refused, and the connection ends", async () => {
    const { key, id } = makeKey(["desk"]);
    const { stream, send, answer } = await pushing(key);
    send([trade()]);
    expect(await answer(1)).toMatchObject({ status: 200 });
    const store = openKeyStore(join(data, "keys.db"));
    revokeKey(store, { id, nowMs: Date.now() });
    store.close();
    send([trade()]);
    expect(await answer(2)).toMatchObject({ status: 401 });
    expect((await stream.closed)[0]).toBe(1008);
  });

  it("with a key that cannot be looked up is told to come again, and the connection goes on", async () => {
    const { stream, send, answer } = await pushing();
    const batch = [trade()];
    const said = { error: { message: expect.stringContaining("cannot be looked up") } };
    const keys = new DatabaseSync(join(data, "keys.db"));
    keys.exec("ALTER TABLE api_key RENAME TO mislaid");
    try {
      send(batch);
      expect(await answer(1)).toMatchObject({ status: 503, retryAfter: 1, ...said });
      expect(await push(batch)).toMatchObject({ status: 503, after: "1", body: said });
      const url = `${here.ws}/openbourse/v1/ingest/desk?apikey=${ingestKey}`;
      expect((await refusedUpgrade(url)).status).toBe(503);
    } finally {
      keys.exec("ALTER TABLE mislaid RENAME TO api_key");
      keys.close();
    }
    expect(here.log.filter(({ level }) => level === "error")).toEqual([]);
    expect(here.log.map(({ phrase }) => phrase).join()).toContain("a key cannot be looked up");
    send(batch);
    expect(await answer(2)).toMatchObject({ status: 200, trades: 1, known: 0 });
    await stream.close();
  });

  it.each([
    ["of readers", () => readingKey, "desk", 403],
    ["of another dataset", () => ingestKey, "other", 403],
    ["that nobody made", () => "0".repeat(34), "desk", 401],
  ])("with a key %s opens no connection", async (_, key, dataset, status) => {
    const url = `${here.ws}/openbourse/v1/ingest/${dataset}?apikey=${key()}`;
    expect((await refusedUpgrade(url)).status).toBe(status);
  });
});

it("the example pushes what it reads, over several batches", async () => {
  const rows = Array.from({ length: 1_200 }, () => trade());
  const program = fileURLToPath(new URL("../../examples/push-trades.js", import.meta.url));
  const address = `${here.ws}/openbourse/v1/ingest/other`;
  const child = spawn(process.execPath, [program, address, makeKey(["other"]).key]);
  child.stdin.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  let said = "";
  child.stdout.on("data", (text) => {
    said += String(text);
  });
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(said).toBe("1200 trades are stored\n");
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

it("the description of the streams has where each dataset is pushed to, with batches that can be sent as they are", async () => {
  const reply = await fetch(`${here.http}/docs/asyncapi.json`);
  // biome-ignore lint/suspicious/noExplicitAny: what the document holds is what this test looks at.
  const document = (await reply.json()) as Record<string, any>;
  expect(findAsyncApiFaults(document)).toEqual([]);
  for (const dataset of ["desk", "other"]) {
    const { address } = document["channels"][`ingest-${dataset}.batches`];
    expect(address).toBe(`/openbourse/v1/ingest/${dataset}`);
  }
  const { messages } = document["components"];
  const { stream, answer } = await pushing();
  stream.send(messages["ingest-desk.batch"].examples[0].payload);
  const told = await answer(1);
  expect(told).toMatchObject({ status: 200, rows: 2 });
  stream.send("");
  const refused = await answer(2);
  expect(refused).toMatchObject({ status: 400 });
  for (const each of [told, refused]) {
    expect([...Value.Errors(messages["ingest-desk.answer"].payload, each)]).toEqual([]);
    const { properties } = messages["ingest-desk.answer"].payload;
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(each)));
  }
  await stream.close();
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

/** Its feed served over HTTP, by a server that has nothing else. */
async function servedAlone(feed: PushFeed) {
  const server = createHttpServer({
    routes: [
      pushRoute({
        ...{ dataset: "desk", venue: "desk", feed, door: { admit: () => undefined } },
        config: { kind: "push", batchBytesMax: 20_000, batchRowsMax: 10, rowsInFlightMax: 3 },
      }),
    ],
    pages: [],
    notFound: () => ({ status: 404, body: "{}" }),
    readiness: () => [],
    metrics: async () => ({ text: "", contentType: "text/plain" }),
    isStream: () => false,
    upgrade: () => false,
    limits: wideLimits,
    ...{ nowMs: () => 0, monotonicMs: () => 0, corsOrigins: [] },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  return { server, port: await server.listen("127.0.0.1", 0) };
}

it("a batch over HTTP that there is no room for is answered with 429 and Retry-After", async () => {
  const feed = new PushFeed(3);
  const stop = new AbortController();
  const context = new HeldContext();
  const running = runFeed(feed, { context, controller: stop });
  await until(() => expect(feed.nowUs).toBeDefined());
  const { server, port } = await servedAlone(feed);
  const row = JSON.stringify(trade(0, { time: virtualStartUs - 1 }));
  const send = () =>
    fetch(`http://127.0.0.1:${port}/openbourse/v1/ingest/desk`, {
      method: "POST",
      body: [row, row].join("\n"),
    });
  const first = send();
  await until(() => expect(context.counts.trades).toBe(2));
  const second = await send();
  expect([second.status, second.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(await second.json()).toEqual({
    error: { message: expect.stringContaining("send the batch again") },
  });
  context.held.resolve();
  expect((await first).status).toBe(200);
  expect((await send()).status).toBe(200);
  await server.close(0);
  stop.abort();
  await running;
});

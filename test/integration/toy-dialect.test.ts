import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { dialects } from "../../server/src/main/dialects.ts";
import { echo } from "../support/echo-dialect.ts";
import { findOpenApiFaults } from "../support/openapi-check.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { openStream, refusedUpgrade } from "../support/stream-client.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-toy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ticker = "BTC/USDT";
const pricePath = `/echo/prices/${encodeURIComponent(ticker)}`;
const polite = { headers: { word: "please" } };

async function json(server: ServerHere, path: string, init: RequestInit = {}) {
  const reply = await fetch(server.http + path, init);
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

describe("a protocol of a test in a server's list", () => {
  let server: ServerHere;
  beforeAll(async () => {
    server = await startServerHere({
      data: join(folder, "beside"),
      protocols: [...dialects, echo],
    });
  });
  afterAll(() => server.server.stop());

  it("serves a stream, and REST from what the stream told", async () => {
    const client = await openStream(`${server.ws}/echo`);
    await client.until(({ json: { echo: said } }) => said === "hello");
    client.send("NOPE");
    await client.until(({ json: { echo: said } }) => said === "?");
    client.send(ticker);
    const { price } = (await client.until((message) => "price" in message.json)).json;
    expect(price).toMatch(/^BTC\/USDT \d+(\.\d+)?$/);
    const told = await json(server, pricePath, polite);
    expect(told.status).toBe(200);
    expect(client.received.map((message) => message.json["price"])).toContain(told.body["price"]);
    client.socket.send(Buffer.from("bytes"), { binary: true });
    expect(await client.closed).toEqual([1003, "Say it in words."]);
  });

  it("answers in its own words what it refuses, what is not there and what cannot be read", async () => {
    expect(await json(server, pricePath)).toEqual({ status: 401, body: { echo: "Say the word." } });
    expect(await json(server, "/echo/nothing")).toEqual({
      status: 404,
      body: { echo: "nothing here" },
    });
    expect(await json(server, pricePath, { method: "POST" })).toEqual({
      status: 405,
      body: { echo: "Method Not Allowed" },
    });
    // What belongs to no protocol is answered by the first of the list.
    expect((await json(server, "/nothing")).body).toMatchObject({
      error: { code: "ENDPOINT_NOT_FOUND" },
    });
  });

  it("is described in /docs with its way of proving who one is, and among the errors", async () => {
    const { body } = await json(server, "/docs/openapi.json");
    expect(findOpenApiFaults(body)).toEqual([]);
    expect(body).toMatchObject({
      info: { description: expect.stringContaining("Echo's") },
      paths: { "/echo/prices/{ticker}": { get: { security: [{ politeness: [] }] } } },
      components: { securitySchemes: { apikey: {}, userId: {}, politeness: { name: "word" } } },
    });
    expect((await fetch(`${server.http}/docs`)).status).toBe(200);
    const errors = await (await fetch(`${server.http}/docs/errors`)).text();
    expect(errors).toContain('<li><a href="#echo">Echo: what REST refuses</a></li>');
    expect(errors).toContain("<li>Say the word.</li>");
    expect(errors).toMatch(/<td>1003<\/td><td>Echo<\/td><td>not text<\/td>/);
  });
});

describe("a server that speaks this protocol only", () => {
  it("has no exchange, since nothing needs one, and nobody else's paths", async () => {
    const data = join(folder, "alone");
    const server = await startServerHere({ data, protocols: [echo] });
    try {
      expect(await server.health("exchange")).toBeUndefined();
      expect(server.server.demoUsers).toEqual([]);
      expect((await json(server, "/nothing")).body).toEqual({ echo: "nothing here" });
      expect((await refusedUpgrade(`${server.ws}/v1`)).status).toBe(404);
      const { paths } = (await json(server, "/docs/openapi.json")).body;
      expect(Object.keys(paths as object)).toEqual([
        "/echo/prices/{ticker}",
        ...["/healthz", "/readyz", "/metrics"],
      ]);
    } finally {
      await server.server.stop();
    }
  });
});

describe("the part of the configuration that belongs to it", () => {
  const load = (text: string) => {
    const file = join(folder, "openbourse.yaml");
    writeFileSync(file, text);
    return loadConfig({ file, environment: {}, flags: [] }, [...dialects, echo]);
  };

  it("is filled in where it is left out", () => {
    expect(load("")).toMatchObject({ ok: true, config: { echo: { word: "please" } } });
  });

  it.each([
    ["echo:\n  word: no", '2:9 echo.word must be a text that is not empty, but is "no"'],
    [
      "echo:\n  wrod: please",
      '2:3 echo.wrod is not a known key; did you mean "word"? (known here: dataset, word)',
    ],
  ])("is checked, with line and column: %j", (text, fault) => {
    const loaded = load(text);
    expect(loaded.ok ? [] : loaded.faults.map((line) => line.replace(/^.*\.yaml:/, ""))).toEqual([
      fault,
    ]);
  });
});

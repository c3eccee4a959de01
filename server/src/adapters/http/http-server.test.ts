import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { RestRequest, RestRoute } from "../../ports/rest.ts";
import { bodyBytesMax, createHttpServer, type HealthPart, type HttpServer } from "./http-server.ts";

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const errors: string[] = [];

/** A route that says what it was asked. */
const echo = (method: RestRoute["method"]): RestRoute => ({
  method,
  path: "/:version/echo",
  summary: "says what it was asked",
  tag: "Test",
  security: "none",
  handle: ({ path, params, query, header, body }: RestRequest, nowMs) => ({
    status: 201,
    body: JSON.stringify({ path, params, query, header: header("X-One"), body, nowMs }),
  }),
});

const broken: RestRoute = {
  method: "GET",
  path: "/broken",
  summary: "is broken",
  tag: "Test",
  security: "none",
  handle() {
    throw new Error("a bug with a secret in it");
  },
};

async function start(parts: readonly HealthPart[] = []) {
  const server = createHttpServer({
    routes: [echo("GET"), echo("POST"), broken],
    pages: [{ path: "/docs/page", html: "<p>page</p>" }],
    notFound: (path) => ({ status: 404, body: JSON.stringify({ unknown: path }) }),
    readiness: () => parts,
    metrics: async () => ({ text: "figures 1\n", contentType: "text/plain; version=0.0.4" }),
    upgrade: (_request, socket) => socket.end("HTTP/1.1 418 x\r\nConnection: close\r\n\r\n"),
    nowMs: () => 7,
    log: { debug() {}, info() {}, warn() {}, error: (phrase) => errors.push(phrase) },
  });
  servers.push(server);
  const port = await server.listen("127.0.0.1", 0);
  const request = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { port, request };
}

describe("a route", () => {
  it("is given path parts, the first value of each query parameter, headers and the raw body", async () => {
    const { request } = await start();
    const { status, text, headers } = await request("/v1/echo?a=1&a=2&b=%2F&__proto__=x", {
      method: "POST",
      headers: { "x-one": "1", "content-type": "application/json" },
      body: '{"not": parsed',
    });
    expect(status).toBe(201);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(text).toBe(
      '{"path":"/v1/echo","params":{"version":"v1"},"query":{"a":"1","b":"/","__proto__":"x"},"header":"1","body":"{\\"not\\": parsed","nowMs":7}',
    );
  });

  it("that fails answers 500 without saying why, and the log says it", async () => {
    const { request } = await start();
    const { status, text } = await request("/broken");
    expect(status).toBe(500);
    expect(text).toBe(
      '{"status":"error","error":{"status":500,"message":"internal server error"}}',
    );
    expect(errors).toContain("request failed");
  });

  it("is not reached by a body that is too large", async () => {
    const { request } = await start();
    const { status } = await request("/v1/echo", {
      method: "POST",
      body: "x".repeat(bodyBytesMax + 1),
    });
    expect(status).toBe(413);
  });

  it("that does not exist gets the dialect's answer; queries, with their keys, are left out of it", async () => {
    const { request } = await start();
    expect(await request("/nothing?apikey=secret")).toMatchObject({
      status: 404,
      text: '{"unknown":"/nothing"}',
    });
    expect((await request("/v1/echo", { method: "DELETE" })).status).toBe(404);
  });
});

describe("operators", () => {
  it("are told about health, readiness and figures", async () => {
    const { request } = await start([{ name: "disk", ok: true, detail: "fine" }]);
    expect(await request("/healthz")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(await request("/readyz")).toMatchObject({
      status: 200,
      text: '{"status":"ok","parts":[{"name":"disk","ok":true,"detail":"fine"}]}',
    });
    expect(await request("/metrics")).toMatchObject({ status: 200, text: "figures 1\n" });
    expect(await request("/docs/page")).toMatchObject({ status: 200, text: "<p>page</p>" });
  });

  it("are told 503 when a part does not work", async () => {
    const { request } = await start([{ name: "disk", ok: false, detail: "full" }]);
    expect((await request("/readyz")).status).toBe(503);
  });
});

describe("bytes that are no HTTP", () => {
  it("get a 400 or a closed connection, and the server goes on", async () => {
    const { port, request } = await start();
    for (const bytes of ["nonsense\r\n\r\n", "GET  HTTP/9.9\r\n\r\n", "\u0000\u0001\r\n\r\n"]) {
      const socket = connect(port, "127.0.0.1");
      socket.write(bytes);
      socket.resume();
      await once(socket, "close");
    }
    expect((await request("/healthz")).status).toBe(200);
  });
});

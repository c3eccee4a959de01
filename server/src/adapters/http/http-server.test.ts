import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { RestRequest, RestRoute } from "../../ports/rest.ts";
import {
  bodyBytesMax,
  createHttpServer,
  type HttpServer,
  type HttpServerOptions,
} from "./http-server.ts";
import { wideLimits } from "./limits.fixture.ts";
import type { HealthPart } from "./readiness.ts";

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

const errors: string[] = [];

/** A route that says what it was asked. */
const echo = (method: RestRoute["method"]): RestRoute => ({
  method,
  path: "/:version/echo",
  summary: "says what it was asked",
  tag: "Test",
  security: [],
  handle: ({ path, params, query, header, body }: RestRequest, nowMs) => ({
    status: 201,
    body: JSON.stringify({ path, params, query, header: header("X-One"), body, nowMs }),
    headers: { "x-two": "2" },
  }),
});

const broken: RestRoute = {
  method: "GET",
  path: "/broken",
  summary: "is broken",
  tag: "Test",
  security: [],
  handle() {
    throw new Error("a bug with a secret in it");
  },
};

async function start(parts: readonly HealthPart[] = [], more: Partial<HttpServerOptions> = {}) {
  const server = createHttpServer({
    routes: [echo("GET"), echo("POST"), echo("DELETE"), broken],
    pages: [{ path: "/docs/page", html: "<p>page</p>" }],
    notFound: (path) => ({ status: 404, body: JSON.stringify({ unknown: path }) }),
    readiness: () => parts,
    metrics: async () => ({ text: "figures 1\n", contentType: "text/plain; version=0.0.4" }),
    isStream: (path) => path === "/stream",
    upgrade(_request, socket) {
      socket.end("HTTP/1.1 418 x\r\nConnection: close\r\n\r\n");
      return false;
    },
    limits: wideLimits,
    nowMs: () => 7,
    monotonicMs: () => 0,
    corsOrigins: [],
    log: { debug() {}, info() {}, warn() {}, error: (phrase) => errors.push(phrase) },
    ...more,
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
    expect(headers.get("x-two")).toBe("2");
    expect(text).toBe(
      '{"path":"/v1/echo","params":{"version":"v1"},"query":{"a":"1","b":"/","__proto__":"x"},"header":"1","body":"{\\"not\\": parsed","nowMs":7}',
    );
  });

  it("is given a body of any type, also of none, and of every method that has one", async () => {
    const { port } = await start();
    for (const method of ["POST", "DELETE"]) {
      const socket = connect(port, "127.0.0.1");
      socket.end(
        `${method} /v1/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
      );
      const text = Buffer.concat(await socket.toArray()).toString();
      expect(text).toContain('"body":"{}"');
    }
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
    expect((await request("/nothing", { method: "OPTIONS" })).status).toBe(404);
  });

  it("says which methods it takes when another one is used, and when it is asked", async () => {
    const { request } = await start([], { failed: (path, status) => ({ status, body: path }) });
    for (const [path, allow] of [
      ["/v1/echo?a=1", "GET, HEAD, POST, DELETE, OPTIONS"],
      ["/broken/", "GET, HEAD, OPTIONS"],
      ["/metrics", "GET, HEAD, OPTIONS"],
      ["/docs/page", "GET, HEAD, OPTIONS"],
    ] as const) {
      const put = await request(path, { method: "PUT" });
      expect({ status: put.status, text: put.text }).toEqual({
        status: 405,
        text: path.split("?")[0],
      });
      expect(put.headers.get("allow")).toBe(allow);
      const options = await request(path, { method: "OPTIONS" });
      expect({ status: options.status, text: options.text }).toEqual({ status: 204, text: "" });
      expect(options.headers.get("allow")).toBe(allow);
      expect(options.headers.get("access-control-allow-methods")).toBeNull();
    }
  });
});

describe("pages of other origins", () => {
  const corsHeaders = (headers: Headers) =>
    Object.fromEntries([...headers].filter(([name]) => /^access-control|^vary$/.test(name)));
  const preflight = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "userid,sign",
  };

  it("may read nothing unless they are named", async () => {
    const { request } = await start();
    const headers = { origin: "https://app.example", ...preflight };
    for (const method of ["OPTIONS", "GET"]) {
      expect(corsHeaders((await request("/v1/echo", { method, headers })).headers)).toEqual({});
    }
  });

  it("that are named get their preflights answered and may read every answer", async () => {
    const { request } = await start([], { corsOrigins: ["https://app.example"] });
    const headers = { origin: "https://app.example", ...preflight };
    const asked = await request("/v1/echo", { method: "OPTIONS", headers });
    expect(asked.status).toBe(204);
    expect(corsHeaders(asked.headers)).toEqual({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET, HEAD, POST, DELETE",
      "access-control-allow-headers": "userid,sign",
      "access-control-max-age": "600",
      vary: "Origin",
    });
    for (const path of ["/v1/echo", "/nothing", "/broken"]) {
      expect(corsHeaders((await request(path, { headers })).headers)).toEqual({
        "access-control-allow-origin": "https://app.example",
        "access-control-expose-headers": "ETag, OpenBourse-Unknown, Retry-After",
        vary: "Origin",
      });
    }
    const other = { ...headers, origin: "https://app.example.evil" };
    expect(corsHeaders((await request("/v1/echo", { headers: other })).headers)).toEqual({
      vary: "Origin",
    });
  });

  it("are all let in where the operator says so", async () => {
    const { request } = await start([], { corsOrigins: ["*"] });
    const { headers } = await request("/v1/echo", { headers: { origin: "null" } });
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("what is wrong before a route is reached", () => {
  const cases: readonly (readonly [string, string, RequestInit, number, string])[] = [
    [
      "a body that is too large",
      "/v1/echo",
      { method: "POST", body: "x".repeat(bodyBytesMax + 1) },
      413,
      "Payload Too Large",
    ],
    ["a malformed path", "/v1/%zz?apikey=secret", {}, 400, "Bad Request"],
    ["a path part that is too long", `/${"x".repeat(501)}/echo`, {}, 414, "URI Too Long"],
    ["a route that fails", "/broken", {}, 500, "internal server error"],
  ];

  it.each(cases)("as %s is said in the words of the path's protocol", async (...row) => {
    const [, path, init, status, message] = row;
    const failed = (...said: readonly unknown[]) => ({
      status,
      body: JSON.stringify(said),
    });
    const { request } = await start([], { failed });
    const answer = await request(path, init);
    expect(answer).toMatchObject({
      status,
      text: JSON.stringify([path.split("?")[0], status, message]),
    });
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  it.each(cases)("as %s is said in ours where that has none", async (...row) => {
    const [, path, init, status, message] = row;
    const { request } = await start([], { failed: () => undefined });
    expect(await request(path, init)).toMatchObject({
      status,
      text: JSON.stringify({ status: "error", error: { status, message } }),
    });
  });
});

describe("the description", () => {
  const api = { title: "venue", version: "1.2.3", description: "What it is." };

  it("is a document for programs, with every route and the operators' own", async () => {
    const { request } = await start([], { api });
    const { status, headers, text } = await request("/docs/openapi.json");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    const document = JSON.parse(text);
    expect(document.info).toEqual(api);
    expect(Object.keys(document.paths)).toEqual([
      "/{version}/echo",
      "/broken",
      "/healthz",
      "/readyz",
      "/metrics",
    ]);
  });

  it("is a page for people that asks nothing of another host", async () => {
    const { request } = await start([], { api });
    const root = await request("/", { redirect: "manual" });
    expect(root.headers.get("location")).toBe("/docs");
    for (const path of ["/docs", "/docs/"]) {
      const { status, headers, text } = await request(path);
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/https?:|\*|unsafe/);
      const sources = [...text.matchAll(/<(?:link|script|img)[^>]*(?:src|href)="([^"]*)"/g)].map(
        ([, source = ""]) => source,
      );
      expect(sources.length).toBeGreaterThan(2);
      for (const source of sources) {
        const { origin, pathname } = new URL(source, `http://venue${path}`);
        expect(origin).toBe("http://venue");
        expect((await request(pathname)).status, source).toBe(200);
      }
      // The policy forbids scripts and styles in the page itself, so there must be none.
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    }
  });

  it("is served from memory: the same bytes under a tag, and nothing that it does not need", async () => {
    const { request } = await start([], { api });
    const first = await request("/docs/assets/docs.css");
    const tag = first.headers.get("etag") ?? "";
    const again = await request("/docs/assets/docs.css", {
      headers: { "if-none-match": tag },
    });
    expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: "" });
    for (const path of [
      "/docs/json",
      "/docs/assets",
      "/docs/assets/../../package.json",
      "/docs/assets/%2e%2e/docs.css",
      "/docs/x/../..",
    ]) {
      expect((await request(path, { redirect: "manual" })).status, path).not.toBe(200);
    }
  });

  it("leaves other pages below it alone, and is absent unless it is headed", async () => {
    const described = await start([], { api });
    expect((await described.request("/docs/page")).text).toBe("<p>page</p>");
    const { request } = await start();
    expect((await request("/docs")).status).toBe(404);
    expect((await request("/docs/openapi.json")).status).toBe(404);
  });
});

describe("operators", () => {
  it("are told about health, readiness and figures", async () => {
    const { request } = await start([{ name: "disk", state: "running" }]);
    expect(await request("/healthz")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(await request("/readyz")).toMatchObject({
      status: 200,
      text: '{"status":"ok","parts":[{"name":"disk","ok":true,"state":"running"}]}',
    });
    expect(await request("/metrics")).toMatchObject({ status: 200, text: "figures 1\n" });
    expect(await request("/docs/page")).toMatchObject({ status: 200, text: "<p>page</p>" });
  });

  it("are told 503 when a part does not work", async () => {
    const { request } = await start([{ name: "disk", state: "failed" }]);
    expect(await request("/readyz")).toMatchObject({
      status: 503,
      text: '{"status":"failing","parts":[{"name":"disk","ok":false,"state":"failed"}]}',
    });
  });

  it("are told what does not work also where the server does without it", async () => {
    const { request } = await start([{ name: "feed x", state: "failed", isOptional: true }]);
    expect(await request("/readyz")).toMatchObject({
      status: 200,
      text: '{"status":"degraded","parts":[{"name":"feed x","ok":false,"state":"failed"}]}',
    });
  });

  it("have figures made once a second, however many ask", async () => {
    let made = 0;
    let nowMs = 0;
    const { request } = await start([], {
      monotonicMs: () => nowMs,
      async metrics() {
        made += 1;
        if (made === 1) throw new Error("not yet");
        return { text: `figures ${made}\n`, contentType: "text/plain" };
      },
    });
    expect((await request("/metrics")).status).toBe(500);
    const all = await Promise.all(Array.from({ length: 50 }, () => request("/metrics")));
    expect(new Set(all.map(({ text }) => text))).toEqual(new Set(["figures 2\n"]));
    nowMs = 999;
    expect((await request("/metrics")).text).toBe("figures 2\n");
    nowMs = 1_000;
    expect((await request("/metrics")).text).toBe("figures 3\n");
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

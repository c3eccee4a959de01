import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { RestRoute } from "../../ports/rest.ts";
import { createHttpServer, type HttpServer } from "./http-server.ts";
import { wideLimits } from "./limits.fixture.ts";

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

/** A server whose one route answers in pieces, and what became of them. */
async function start(pieces: number, piece: string, limits = wideLimits) {
  const seen = { made: 0, isOver: false };
  function* rest() {
    try {
      for (let n = 0; n < pieces; n += 1) {
        seen.made += 1;
        yield piece;
      }
      yield "]";
    } finally {
      seen.isOver = true;
    }
  }
  const route: RestRoute = {
    ...{ method: "GET", path: "/list", summary: "a list", tag: "Test", security: [] },
    handle: () => ({ status: 200, body: "[0", rest: rest(), headers: { etag: '"1"' } }),
  };
  const server = createHttpServer({
    routes: [route],
    pages: [],
    notFound: () => ({ status: 404, body: "{}" }),
    readiness: () => [],
    metrics: async () => ({ text: "", contentType: "text/plain" }),
    isStream: () => false,
    upgrade: () => false,
    limits,
    nowMs: () => 7,
    monotonicMs: () => performance.now(),
    corsOrigins: [],
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  servers.push(server);
  return { port: await server.listen("127.0.0.1", 0), seen };
}

describe("a reply in pieces", () => {
  it("comes as one text", async () => {
    const { port, seen } = await start(1_000, ",1");

    const response = await fetch(`http://127.0.0.1:${port}/list`);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.json()).toEqual([0, ...Array.from({ length: 1_000 }, () => 1)]);
    expect(seen.isOver).toBe(true);
  });

  it("is not written for who asks for its head alone", async () => {
    const { port, seen } = await start(1_000, ",1");

    const response = await fetch(`http://127.0.0.1:${port}/list`, { method: "HEAD" });
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"1"']);
    expect(await response.text()).toBe("");
    expect(seen.made).toBe(0);
  });

  it("waits for a peer that does not read, and ends with it", async () => {
    const { port, seen } = await start(1e9, ",1".repeat(5_000));
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.pause();
    socket.write("GET /list HTTP/1.1\r\nHost: x\r\n\r\n");

    let before = -1;
    const isWaiting = () => {
      const isSame = seen.made > 1 && seen.made === before;
      before = seen.made;
      return isSame;
    };
    await expect.poll(isWaiting, { interval: 100 }).toBe(true);
    expect(seen.isOver).toBe(false);
    socket.destroy();
    await expect.poll(() => seen.isOver).toBe(true);
  });

  it("is not waited for any longer than another one", async () => {
    const patience = { ...wideLimits, answerTimeoutMs: 50 };
    const { port, seen } = await start(1e9, ",1".repeat(5_000), patience);
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.pause();
    socket.write("GET /list HTTP/1.1\r\nHost: x\r\n\r\n");

    await expect.poll(() => seen.isOver).toBe(true);
    socket.destroy();
  });
});

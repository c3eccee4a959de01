import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectSecurely } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { canMakeCertificates, makeCertificate } from "../../../../test/support/certificate.ts";
import type { RestReply, RestRoute } from "../../ports/rest.ts";
import type { HttpLimits } from "./front.ts";
import { createHttpServer, type HttpServerOptions } from "./http-server.ts";
import { wideLimits } from "./limits.fixture.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Larger than what the system takes for a peer that does not read. */
const largeBody = "x".repeat(16_777_216);

/** Something that callers show. */
const signed: RestRoute["security"] = [
  { key: { type: "apiKey", in: "header", name: "key", description: "" } },
];

/** A server whose routes say what they were asked, and what it does at once. */
async function start(limits: Partial<HttpLimits> = {}, more: Partial<HttpServerOptions> = {}) {
  const asked: string[] = [];
  const pending: ((reply: RestReply) => void)[] = [];
  const route = (
    path: string,
    handle: RestRoute["handle"],
    security: RestRoute["security"] = [],
    method: RestRoute["method"] = "GET",
  ): RestRoute => ({ path, handle, security, method, summary: "", tag: "" });
  const say: RestRoute["handle"] = ({ target, body }) => {
    asked.push(target);
    return { status: 200, body: target + body };
  };
  const opened: { head: string; tooMany: boolean }[] = [];
  const server = createHttpServer({
    routes: [
      route("/say", say),
      route("/say", say, [], "POST"),
      route("/large", ({ target }) => {
        asked.push(target);
        return { status: 200, body: largeBody };
      }),
      route("/later", ({ target }) => {
        asked.push(target);
        return new Promise<RestReply>((resolve) => pending.push(resolve));
      }),
      route("/signed", ({ query }) => ({ status: Number(query["s"]), body: "" }), signed),
    ],
    pages: [],
    notFound: () => ({ status: 404, body: "nothing" }),
    readiness: () => [],
    metrics: async () => ({ text: "", contentType: "text/plain" }),
    isStream: (path) => path === "/stream",
    upgrade(_request, socket, head, tooMany) {
      opened.push({ head: head.toString(), tooMany });
      socket.write(`HTTP/1.1 ${tooMany ? 429 : 101} x\r\n\r\n`);
      socket.resume().on("end", () => socket.end());
      return !tooMany;
    },
    limits: { ...wideLimits, ...limits },
    nowMs: () => 0,
    monotonicMs: () => performance.now(),
    corsOrigins: [],
    log: { debug() {}, info() {}, warn() {}, error() {} },
    ...more,
  });
  closers.push(() => server.close(0));
  const port = await server.listen("127.0.0.1", 0);
  const open = async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    closers.push(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { server, port, open, asked, pending, opened };
}

function tlsFiles() {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-front-"));
  const { cert, key } = makeCertificate(folder);
  const files = { cert: readFileSync(cert), key: readFileSync(key) };
  rmSync(folder, { recursive: true });
  return files;
}

const get = (target: string, headers = "") => `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

/** Reads until a text has come, or to the end. */
async function read(socket: Socket, until?: string): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (until !== undefined && text.includes(until)) break;
  }
  return text;
}

async function ask(socket: Socket, request: string): Promise<number> {
  socket.write(request);
  const over = new AbortController();
  const { signal } = over;
  const gone = once(socket, "close", { signal }).then(() => {
    throw new Error("the connection was closed before an answer came");
  });
  try {
    const [chunk] = await Promise.race([once(socket, "data", { signal }), gone]);
    return Number(/^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1]);
  } finally {
    gone.catch(() => {});
    over.abort();
  }
}

const closed = async (socket: Socket) => {
  if (!socket.closed) await once(socket.resume(), "close");
};

describe("requests behind one another on one connection", () => {
  it("are answered in order, the next one when the one before was taken", async () => {
    const { open, asked, pending, server } = await start();
    const socket = await open();
    socket.write(get("/later?1") + get("/say?2") + get("/later?3") + get("/say?4"));
    await expect.poll(() => asked).toEqual(["/later?1"]);
    pending[0]?.({ status: 200, body: "one" });
    await expect.poll(() => asked).toEqual(["/later?1", "/say?2", "/later?3"]);
    pending[1]?.({ status: 200, body: "three" });
    const text = await read(socket, "/say?4");
    expect(text.match(/one|\/say\?2|three|\/say\?4/g)).toEqual([
      "one",
      "/say?2",
      "three",
      "/say?4",
    ]);
    expect(server.front.connections.unsentBytes).toBe(0);
  });

  it("are not asked for at all while the peer does not read", async () => {
    const { open, asked } = await start();
    const socket = await open();
    socket.pause();
    socket.write(get("/large").repeat(1_000));
    await expect.poll(() => asked.length).toBe(1);
    const other = await open();
    for (let turn = 0; turn < 20; turn += 1) expect(await ask(other, get("/say"))).toBe(200);
    expect(asked.filter((target) => target === "/large").length).toBe(1);
  });

  it("may have bodies, with blank lines in them, in any pieces", async () => {
    const { open, asked } = await start();
    const body = `a\r\n\r\n${"b\r\n\r\n".repeat(50)}`;
    const post = (n: number) =>
      `POST /say?${n} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const chunked = `POST /say?9 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const all = post(0) + get("/say?1") + post(2) + chunked + get("/say?3") + get("/say?end");
    for (const size of [1, 7, 1_000, all.length]) {
      asked.length = 0;
      const socket = await open();
      socket.setNoDelay(true);
      for (let at = 0; at < all.length; at += size) {
        socket.write(all.slice(at, at + size));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const text = await read(socket, "/say?end");
      expect(asked, `${size}`).toEqual([
        "/say?0",
        "/say?1",
        "/say?2",
        "/say?9",
        "/say?3",
        "/say?end",
      ]);
      expect(text.split("b\r\n\r\n").length).toBe(3 * 50 + 1);
    }
  });
});

describe("a connection", () => {
  const tooSlow = { headersTimeoutMs: 50, requestTimeoutMs: 100, answerTimeoutMs: 50 };

  it.each([
    ["that says nothing", ""],
    ["whose head never ends", "GET /say HTTP/1.1\r\nHost: x\r\n"],
    ["whose body never ends", "POST /say HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"],
    [
      "whose chunks never end",
      "POST /say HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
  ])("%s is ended", async (_what, bytes) => {
    const { open, server } = await start(tooSlow);
    const socket = await open();
    socket.write(bytes);
    await closed(socket);
    await expect.poll(() => server.front.connections.size).toBe(0);
  });

  it("whose peer does not read its answer is ended", async () => {
    const { open, server } = await start({ answerTimeoutMs: 50 });
    const socket = await open();
    socket.pause();
    socket.write(get("/large").repeat(1_000));
    await expect
      .poll(() => server.front.connections.endings)
      .toMatchObject({ "answer-timeout": 1 });
    expect(server.front.connections.size).toBe(0);
    expect(server.front.connections.unsentBytes).toBe(0);
  });

  it.runIf(canMakeCertificates())(
    "over TLS that does not finish its handshake is ended",
    async () => {
      const { open } = await start(tooSlow, { tls: tlsFiles() });
      await closed(await open());
    },
  );

  it.runIf(canMakeCertificates())("over TLS is read one request at a time, too", async () => {
    const { port, asked, pending } = await start({}, { tls: tlsFiles() });
    const socket = connectSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false });
    closers.push(() => socket.destroy());
    socket.write(get("/later?1") + get("/say?2"));
    await expect.poll(() => asked).toEqual(["/later?1"]);
    pending[0]?.({ status: 200, body: "one" });
    expect(await read(socket, "/say?2")).toContain("one");
  });

  it("does not hold a stop up", async () => {
    const { open, server, asked } = await start();
    const socket = await open();
    socket.write(get("/later"));
    await expect.poll(() => asked.length).toBe(1);
    await server.close(0);
    await closed(socket);
  });
});

describe("when as many are open as may be", () => {
  it("one more takes the place of the one that is of no use for the longest", async () => {
    // Who is slow to answer is no longer known: here nothing takes any time.
    const { open, server } = await start({ connectionsMax: 3 }, { monotonicMs: () => 0 });
    const idle = await open();
    const user = await open();
    expect(await ask(user, get("/signed?s=200"))).toBe(200);
    const stranger = await open();
    expect(await ask(stranger, get("/say"))).toBe(200);
    const newcomers: Socket[] = [];
    for (let count = 0; count < 5; count += 1) {
      const newcomer = await open();
      expect(await ask(newcomer, get("/say"))).toBe(200);
      newcomers.push(newcomer);
    }
    await closed(idle);
    await closed(stranger);
    expect(server.front.connections.size).toBe(3);
    expect(server.front.connections.endings["made-room"]).toBe(5);
    // Who has shown who they are goes last.
    expect(await ask(user, get("/signed?s=200"))).toBe(200);
  });

  it("or more waits for all peers than may, the slowest peer is ended", async () => {
    const { open, server } = await start({ unsentBytesMax: 30_000_000 });
    const slow = [await open(), await open(), await open()];
    for (const [at, socket] of slow.entries()) {
      socket.pause();
      socket.write(get(`/large?${at}`));
    }
    await expect.poll(() => server.front.connections.endings["unsent-bytes"]).toBeGreaterThan(0);
    expect(server.front.connections.unsentBytes).toBeLessThanOrEqual(30_000_000);
  });
});

describe("offers of other protocols", () => {
  const h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
  const webSocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

  it("are ignored: the request is answered with its body, and the connection goes on", async () => {
    const { open, opened } = await start();
    const socket = await open();
    for (const offer of [h2c, webSocket, "Connection: Upgrade\r\nUpgrade: TLS/1.0, h2c\r\n"]) {
      expect(await ask(socket, get("/say", offer))).toBe(200);
      socket.write(`POST /say HTTP/1.1\r\nHost: x\r\n${offer}Content-Length: 4\r\n\r\nbody`);
      expect(await read(socket, "/saybody")).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(await ask(socket, get("/stream", h2c))).toBe(404);
    expect(await ask(socket, get("/say"))).toBe(200);
    expect(opened).toEqual([]);
  });

  it("of a WebSocket are taken where there is a stream, with what follows them", async () => {
    const { open, opened } = await start();
    const socket = await open();
    expect(await ask(socket, get("/say"))).toBe(200);
    const both = "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, WebSocket\r\n";
    expect(await ask(socket, `${get("/stream?a=1", both)}first\r\n\r\nframes`)).toBe(101);
    expect(opened).toEqual([{ head: "first\r\n\r\nframes", tooMany: false }]);
  });

  it("of a WebSocket are not taken behind requests that are not answered", async () => {
    const { open, opened, pending } = await start();
    const socket = await open();
    socket.write(get("/later") + get("/stream", webSocket));
    await expect.poll(() => pending.length).toBe(1);
    pending[0]?.({ status: 200, body: "one" });
    expect(await read(socket, "nothing")).toMatch(/^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 404 /);
    expect(opened).toEqual([]);
  });
});

describe("strangers of one address", () => {
  const proxy = { trustedProxies: ["127.0.0.1"], strangersPerSecondMax: 1, strangersBurstMax: 3 };
  const from = (address: string) => `X-Forwarded-For: ${address}\r\n`;

  it("may ask so often, whatever they ask, and are told when to try again", async () => {
    const { open, server, opened } = await start(proxy);
    const socket = await open();
    const askFrom = async (address: string, target: string) =>
      ask(await open(), get(target, from(address)));
    expect(await askFrom("192.0.2.1", "/say")).toBe(200);
    expect(await askFrom("192.0.2.1", "/nothing")).toBe(404);
    expect(await askFrom("192.0.2.1", "/signed?s=401")).toBe(401);
    socket.write(get("/say", from("192.0.2.1")));
    expect(await read(socket, "\r\n\r\n")).toMatch(/^HTTP\/1\.1 429 [\s\S]*retry-after: 1\r\n/);
    expect(await askFrom("192.0.2.2", "/say")).toBe(200);
    expect(server.front.refusedRequests).toBe(1);
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\n${from("192.0.2.1")}`;
    expect(await ask(await open(), get("/stream", upgrade))).toBe(429);
    expect(opened).toEqual([{ head: "", tooMany: true }]);
  });

  it("do not use up what those have who show who they are", async () => {
    // No request takes any time: after one that does, its sender is a stranger again.
    const { open } = await start(proxy, { monotonicMs: () => 0 });
    for (let count = 0; count < 10; count += 1) {
      expect(await ask(await open(), get("/signed?s=200", from("192.0.2.1")))).toBe(200);
    }
    const user = await open();
    expect(await ask(user, get("/signed?s=200", from("192.0.2.1")))).toBe(200);
    for (let count = 0; count < 10; count += 1) {
      expect(await ask(user, get("/say", from("192.0.2.1")))).toBe(200);
    }
  });

  it("may have so many WebSockets", async () => {
    const { open, opened } = await start({
      trustedProxies: ["127.0.0.1"],
      connectionsPerAddressMax: 2,
    });
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\n${from("2001:db8:1:2::7")}`;
    const first = await open();
    expect(await ask(first, get("/stream", upgrade))).toBe(101);
    expect(await ask(await open(), get("/stream", upgrade))).toBe(101);
    expect(await ask(await open(), get("/stream", upgrade))).toBe(429);
    first.destroy();
    await expect.poll(async () => ask(await open(), get("/stream", upgrade))).toBe(101);
    expect(opened.length).toBeGreaterThan(3);
  });
});

import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest, type RequestOptions } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import type { Submission } from "../ports/released.ts";
import { readAdminFile } from "./admin-file.ts";
import {
  type AdminServer,
  type AdminServerOptions,
  adminBodyBytesMax,
  startAdminServer,
} from "./admin-server.ts";
import { exchangeTarget } from "./exchange-target.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-admin-"));
const file = join(folder, "admin.json");
const logged: string[] = [];
const note = (phrase: string, fields?: object) => {
  logged.push(`${phrase} ${JSON.stringify(fields)}`);
};
const log = { debug: note, info: note, warn: note, error: note };
const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };

let server: AdminServer;

function start(options: Partial<AdminServerOptions> = {}): Promise<AdminServer> {
  const target = exchangeTarget(["u"]);
  return startAdminServer({
    ...{ file, target, hasExchange: true, secrets: systemSecrets(), log },
    ...options,
  });
}

beforeEach(async () => {
  server = await start();
});
afterEach(async () => {
  await server.close();
  logged.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Sent extends RequestOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request as the command line does, with what is changed, and returns the answer. */
function send(change: Sent = {}): Promise<{ status: number; body: { kind: string } }> {
  const { body = "{}", ...options } = change;
  const isChunked = change.headers?.["transfer-encoding"] !== undefined;
  const headers = {
    authorization: `Bearer ${readAdminFile(file)?.token}`,
    ...(isChunked ? {} : { "content-length": Buffer.byteLength(body) }),
    ...change.headers,
  };
  return new Promise((resolve, reject) => {
    const { port } = server;
    const path = "/list-markets";
    httpRequest({ host: "127.0.0.1", port, method: "POST", path, ...options, headers })
      .on("error", reject)
      .on("response", async (response) => {
        const answer = JSON.parse(await text(response));
        resolve({ status: response.statusCode ?? 0, body: answer });
      })
      .end(body);
  });
}

describe("the file", () => {
  it("says where to ask and with what, to its owner only", () => {
    expect(readAdminFile(file)).toEqual({
      url: `http://127.0.0.1:${server.port}`,
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
      pid: process.pid,
      exchange: true,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["admin.json"]);
  });

  it("is gone when the server is", async () => {
    await server.close();
    expect(readdirSync(folder)).toEqual([]);
    await expect(send()).rejects.toThrow("ECONNREFUSED");
  });

  it("of another server that has come since is left alone", async () => {
    const second = await start();
    await server.close();
    expect(readAdminFile(file)?.url).toBe(`http://127.0.0.1:${second.port}`);
    await second.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("takes the place of one that a crash has left, unfinished or open to others", async () => {
    const first = readAdminFile(file);
    await server.close();
    for (const left of [file, `${file}.new`]) {
      writeFileSync(left, "{}");
      chmodSync(left, 0o666);
    }
    server = await start();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readAdminFile(file)?.token).not.toBe(first?.token);
    expect(readdirSync(folder)).toEqual(["admin.json"]);
  });

  it.each([
    "",
    "{",
    "[]",
    '{"url":"http://127.0.0.1:1"}',
    `{"url":"http://example.com:80","token":"${"0".repeat(64)}","pid":1}`,
    `{"url":"http://127.0.0.1:80/x","token":"${"0".repeat(64)}","pid":1}`,
    '{"url":"http://127.0.0.1:80","token":"short","pid":1}',
    `{"url":"http://127.0.0.1:80","token":"${"0".repeat(64)}"}`,
    `{"url":"http://127.0.0.1:80","token":"${"0".repeat(64)}","pid":0,"exchange":true}`,
    `{"url":"http://127.0.0.1:80","token":"${"0".repeat(64)}","pid":1}`,
  ])("is as good as none when it holds %j", (content) => {
    const other = join(folder, "other.json");
    writeFileSync(other, content);
    expect(readAdminFile(other)).toBeUndefined();
    rmSync(other);
    expect(readAdminFile(other)).toBeUndefined();
  });

  it("that cannot be written keeps the server from starting", async () => {
    await expect(start({ file: join(folder, "none", "admin.json") })).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringContaining("(ENOENT): make the data folder writable"),
    });
  });
});

describe("a request", () => {
  it("is carried out for whoever has the token", async () => {
    const added = await send({ path: "/add-market", body: JSON.stringify(market) });
    expect(added).toMatchObject({ status: 200, body: { kind: "done", result: market } });
    expect(await send()).toMatchObject({ status: 200, body: { result: [market] } });
    const again = await send({ path: "/add-market", body: JSON.stringify(market) });
    expect(again).toMatchObject({ status: 422, body: { kind: "refused" } });
  });

  it("is logged with who asked, for what, for whom, how much of it, and what came of it", async () => {
    const headers = { "x-openbourse-operator": "root (pid 7)" };
    const transfer = {
      ...{ direction: "deposit", user: "u", currency: "USDT", amount: "10.5", key: "k" },
      anyUser: false,
    };
    await send({ path: "/add-market", body: JSON.stringify(market), headers });
    await send({ path: "/transfer", body: JSON.stringify(transfer), headers });
    await send({ path: "/transfer", body: JSON.stringify({ ...transfer, user: "v" }), headers });
    const note = { action: "disable-user", fields: { user: "u" } };
    await send({ path: "/note", body: JSON.stringify(note) });
    const by = { operator: "root (pid 7)" };
    const lines = logged.map((line) => JSON.parse(line.slice("administered ".length)));
    expect(lines).toEqual([
      { operation: "add-market", ...market, ...by, outcome: "done" },
      { operation: "transfer", ...transfer, ...by, outcome: "done", repeated: false },
      {
        ...{ operation: "transfer", ...transfer, user: "v", ...by, outcome: "refused" },
        reason: expect.stringContaining("there is no user v"),
      },
      { operation: "disable-user", user: "u", operator: "unknown", outcome: "done" },
    ]);
  });

  it.each<[string, Sent, number, string]>([
    ["without a token", { headers: { authorization: "" } }, 401, "the token is that of another"],
    [
      "with a wrong token",
      { headers: { authorization: `Bearer ${"0".repeat(64)}` } },
      401,
      "token",
    ],
    ["with a token in another way", { headers: { authorization: "Basic eDp5" } }, 401, "token"],
    ["for another host", { headers: { host: "example.com" } }, 403, "this is 127.0.0.1"],
    [
      "for a host that only begins alike",
      { headers: { host: "127.0.0.1.example.com" } },
      403,
      "this",
    ],
    ["from a page in a browser", { headers: { origin: "http://127.0.0.1" } }, 403, "browsers"],
    ["from a page of no origin", { headers: { origin: "null" } }, 403, "browsers"],
    ["with another method", { method: "PUT" }, 405, "POST"],
    ["with the question of a browser", { method: "OPTIONS" }, 405, "POST"],
    [
      "for an unknown operation",
      { path: "/stop" },
      404,
      '"stop" is no operation: there are transfer',
    ],
    ["for something inherited", { path: "/toString" }, 404, '"toString" is no operation'],
    ["with a query", { path: "/list-markets?all" }, 404, '"list-markets?all" is no operation'],
    ["that is no JSON", { body: "list" }, 400, "the body is not what this operation is asked with"],
    ["that is empty", { body: "" }, 400, "the body is not what"],
    ["that is a list", { body: "[]" }, 400, "the body is not what"],
    ["with one thing too many", { body: '{"all":true}' }, 400, "the body is not what"],
    [
      "with a number for a text",
      { path: "/add-market", body: JSON.stringify({ ...market, tick: 0.01 }) },
      400,
      "the body",
    ],
    ["that is too large", { body: " ".repeat(adminBodyBytesMax + 1) }, 413, "at most 65536 bytes"],
    ["of unknown length", { headers: { "transfer-encoding": "chunked" } }, 411, "how long"],
  ])("%s is refused", async (_what, change, status, message) => {
    expect(await send(change)).toEqual({
      status,
      body: { kind: "fault", message: expect.stringContaining(message) },
    });
  });

  it("may call this machine localhost", async () => {
    expect(await send({ headers: { host: `localhost:${server.port}` } })).toMatchObject({
      status: 200,
    });
  });

  it("as large as may be is read", async () => {
    expect(await send({ body: `{${" ".repeat(adminBodyBytesMax - 2)}}` })).toMatchObject({
      status: 200,
    });
  });

  it("that fails through a bug is answered, and its cause is in the log only", async () => {
    await server.close();
    const target = { ...exchangeTarget(), markets: () => Promise.reject(new Error("a bug")) };
    server = await start({ target });
    const answer = await send();
    expect(answer).toMatchObject({ status: 500, body: { kind: "fault" } });
    expect(JSON.stringify(answer)).not.toContain("a bug");
    expect(logged).toEqual([expect.stringContaining("Error: a bug")]);
  });

  it("of a client that goes away in the middle leaves no trace", async () => {
    const socket = connect(server.port, "127.0.0.1");
    const head = [
      "POST /list-markets HTTP/1.1",
      "host: 127.0.0.1",
      `authorization: Bearer ${readAdminFile(file)?.token}`,
      "content-length: 10",
    ];
    await new Promise<void>((resolve) => {
      socket.write(`${head.join("\r\n")}\r\n\r\n{`, () => resolve());
    });
    socket.destroy();
    expect(await send()).toMatchObject({ status: 200 });
    expect(logged).toHaveLength(1);
  });
});

describe("a stop", () => {
  it("waits for what is being carried out", async () => {
    await server.close();
    const asked = Promise.withResolvers<void>();
    const durable = Promise.withResolvers<Submission>();
    const submit = () => {
      asked.resolve();
      return durable.promise;
    };
    server = await start({ target: { ...exchangeTarget(), submit } });
    const answer = send({ path: "/add-market", body: JSON.stringify(market) });
    await asked.promise;
    const closed = server.close();
    durable.resolve({ kind: "busy" });
    expect(await answer).toMatchObject({ status: 503, body: { kind: "unavailable" } });
    await closed;
  });
});

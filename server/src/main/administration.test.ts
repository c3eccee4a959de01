import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request as httpRequest, type RequestOptions } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { socketBodyBytesMax } from "../adapters/http/socket-server.ts";
import type { Administration } from "../admin/administration.ts";
import { exchangeTarget } from "../admin/exchange-target.fixture.ts";
import { type AdminTarget, noExchange } from "../admin/target.ts";
import { type DataFolder, dataFolder } from "../config/data-folder.ts";
import type { Submission } from "../ports/released.ts";
import { openAdministration } from "./administration.ts";
import { Start } from "./start/start.ts";

const logged: string[] = [];
const note = (phrase: string, fields?: object) => {
  logged.push(`${phrase} ${JSON.stringify(fields)}`);
};
const log = { debug: note, info: note, warn: note, error: note };
const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
const unix = process.platform !== "win32";

interface Running {
  readonly administration: Administration | undefined;
  close(): Promise<void>;
}

let folder: DataFolder;
let server: Running;

async function start(
  options: { target?: AdminTarget; hasExchange?: boolean } = {},
): Promise<Running> {
  const begun = new Start();
  const { target = exchangeTarget(["u"]), hasExchange = true } = options;
  const parts = { target, hasExchange, log, start: begun };
  const administration = await openAdministration(folder, parts);
  const made = begun.done();
  return {
    administration,
    async close() {
      await administration?.stop();
      await made.disposeAsync();
    },
  };
}

beforeEach(async () => {
  folder = dataFolder(mkdtempSync(join(tmpdir(), "openbourse-admin-")));
  server = await start();
});
afterEach(async () => {
  await server.close();
  logged.length = 0;
  rmSync(folder.path, { recursive: true });
});

interface Sent extends RequestOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request as the command line does, with what is changed, and returns the answer. */
function send(change: Sent = {}): Promise<{ status: number; body: { kind: string } }> {
  const { body = "{}", ...options } = change;
  const isChunked = change.headers?.["transfer-encoding"] !== undefined;
  const length = isChunked ? {} : { "content-length": Buffer.byteLength(body) };
  const headers = { ...length, ...change.headers };
  const socketPath = folder.adminSocket;
  return new Promise((resolve, reject) => {
    httpRequest({ socketPath, method: "POST", path: "/list-markets", ...options, headers })
      .on("error", reject)
      .on("response", async (response) => {
        const answer = JSON.parse(await text(response));
        resolve({ status: response.statusCode ?? 0, body: answer });
      })
      .end(body);
  });
}

describe.runIf(unix)("the socket", () => {
  it("is there for its owner only", () => {
    const stats = lstatSync(folder.adminSocket);
    expect([stats.isSocket(), stats.mode & 0o777]).toEqual([true, 0o600]);
    expect(readdirSync(folder.path)).toEqual(["admin.sock"]);
  });

  it("is gone when the server is", async () => {
    await server.close();
    expect(readdirSync(folder.path)).toEqual([]);
    await expect(send()).rejects.toThrow("ENOENT");
  });

  it("of another server that has come since is left alone", async () => {
    rmSync(folder.adminSocket);
    const second = await start();
    await server.close();
    expect(await send()).toMatchObject({ status: 200 });
    await second.close();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("takes the place of one that a crash has left, and of what a crash left while making it", async () => {
    await server.close();
    const dead = createServer().listen(folder.adminSocket);
    await once(dead, "listening");
    // A server that ends gently removes its socket: this one lies elsewhere then, and comes back.
    renameSync(folder.adminSocket, `${folder.adminSocket}.dead`);
    dead.close();
    await once(dead, "close");
    renameSync(`${folder.adminSocket}.dead`, folder.adminSocket);
    chmodSync(folder.adminSocket, 0o666);
    mkdirSync(join(folder.path, ".admin"));
    writeFileSync(join(folder.path, ".admin", "s"), "");
    await expect(send()).rejects.toThrow("ECONNREFUSED");
    server = await start();
    expect(lstatSync(folder.adminSocket).mode & 0o777).toBe(0o600);
    expect(await send()).toMatchObject({ status: 200 });
    expect(readdirSync(folder.path)).toEqual(["admin.sock"]);
  });

  it("that another server answers at keeps one with an exchange from starting, others do without", async () => {
    await expect(start()).rejects.toMatchObject({
      name: "StartError",
      message: `another server runs on the data folder ${folder.path}: stop it first, or name another folder with --data`,
    });
    const second = await start({ hasExchange: false, target: noExchange });
    expect(second.administration).toBeUndefined();
    expect(logged).toEqual([expect.stringContaining("another server runs on this data folder")]);
    await second.close();
    expect(await send()).toMatchObject({ status: 200 });
  });

  it.each<[string, (path: string) => void]>([
    ["a file", (path) => writeFileSync(path, "kept")],
    ["a folder", (path) => mkdirSync(path)],
    ["a link", (path) => symlinkSync("elsewhere", path)],
  ])("is not put in the place of %s", async (_what, make) => {
    await server.close();
    make(folder.adminSocket);
    const before = lstatSync(folder.adminSocket).ino;
    await expect(start()).rejects.toMatchObject({
      name: "StartError",
      message: `${folder.adminSocket} is no socket: move it away, the server listens there`,
    });
    expect(lstatSync(folder.adminSocket).ino).toBe(before);
    expect(readdirSync(folder.path)).toEqual(["admin.sock"]);
  });

  it("that cannot be made keeps the server from starting", async () => {
    await server.close();
    rmSync(folder.path, { recursive: true });
    await expect(start()).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringContaining("(ENOENT): make the data folder writable"),
    });
    mkdirSync(folder.path);
  });

  it("comes instead of the file of an older server, once the exchange is ours", async () => {
    await server.close();
    writeFileSync(folder.olderAdminFile, "{}");
    await (await start({ hasExchange: false, target: noExchange })).close();
    expect(readdirSync(folder.path)).toEqual(["admin.json"]);
    server = await start();
    expect(readdirSync(folder.path)).toEqual(["admin.sock"]);
  });
});

describe("a request", () => {
  it("is carried out", async () => {
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
    ["with a malformed path", { path: "/%zz" }, 400, "the path is malformed"],
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
    ["that is too large", { body: " ".repeat(socketBodyBytesMax + 1) }, 413, "at most 65536 bytes"],
    [
      "that is too large and does not say so",
      {
        headers: { "transfer-encoding": "chunked" },
        body: " ".repeat(socketBodyBytesMax + 1),
      },
      413,
      "at most 65536 bytes",
    ],
  ])("%s is refused", async (_what, change, status, message) => {
    expect(await send(change)).toEqual({
      status,
      body: { kind: "fault", message: expect.stringContaining(message) },
    });
  });

  it("as large as may be is read", async () => {
    expect(await send({ body: `{${" ".repeat(socketBodyBytesMax - 2)}}` })).toMatchObject({
      status: 200,
    });
  });

  it("for what needs an exchange is sent away where there is none", async () => {
    await server.close();
    server = await start({ hasExchange: false, target: noExchange });
    expect(await send()).toEqual({ status: 421, body: { kind: "no-exchange" } });
    const told = { action: "create-key", fields: {} };
    expect(await send({ path: "/note", body: JSON.stringify(told) })).toMatchObject({
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
    const socket = connect(folder.adminSocket);
    const head = ["POST /list-markets HTTP/1.1", "host: x", "content-length: 10"];
    await new Promise<void>((resolve) => {
      socket.write(`${head.join("\r\n")}\r\n\r\n{`, () => resolve());
    });
    socket.destroy();
    expect(await send()).toMatchObject({ status: 200 });
    expect(logged).toHaveLength(1);
  });
});

describe("a stop", () => {
  it("waits for what is being carried out, and sends others away until the folder is free", async () => {
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
    expect(await send()).toEqual({ status: 503, body: { kind: "stopping" } });
    durable.resolve({ kind: "busy" });
    expect(await answer).toMatchObject({ status: 503, body: { kind: "unavailable" } });
    await closed;
  });
});

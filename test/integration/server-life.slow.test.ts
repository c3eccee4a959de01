/** How a server starts, runs and stops, from the outside. */
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { runHere } from "../support/command-here.ts";
import { refusedStart, type ServerInside, startServerInside } from "../support/server-here.ts";
import { runCommand, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { openStream } from "../support/stream-client.ts";
import { until } from "../support/until.ts";

/** The test that a server is for: it is stopped with it. */
type Test = Pick<TestContext, "onTestFinished">;

/** An exchange on which nobody trades. */
const quiet = "exchange: {participants: {enabled: false}}";

async function start({ onTestFinished }: Test): Promise<ServerProcess> {
  const server = await startServerProcess({ yaml: quiet });
  onTestFinished(async () => {
    await server.stop("SIGKILL");
  });
  return server;
}

/** Starts one in this process, for what does not depend on the process; the test may stop it before. */
async function startInside(
  { onTestFinished }: Test,
  setup: Parameters<typeof startServerInside>[0] = {},
): Promise<ServerInside> {
  const server = await startServerInside({ yaml: quiet, ...setup });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= server.stop());
  onTestFinished(stop);
  return { ...server, stop };
}

const commandsOf = (server: ServerInside) => server.figure("openbourse_exchange_commands_total");

const subscribeAll = {
  event: "subscribe",
  dataset: "huobi",
  tickers: ["BTC/USDT", "AI/USDT"],
  channel: "bars",
  frequency: "1s",
  aggregation: "1m",
};

describe.concurrent("a start", () => {
  it("says where it listens, shows the demo key, and bars arrive", async (test) => {
    const server = await start(test);
    expect(server.output().stdout).toMatch(
      // The page comes first, where it is built.
      /^(?:open http:\/\/127\.0\.0\.1:\d+\/ in a browser\n)?openbourse listening on http:\/\/127\.0\.0\.1:\d+\ndemo API key: \w{34}\n/,
    );
    const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
    client.send(subscribeAll);
    await client.until(({ json }) => "o" in json);
    const { stdout, stderr } = server.output();
    expect(stderr).toContain("simulated");
    expect(new Set(stdout.match(/[0-9a-f]{32}[0-9a-z]{2}/g))).toEqual(new Set([server.demoKey]));
    expect(stderr).not.toMatch(/[0-9a-f]{34}/);
  });

  it("keeps the demo key of its data folder, and makes another one for another folder", async (test) => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-keep-"));
    const data = join(folder, "data");
    const first = await startInside(test, { data });
    const { demoKey } = first;
    await first.stop();
    const second = await startInside(test, { data });
    const elsewhere = await startInside(test);
    expect(demoKey).toMatch(/^\w{34}$/);
    expect(second.demoKey).toBe(demoKey);
    expect(elsewhere.demoKey).not.toBe(demoKey);
    expect(statSync(join(data, "demo-key")).mode & 0o077).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it("on a port that is taken exits 1 and says what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const data = mkdtempSync(join(tmpdir(), "openbourse-taken-"));
    const { code, stderr } = await runCommand([
      "serve",
      "--port",
      String(port),
      "--data",
      data,
      "--log-level",
      "warn",
      // A page that nobody has built yet is warned of.
      "--set",
      "terminal.enabled=false",
    ]);
    taken.close();
    rmSync(data, { recursive: true });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `openbourse: port ${port} of 127.0.0.1 is in use: choose another one with --port\n`,
    );
  });

  it("with a data folder that is a file ends and says what to do", async () => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-file-"));
    const file = join(folder, "file");
    writeFileSync(file, "");
    const reason = await refusedStart({ data: file });
    rmSync(folder, { recursive: true });
    expect(reason).toContain(`data folder ${file} cannot be made`);
  });

  it("with a dataset that cannot be opened ends and says what is missing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-wrong-"));
    const file = join(folder, "openbourse.yaml");
    writeFileSync(file, "datasets: [{code: x, feed: {kind: replay, files: [a], format: csv}}]");
    const reason = await refusedStart({ data: folder, file });
    rmSync(folder, { recursive: true });
    expect(reason).toBe("dataset x: format csv needs columns: price, quantity and time");
  });

  it("with a damaged key store ends and names the file", async () => {
    const data = mkdtempSync(join(tmpdir(), "openbourse-damaged-"));
    writeFileSync(
      join(data, "keys.db"),
      "this is not a database, and it is long enough to be one".repeat(100),
    );
    const reason = await refusedStart({ data });
    rmSync(data, { recursive: true });
    expect(reason).toContain(join(data, "keys.db"));
  });
});

describe("watch", () => {
  let server: ServerInside;
  beforeAll(async () => {
    server = await startServerInside({ yaml: quiet });
  });
  afterAll(() => server.stop());

  it("prints what it is sent, as many bars as it was asked for", async () => {
    const args = ["watch", "BTC/USDT", "--url", server.ws, "--data", server.data, "--count", "2"];
    const { code, stdout } = await runHere(args);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").length).toBe(3);
  });

  it.each([
    [
      ["--key", "wrong"],
      "the server refused the connection: HTTP 401 Unauthorized: The provided API key is invalid or has expired. Please check your API key and try again",
    ],
    [
      ["--dataset", "nowhere"],
      "nothing could be subscribed to: The dataset parameter is missing or invalid. There is no dataset nowhere here. Use one of huobi, local.",
    ],
  ])("%j ends with one line that says why", async (more, reason) => {
    const args = ["watch", "BTC/USDT", "--url", server.ws, "--data", server.data, ...more];
    const { code, stderr } = await runHere(args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `openbourse: ${reason}\n` });
  });
});

describe("operation", () => {
  it("answers health, readiness and metrics", async (test) => {
    const server = await startInside(test);
    const get = async (path: string) => {
      const response = await fetch(server.http + path);
      return { status: response.status, text: await response.text() };
    };
    expect(await get("/healthz")).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect((await get("/readyz")).status).toBe(200);
    const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
    await client.ask(subscribeAll);
    const metrics = (await get("/metrics")).text;
    for (const line of [
      "openbourse_connections 1",
      "openbourse_subscriptions 2",
      "openbourse_messages_in_total 1",
      "openbourse_slow_consumers_total 0",
      'openbourse_feed_up{dataset="huobi"} 1',
    ]) {
      expect(metrics).toContain(`\n${line}\n`);
    }
    for (const name of [
      "messages_out_total",
      "bytes_out_total",
      "bytes_in_total",
      "feed_lag_seconds",
    ]) {
      expect(metrics).toContain(`# TYPE openbourse_${name}`);
    }
  });

  it("goes on when a feed's file is not what it claims to be", async (test) => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-feed-"));
    const file = join(folder, "picture.csv.gz");
    writeFileSync(file, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]));
    const yaml = `${quiet}
datasets:
  - {code: broken, feed: {kind: replay, files: [${file}], format: binance-trades, ticker: X}}
  - {code: huobi, feed: {kind: simulator}}
`;
    const server = await startInside(test, { yaml });
    const readiness = async () => {
      const response = await fetch(`${server.http}/readyz`);
      return ((await response.json()) as { parts: unknown }).parts;
    };
    await until(async () =>
      expect(await readiness()).toContainEqual({
        ...{ name: "feed broken", ok: false, state: "restarting" },
      }),
    );
    const failures = server.log.filter(({ phrase }) => phrase.startsWith("feed failed"));
    expect(JSON.stringify(failures)).toContain(file);
    const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
    client.send(subscribeAll);
    await client.until(({ json }) => "o" in json);
    rmSync(folder, { recursive: true });
  });
});

interface Readiness {
  readonly parts: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly state: string;
  }[];
}

describe("the exchange", () => {
  const exchangePart = async ({ http }: ServerInside) => {
    const response = await fetch(`${http}/readyz`);
    const { parts } = (await response.json()) as Readiness;
    return { status: response.status, ...parts.find(({ name }) => name === "exchange") };
  };

  it("trades, and its trades are bars of dataset local", async (test) => {
    const server = await startInside(test, { yaml: "exchange: {participants: {rate: 20}}" });
    const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
    const reply = await client.ask({
      ...subscribeAll,
      dataset: "local",
      tickers: ["BTC/USDT", "TRX/USDT"],
    });
    expect(reply).toContain('"data":["BTC/USDT","TRX/USDT"]');
    const bar = await client.until(({ json }) => json["s"] === "TRX/USDT");
    expect(bar.json).toMatchObject({ d: "local", p: "openbourse" });
  });

  it("goes on after a restart where it was", async (test) => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-again-"));
    const data = join(folder, "data");
    const yaml = "exchange: {participants: {rate: 20}}";
    const sequenceOf = ({ log }: ServerInside) =>
      log.find(({ phrase }) => phrase === "exchange recovered")?.fields["sequence"];
    const first = await startInside(test, { data, yaml });
    expect(sequenceOf(first)).toBe(0);
    await until(async () => expect(await commandsOf(first)).toBeGreaterThanOrEqual(100));
    await first.stop();
    const second = await startInside(test, { data, yaml });
    expect(sequenceOf(second)).toBeGreaterThan(100);
    expect(await exchangePart(second)).toMatchObject({ status: 200, ok: true });
    rmSync(folder, { recursive: true });
  });

  it("refuses commands when its log is full, says so, and the server stays up, also after a restart", async (test) => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-full-"));
    const data = join(folder, "data");
    const yaml = "exchange: {logBytesMax: 131072, participants: {rate: 1000}}";
    for (const attempt of ["first", "second"]) {
      const server = await startInside(test, { data, yaml });
      await until(async () =>
        expect(await exchangePart(server)).toMatchObject({
          ...{ status: 503, ok: false, state: "failed" },
        }),
      );
      expect(JSON.stringify(server.log), attempt).toContain("commands.db");
      expect((await fetch(`${server.http}/healthz`)).status, attempt).toBe(200);
      const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
      expect(await client.ask({ event: "heartbeat" })).toContain("success");
      await server.stop();
    }
    rmSync(folder, { recursive: true });
  });

  it("is not started twice on one data folder", async (test) => {
    const server = await startInside(test);
    const { code, stderr } = await runCommand([
      "serve",
      "--port",
      "0",
      "--data",
      server.data,
      "--log-level",
      "warn",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`another server runs on the data folder ${server.data}`);
  });

  it("does not start on a log that is damaged, and names the place", async (test) => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-torn-"));
    const data = join(folder, "data");
    const log = join(data, "exchange", "commands.db");
    const server = await startInside(test, { data, yaml: "exchange: {participants: {rate: 200}}" });
    await until(async () => expect(await commandsOf(server)).toBeGreaterThanOrEqual(300));
    await server.stop();
    expect(statSync(log).size).toBeGreaterThan(32_768);
    truncateSync(log, 20_480);
    expect(await refusedStart({ data })).toContain(log);
    const { code, stderr } = await runCommand([
      "serve",
      "--port",
      "0",
      "--data",
      data,
      "--log-level",
      "warn",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(log);
    rmSync(folder, { recursive: true });
  });
});

describe.concurrent("a stop", () => {
  it.for(["SIGTERM", "SIGINT"] as const)(
    "by %s closes clients with 1001 and exits 0",
    async (signal, test) => {
      const server = await start(test);
      const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
      await client.ask(subscribeAll);
      const code = await server.stop(signal);
      expect(code).toBe(0);
      expect((await client.closed)[0]).toBe(1001);
      expect(existsSync(join(server.data, "keys.db-wal"))).toBe(false);
    },
  );

  it("does not wait for a client that never answers", async (test) => {
    const server = await startInside(test);
    const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
    client.socket.pause();
    await server.stop();
    client.socket.terminate();
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { partOf } from "../config/schema.ts";
import type { TextSetting } from "../config/setting.ts";
import { cryptomus } from "../dialects/cryptomus/protocol.ts";
import { depthScalesMax } from "../marketdata/depth-scales.ts";
import { loadConfig } from "./configuration.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function write(text: string): string {
  files += 1;
  const file = join(folder, `${files}.yaml`);
  writeFileSync(file, text);
  return file;
}

const flag = (path: string, text: string): TextSetting => {
  const keys = path.split(".");
  return { path: keys, text, origin: `--${keys.at(-1)}` };
};

const load = (
  text: string,
  environment: Record<string, string> = {},
  flags: readonly TextSetting[] = [],
) => loadConfig({ file: write(text), environment, flags });

/** The faults of a configuration, with the file's path left out. */
function faultsOf(
  text: string,
  environment: Record<string, string> = {},
  flags: readonly TextSetting[] = [],
) {
  const loaded = load(text, environment, flags);
  return loaded.ok ? [] : loaded.faults.map((fault) => fault.replace(/^.*\d+\.yaml:/, ""));
}

describe("a configuration", () => {
  it("may be empty: defaults serve the simulated dataset", () => {
    const loaded = load("");
    if (!loaded.ok) throw new Error(loaded.faults.join());
    const { config } = loaded;
    expect(config.server).toMatchObject({ host: "127.0.0.1", port: 8080 });
    expect(config.limits).toEqual({
      connectionsMax: 3,
      messagesPerMinuteMax: 100,
      messageBytesMax: 102_400,
      restCallsPerMinuteMax: 1_000,
    });
    expect(config.streams).toEqual({
      depthIntervalMs: 100,
      depthSnapshotIntervalMs: 60_000,
      depthScales: depthScalesMax,
      tickerIntervalMs: 1_000,
      candleIntervalMs: 500,
      unchangedBars: true,
      resumeSeconds: 600,
      resumeBytesMax: 268_435_456,
      idleSeconds: 60,
      idleStreamsMax: 10_000,
      sessions: { perKeyMax: 20, max: 100, idleSeconds: 900 },
    });
    expect(partOf(config, cryptomus)).toEqual({
      enabled: true,
      tokenlessPublic: false,
      resubscribe: "merge",
      ackMethodAlways: false,
      tellUnknown: true,
      countPings: false,
      idleTimeoutMs: 60_000,
      requestsPerMinuteMax: 200,
      newConnectionsPerMinuteMax: 1_000,
      connectionsPerUserMax: 1_000,
      messageBytesMax: 65_536,
      restCallsPerSecondMax: 200,
      restCallsBurstMax: 400,
      md5: true,
      hmacWindowMs: 5_000,
    });
    // What is not said follows from how the data folder was begun.
    expect(config.demo).toEqual({ pastHours: 24 });
    expect(config.datasets).toEqual([
      {
        code: "huobi",
        name: "Huobi (simulated)",
        feed: { kind: "simulator", seed: 1 },
        history: { store: true, trades: true },
      },
    ]);
  });

  it("takes the file's value over the default, a variable's over the file's, a flag's over all", () => {
    const port = (environment: Record<string, string>, flags: readonly TextSetting[]) => {
      const loaded = load("server: {port: 1001}", environment, flags);
      return loaded.ok && loaded.config.server.port;
    };
    expect(port({}, [])).toBe(1001);
    expect(port({ OPENBOURSE_SERVER_PORT: "1002" }, [])).toBe(1002);
    expect(port({ OPENBOURSE_PORT: "1003" }, [])).toBe(1003);
    expect(port({ OPENBOURSE_PORT: "1003" }, [flag("server.port", "1004")])).toBe(1004);
  });

  it("knows every scalar key as a variable", () => {
    const loaded = load("", {
      OPENBOURSE_SERVER_PING_INTERVAL_MS: "5000",
      OPENBOURSE_FINAZON_EVENT_IN_REPLIES: "false",
      OPENBOURSE_LIMITS_TICKERS_MAX: "7",
      OPENBOURSE_DATA: "elsewhere",
      OPENBOURSE_CRYPTOMUS_IDLE_TIMEOUT_MS: "5000",
      OPENBOURSE_DEMO_USERS: "false",
      OPENBOURSE_TEST_ANYTHING: "is ignored",
      OTHER: "is ignored",
    });
    expect(loaded).toMatchObject({
      ok: true,
      config: {
        server: { pingIntervalMs: 5000 },
        finazon: { eventInReplies: false },
        limits: { tickersMax: 7 },
        cryptomus: { idleTimeoutMs: 5000 },
        demo: { users: false },
        data: "elsewhere",
      },
    });
  });

  it("has no place for the master key, which is a secret", () => {
    const secret = "5".repeat(64);
    const loaded = load("", { OPENBOURSE_MASTER_KEY: secret });
    expect(loaded.ok).toBe(true);
    expect(JSON.stringify(loaded)).not.toContain(secret);
  });

  it("may be written under the names that settings had before, and says which they have now", () => {
    const text = "cryptomus:\n  depthIntervalMs: 20\n  fullReloadIntervalMs: 5000";
    const loaded = load(text, { OPENBOURSE_FINAZON_UNCHANGED_BARS: "false" });
    if (!loaded.ok) throw new Error(loaded.faults.join());
    const { config, notes } = loaded;
    expect(config.streams).toMatchObject({
      depthIntervalMs: 20,
      depthSnapshotIntervalMs: 5_000,
      unchangedBars: false,
    });
    expect(partOf(config, cryptomus)).not.toHaveProperty("depthIntervalMs");
    expect(notes.map((note) => note.replace(/^.*\d+\.yaml:/, ""))).toEqual([
      "OPENBOURSE_FINAZON_UNCHANGED_BARS: finazon.unchangedBars is called streams.unchangedBars now; the old name still works",
      "2:3 cryptomus.depthIntervalMs is called streams.depthIntervalMs now; the old name still works",
      "3:3 cryptomus.fullReloadIntervalMs is called streams.depthSnapshotIntervalMs now; the old name still works",
    ]);
  });

  it("holds under the present name what is written under both", () => {
    const loaded = load("cryptomus: {depthIntervalMs: 20}\nstreams: {depthIntervalMs: 30}");
    expect(loaded.ok && loaded.config.streams.depthIntervalMs).toBe(30);
  });

  it("fills in the defaults of a feed", () => {
    const loaded = load(`
datasets:
  - code: binance
    feed: {kind: replay, files: [a.csv.gz], format: binance-trades, ticker: BTC/USDT, speed: max}
`);
    expect(loaded.ok && loaded.config.datasets[0]?.feed).toEqual({
      kind: "replay",
      files: ["a.csv.gz"],
      format: "binance-trades",
      ticker: "BTC/USDT",
      speed: "max",
      clock: "recorded",
      loop: false,
      sort: "window",
      start: "at-once",
    });
  });
});

describe("a wrong configuration names the place and what would be right", () => {
  it.each([
    [
      "server: {port: abc}",
      '1:16 server.port must be a whole number from 0 to 65535, but is "abc"',
    ],
    [
      "server: {port: 65536}",
      "1:16 server.port must be a whole number from 0 to 65535, but is 65536",
    ],
    [
      "server:\n  prot: 1",
      '2:3 server.prot is not a known key; did you mean "port"? (known here: host, port, tls, http, grpc, trustedProxies, cors, connectionsMax, outboxBytesMax, backlogBytesMax, compression, flushDelayMs, pingIntervalMs, stopGraceMs)',
    ],
    [
      "sever: {}",
      '1:1 sever is not a known key; did you mean "server"? (known here: server, data, log, bars, limits, streams, finazon, cryptomus, exchange, cluster, terminal, demo, datasets)',
    ],
    ["server: 5", "1:9 server must be a mapping of keys to values, but is 5"],
    [
      "log: {level: loud}",
      '1:14 log.level must be one of debug, info, warn, error, silent, but is "loud"',
    ],
    ["finazon: {eventInReplies: 1}", "1:27 finazon.eventInReplies must be true or false, but is 1"],
    [
      "cryptomus: {resubscribe: add}",
      '1:26 cryptomus.resubscribe must be one of merge, replace, but is "add"',
    ],
    ["cryptomus: {enabled: 1}", "1:22 cryptomus.enabled must be true or false, but is 1"],
    [
      "cryptomus: {idleTimeout: 5}",
      '1:13 cryptomus.idleTimeout is not a known key; did you mean "idleTimeoutMs"? (known here: enabled, tokenlessPublic, resubscribe, ackMethodAlways, tellUnknown, countPings, idleTimeoutMs, requestsPerMinuteMax, newConnectionsPerMinuteMax, connectionsPerUserMax, messageBytesMax, restCallsPerSecondMax, restCallsBurstMax, md5, hmacWindowMs, depthIntervalMs, fullReloadIntervalMs, tickerIntervalMs)',
    ],
    ["demo: {users: 2}", "1:15 demo.users must be true or false, but is 2"],
    [
      "datasets: [{code: A, feed: {kind: simulator}}]",
      '1:19 datasets[0].code must be a text that matches ^[a-z0-9][a-z0-9_.-]{0,62}$, but is "A"',
    ],
    [
      "datasets: [{code: a, feed: 1}]",
      "1:28 datasets[0].feed must be a mapping of keys to values, but is 1",
    ],
    [
      "datasets: [{code: a, history: {keepDays: -1}}]",
      "1:42 datasets[0].history.keepDays must be a whole number from 0 to 36500, but is -1",
    ],
    [
      "datasets: [{code: a, feed: {kind: magic}}]",
      '1:35 datasets[0].feed.kind must be one of simulator, replay, ccxt, push, but is "magic"',
    ],
    [
      "datasets: [{code: a, feed: {kind: simulator, sede: 1}}]",
      '1:46 datasets[0].feed.sede is not a known key; did you mean "seed"? (known here: kind, seed, tickers)',
    ],
    [
      "datasets: [{code: a, feed: {kind: replay, files: [], format: csv}}]",
      "1:50 datasets[0].feed.files must be a list of 1 to 10000 entries, but is []",
    ],
    [
      "datasets: [{code: a, feed: {kind: replay, files: [x], format: csv, speed: fast}}]",
      '1:75 datasets[0].feed.speed must be a number above 0 or "max", but is "fast"',
    ],
    ["datasets: 7", "1:11 datasets must be a list of 0 to 1000 entries, but is 7"],
    ["- 1\n- 2", "1:1 the configuration must be a mapping of keys to values, but is [1,2]"],
    [
      "server: {port: 1",
      "1:17 Flow map in block collection must be sufficiently indented and end with a }",
    ],
    ["data: a\ndata: b", "2:1 Map keys must be unique"],
  ])("%j", (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  it.each([
    ["idleTimeoutMs", 1_000, 86_400_000],
    ["requestsPerMinuteMax", 0, 1_000_000],
    ["newConnectionsPerMinuteMax", 0, 1_000_000],
    ["connectionsPerUserMax", 1, 1_000_000],
    ["messageBytesMax", 128, 16_777_216],
    ["restCallsPerSecondMax", 0, 1_000_000],
    ["restCallsBurstMax", 1, 1_000_000],
    ["hmacWindowMs", 100, 60_000],
    ["depthIntervalMs", 10, 60_000],
    ["fullReloadIntervalMs", 1_000, 86_400_000],
    ["tickerIntervalMs", 100, 60_000],
  ])("cryptomus.%s is a whole number from %i to %i", (key, least, most) => {
    const faults = (value: number) => faultsOf(`cryptomus: {${key}: ${value}}`);
    expect([...faults(least), ...faults(most)]).toEqual([]);
    for (const value of [least - 1, most + 1, least + 0.5]) {
      expect(faults(value)).toEqual([
        expect.stringContaining(
          `cryptomus.${key} must be a whole number from ${least} to ${most}, but is ${value}`,
        ),
      ]);
    }
  });

  it("in a variable", () => {
    expect(faultsOf("", { OPENBOURSE_PORT: "x" })).toEqual([
      'OPENBOURSE_PORT: server.port must be a whole number from 0 to 65535, but is "x"',
    ]);
    expect(faultsOf("", { OPENBOURSE_PROT: "1" })).toEqual([
      "OPENBOURSE_PROT is not a known variable; did you mean OPENBOURSE_PORT?",
    ]);
  });

  it("in a flag", () => {
    expect(faultsOf("", {}, [flag("server.port", "x")])).toEqual([
      '--port: server.port must be a whole number from 0 to 65535, but is "x"',
    ]);
    expect(faultsOf("", {}, [flag("sever.port", "1")])).toEqual([
      '--port: sever is not a known key; did you mean "server"? (known here: server, data, log, bars, limits, streams, finazon, cryptomus, exchange, cluster, terminal, demo, datasets)',
    ]);
  });

  it("all at once, in one go", () => {
    expect(faultsOf("server: {port: x, hots: y}\nlog: {level: z}").length).toBe(3);
  });

  it("when a dataset code is used twice", () => {
    const dataset = "{code: a, feed: {kind: simulator}}";
    expect(faultsOf(`datasets: [${dataset}, ${dataset}]`)).toEqual([
      'datasets: the code "a" is used twice',
    ]);
  });

  it("when a dataset has the code of the exchange's own trades", () => {
    const text = "datasets: [{code: local, feed: {kind: simulator}}]";
    expect(faultsOf(text)).toEqual([
      'datasets: the code "local" is that of the exchange\'s own trades',
    ]);
    expect(faultsOf(`${text}\nexchange: {enabled: false}`)).toEqual([]);
  });

  it("when the file is not there or cannot be read", () => {
    const missing = loadConfig({ file: join(folder, "none.yaml"), environment: {}, flags: [] });
    expect(missing).toEqual({
      ok: false,
      faults: [`configuration file ${join(folder, "none.yaml")}: there is no such file`],
    });
    const directory = loadConfig({ environment: { OPENBOURSE_CONFIG: folder }, flags: [] });
    expect(directory).toEqual({
      ok: false,
      faults: [`configuration file ${folder}: it cannot be read (EISDIR)`],
    });
  });
});

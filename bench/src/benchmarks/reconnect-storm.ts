/**
 * All clients drop at once and come back within a second, as after an outage: one-time tokens are
 * checked, subscriptions are made and states are sent, for all of them.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type CryptomusUser, signatureOf } from "../../../test/support/cryptomus-client.ts";
import { addUsers } from "../../../test/support/operator.ts";
import { type ServerProcess, startServerProcess } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { cpuNsOf } from "../harness/process-usage.ts";
import { spread } from "../harness/statistics.ts";
import { packageVersion } from "../harness/versions.ts";
import { Crowd, type CrowdOpening } from "../load/crowd.ts";
import type { ClientScript } from "../load/crowd-scripts.ts";
import { histogramPercentilesMs, mergeBuckets } from "../load/histogram.ts";
import { HttpCaller } from "../load/http-caller.ts";

const userCount = 100;
const spreadMs = 1_000;
const httpConnections = 32;
const quietMs = 1_000;
const markets = ["BTC_USDT", "ETH_USDT", "TRX_USDT"];
/** Two replies, and the state of each depth. */
const readyFrames = 2 + markets.length;

const yaml = `
log: { level: warn }
datasets: []
cryptomus: { requestsPerMinuteMax: 0, newConnectionsPerMinuteMax: 0, restCallsPerSecondMax: 0, connectionsPerUserMax: 1000000, idleTimeoutMs: 86400000 }
`;

const messages = [
  JSON.stringify({ id: 1, method: "depth_subscribe", params: markets.map((code) => `${code}:0`) }),
  JSON.stringify({ id: 2, method: "order_subscribe", params: ["all"] }),
];

/** The registry's entry. */
export const reconnectStorm: Benchmark = {
  name: "reconnect-storm",
  summary: "5,000 clients drop and come back within a second, with tokens and subscriptions",
  run,
};

/** What one storm was like. */
interface Storm {
  readonly opening: CrowdOpening;
  readonly cpuMs: number;
  readonly tokensMs: number;
}

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const clients = effort.isQuick ? 1_000 : 5_000;
  await using building = new AsyncDisposableStack();
  const server = await startServerProcess({ yaml });
  building.defer(async () => {
    await server.stop();
  });
  const users = addUsers(server.data, userCount);
  const crowd = new Crowd(server.port);
  building.defer(() => crowd.stop());
  const storms: Storm[] = [];
  for (let round = 0; round < effort.warmUps + effort.runs; round += 1) {
    note(`storm ${round + 1}`);
    const storm = await measureStorm(server, crowd, { users, clients });
    if (round >= effort.warmUps) storms.push(storm);
  }
  return findings(clients, storms);
}

async function measureStorm(
  server: ServerProcess,
  crowd: Crowd,
  { users, clients }: { readonly users: readonly CryptomusUser[]; readonly clients: number },
): Promise<Storm> {
  const startMs = performance.now();
  const scripts = await scriptsWithTokens(server.port, users, clients);
  const tokensMs = performance.now() - startMs;
  await crowd.close();
  const cpuBefore = cpuNsOf([server.process.pid ?? 0]);
  const opening = await crowd.open({ count: clients, scripts, readyFrames, spreadMs });
  const cpuMs = (cpuNsOf([server.process.pid ?? 0]) - cpuBefore) / 1e6;
  if (opening.ready !== clients) {
    throw new Error(`${opening.ready} of ${clients} came back, ${opening.refused} were refused`);
  }
  await delay(quietMs);
  return { opening, cpuMs, tokensMs };
}

/** A token for each client, fetched over signed REST. */
async function scriptsWithTokens(
  port: number,
  users: readonly CryptomusUser[],
  clients: number,
): Promise<readonly ClientScript[]> {
  const caller = await HttpCaller.open(port, httpConnections);
  const tokens = await Promise.all(
    Array.from({ length: clients }, (_, at) => fetchToken(caller, users[at % users.length]!)),
  );
  caller.close();
  return tokens.map((token) => ({ target: `/ws?token=${token}`, messages }));
}

function fetchToken(caller: HttpCaller, { userId, apiKey }: CryptomusUser): Promise<string> {
  const sign = signatureOf("", apiKey);
  const request = `GET /v2/user-api/exchange/account/web-socket/token HTTP/1.1\r\nHost: localhost\r\nuserId: ${userId}\r\nsign: ${sign}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    caller.call(request, ({ status, body }) => {
      if (status === 200) resolve((JSON.parse(body) as { token: string }).token);
      else reject(new Error(`no token: ${status} ${body}`));
    });
  });
}

function findings(clients: number, storms: readonly Storm[]): Findings {
  const worstNs = Math.max(...storms.map(({ opening }) => opening.worstNs));
  const buckets = mergeBuckets(storms.map(({ opening }) => opening.latency));
  const seconds = spread(storms.map(({ opening }) => opening.tookNs / 1e9));
  const median = (of: (storm: Storm) => number) => spread(storms.map(of)).median;
  return {
    method: [
      "The whole server with the exchange's simulated participants. All connections are reset at once; new ones begin evenly over a second, 256 handshakes under way at most.",
      "A client brings a one-time token of its own, subscribes to the depth of three markets and to its user's orders, and is live when both replies and the three books have come.",
      "Its time counts from when it was due to connect.",
    ],
    parameters: { clients, users: userCount, spreadMs },
    packages: { ws: packageVersion("ws") },
    comparisons: [],
    latencies: [
      {
        what: "due until live again",
        unit: "ms",
        percentiles: histogramPercentilesMs(buckets, worstNs),
      },
    ],
    figures: [
      { what: "until all are live again, fastest", value: seconds.min, unit: "s" },
      { what: "until all are live again, median", value: seconds.median, unit: "s" },
      { what: "until all are live again, slowest", value: seconds.max, unit: "s" },
      {
        what: "CPU of the server for a client",
        value: median(({ cpuMs }) => (cpuMs * 1_000) / clients),
        unit: "µs",
      },
      {
        what: "fetching the tokens before, for a client",
        value: median(({ tokensMs }) => (tokensMs * 1_000) / clients),
        unit: "µs",
      },
    ],
    aims: [],
    leavesOut: [
      "Fetching the tokens, which clients do over REST before; its time is among the figures.",
      "TLS handshakes.",
    ],
  };
}

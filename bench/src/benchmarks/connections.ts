/** What a connection costs that is open and subscribed and is sent nothing: memory, and the time to come in. */
import { setTimeout as delay } from "node:timers/promises";
import { startServerProcess } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Figure, Findings } from "../harness/benchmark.ts";
import { cpuNsOf, openFilesMax, residentBytesOf } from "../harness/process-usage.ts";
import { spread } from "../harness/statistics.ts";
import { packageVersion } from "../harness/versions.ts";
import { Crowd } from "../load/crowd.ts";
import type { ClientScript } from "../load/crowd-scripts.ts";
import { startBareWs } from "../peers/fanout/contenders.ts";

const aimBytes = 12_288;
/** Connections that are there before it counts, so that what the first ones bring along does not. */
const first = 1_000;
/** Files that a process has open besides its sockets. */
const otherFiles = 200;
const settleMs = 3_000;

const yaml = `
log: { level: warn }
limits: { connectionsMax: 100000, messagesPerMinuteMax: 1000000 }
exchange: { enabled: false }
datasets:
  - code: quiet
    feed:
      kind: simulator
      tickers:
        - { ticker: A/USDT, startPrice: "100", tickSize: "0.01", lotSize: "0.001", medianQuantity: "0.5", tradesPerSecond: 0.01 }
`;

const subscribe = JSON.stringify({
  event: "subscribe",
  dataset: "quiet",
  tickers: ["A/USDT"],
  channel: "bars",
  frequency: "1m",
  aggregation: "1m",
  request_id: 1,
});

/** The registry's entry. */
export const connections: Benchmark = {
  name: "connections",
  summary: "memory of 10,000 idle subscribed connections, and the time to accept them",
  run,
};

/** A server to fill. */
interface Host {
  readonly port: number;
  readonly pid: number;
  readonly script: ClientScript;
  readonly readyFrames: number;
  stop(): Promise<unknown>;
}

/** What filling it took. */
interface Filling {
  readonly bytesEach: number;
  readonly acceptSeconds: number;
  readonly acceptCpuUs: number;
}

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const wanted = effort.isQuick ? 3_000 : 10_000;
  const count = Math.min(wanted, openFilesMax() - otherFiles);
  if (count < wanted) note(`only ${count} connections: the limit of open files`);
  const ours: Filling[] = [];
  const peer: Filling[] = [];
  for (let round = 0; round < effort.runs; round += 1) {
    note(`round ${round + 1}`);
    ours.push(await fill(await startServer(), count));
    peer.push(await fill(await startPeer(), count));
  }
  const bytesEach = ours.map((filling) => filling.bytesEach);
  return {
    method: [
      `A new server process each time: the whole server, to which clients subscribe over the Finazon stream, and a server of \`ws\` that does nothing. Memory for a connection is the difference of resident memory between ${first} and ${count} of them, ${settleMs} ms after the last one.`,
      "The time to accept is that from the first connection to the last subscription's reply, with 256 handshakes under way at once.",
    ],
    parameters: { connections: count },
    packages: { ws: packageVersion("ws") },
    comparisons: [],
    latencies: [],
    figures: [...figuresOf("the server", ours), ...figuresOf("bare ws", peer)],
    aims: [
      {
        what: "resident memory of an idle subscribed connection, median",
        unit: "bytes",
        atMost: aimBytes,
        measured: spread(bytesEach).median,
      },
    ],
    leavesOut: [
      "The kernel's own memory for sockets.",
      "Collections of garbage that have not happened yet: nothing asks for one.",
      ...(count < wanted
        ? [`${wanted - count} of the connections, for the limit of open files.`]
        : []),
    ],
  };
}

async function startServer(): Promise<Host> {
  const server = await startServerProcess({ yaml });
  return {
    port: server.port,
    pid: server.process.pid ?? 0,
    script: { target: `/v1?apikey=${server.demoKey}`, messages: [subscribe] },
    readyFrames: 1,
    stop: () => server.stop(),
  };
}

async function startPeer(): Promise<Host> {
  const contender = await startBareWs(1, () => {});
  if (contender === undefined) throw new Error("ws is always there");
  const { port, pids, scripts } = contender;
  return { port, pid: pids[0]!, script: scripts[0]!, readyFrames: 0, stop: contender.stop };
}

async function fill(host: Host, count: number): Promise<Filling> {
  const crowd = new Crowd(host.port);
  try {
    await open(crowd, host, first);
    await delay(settleMs);
    const residentBefore = residentBytesOf(host.pid);
    const cpuBefore = cpuNsOf([host.pid]);
    const tookNs = await open(crowd, host, count - first);
    const acceptCpuUs = (cpuNsOf([host.pid]) - cpuBefore) / 1_000 / (count - first);
    await delay(settleMs);
    const bytesEach = (residentBytesOf(host.pid) - residentBefore) / (count - first);
    return { bytesEach, acceptSeconds: tookNs / 1e9, acceptCpuUs };
  } finally {
    await crowd.stop();
    await host.stop();
  }
}

async function open(crowd: Crowd, { script, readyFrames }: Host, count: number): Promise<number> {
  const opening = await crowd.open({ count, scripts: [script], readyFrames });
  if (opening.refused > 0) throw new Error(`${opening.refused} of ${count} connections refused`);
  return opening.tookNs;
}

function figuresOf(what: string, fillings: readonly Filling[]): readonly Figure[] {
  const median = (of: (filling: Filling) => number) => spread(fillings.map(of)).median;
  const memory = spread(fillings.map(({ bytesEach }) => bytesEach));
  return [
    { what: `${what}, a connection, smallest`, value: memory.min, unit: "bytes" },
    { what: `${what}, a connection, median`, value: memory.median, unit: "bytes" },
    { what: `${what}, a connection, largest`, value: memory.max, unit: "bytes" },
    { what: `${what}, time to accept`, value: median((each) => each.acceptSeconds), unit: "s" },
    { what: `${what}, CPU to accept one`, value: median((each) => each.acceptCpuUs), unit: "µs" },
  ];
}

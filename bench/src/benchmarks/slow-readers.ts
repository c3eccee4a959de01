/**
 * One client in ten stops reading. The server may hold no more for them than their outboxes allow, and
 * the others have to be served as before.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { cpuNsOf, watchResident } from "../harness/process-usage.ts";
import { pairRatios, spread } from "../harness/statistics.ts";
import { packageVersion } from "../harness/versions.ts";
import { Crowd } from "../load/crowd.ts";
import { type Bucket, histogramPercentilesMs, mergeBuckets } from "../load/histogram.ts";
import type { Contender } from "../peers/fanout/contender.ts";
import { startOursBounded } from "../peers/fanout/contenders.ts";
import type { GridLoad } from "../peers/fanout/fanout-program.ts";

const sockets = 100;
const slowSockets = 10;
const topics = 100;
const outboxBytesMax = 1_048_576;
const arrivalMs = 20_000;
const recoveryMs = 2_000;
const mebibyte = 1_048_576;

/** The registry's entry. */
export const slowReaders: Benchmark = {
  name: "slow-readers",
  summary: "10 % of the sockets stop reading: the server's memory, and what the others notice",
  run,
};

/** One round with or without readers that stop. */
interface Round {
  readonly p99: number;
  readonly latency: readonly Bucket[];
  readonly worstNs: number;
  readonly cpuNsEach: number;
  readonly residentMost: number;
  readonly closed: number;
  /** Share of what was published that those who did not read were never sent. */
  readonly sparedShare: number;
}

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  await using building = new AsyncDisposableStack();
  const contender = await startOursBounded(topics, outboxBytesMax);
  building.defer(() => contender.stop());
  const crowd = new Crowd(contender.port);
  building.defer(() => crowd.stop());
  const { scripts, readyFrames } = contender;
  const { ready } = await crowd.open({ count: sockets, scripts, readyFrames });
  if (ready !== sockets) throw new Error(`${ready} of ${sockets} sockets opened`);
  const flushes = effort.isQuick ? 120 : 240;
  const load: GridLoad = { kind: "grid", flushes, intervalMs: 50, messages: topics, bytes: 1_000 };
  const all: Round[] = [];
  const some: Round[] = [];
  for (let round = 0; round < effort.warmUps + effort.runs; round += 1) {
    note(`round ${round + 1}`);
    const [before, after] = [
      await measureRound(contender, crowd, { load, slow: 0 }),
      await measureRound(contender, crowd, { load, slow: slowSockets }),
    ];
    if (round < effort.warmUps) continue;
    all.push(before);
    some.push(after);
  }
  return findings(load, all, some);
}

async function measureRound(
  { pids, publish }: Contender,
  crowd: Crowd,
  { load, slow }: { readonly load: GridLoad; readonly slow: number },
): Promise<Round> {
  const units = load.flushes * load.messages * (sockets - slow);
  await crowd.pause(slow);
  const startNs = cpuNsOf(pids);
  const memory = watchResident(pids[0]!, 50);
  await publish(load);
  const { marked, latency, worstNs, closed } = await crowd.wait(units, arrivalMs);
  const residentMost = Math.max(...memory.stop());
  const cpuNsEach = (cpuNsOf(pids) - startNs) / units;
  if (marked < units) throw new Error(`${marked} of ${units} messages arrived`);
  // Those who stopped read what is left for them, which is not to be in the next round.
  await crowd.pause(0);
  await delay(recoveryMs);
  const after = await crowd.report();
  const { p99 } = histogramPercentilesMs(latency, worstNs);
  const owed = load.flushes * load.messages * slow;
  // What came before the round ended is counted there, what was left to read after it.
  const sparedShare = owed === 0 ? 0 : 1 - (after.marked + marked - units) / owed;
  const closedInAll = closed + after.closed;
  return { p99, latency, worstNs, cpuNsEach, residentMost, closed: closedInAll, sparedShare };
}

function findings(load: GridLoad, all: readonly Round[], some: readonly Round[]): Findings {
  const mostOf = (rounds: readonly Round[]) =>
    Math.max(...rounds.map(({ residentMost }) => residentMost));
  const growth = (mostOf(some) - mostOf(all)) / mebibyte;
  const bound = (slowSockets * outboxBytesMax) / mebibyte;
  const p99s = (rounds: readonly Round[]) => rounds.map(({ p99 }) => p99);
  return {
    method: [
      "One server process, the hub and gateway that are shipped; rounds in which all clients read and rounds in which some stop follow each other in turn.",
      "The topics are states: a client that is behind is owed the newest message of each, and spared the older ones. That some were spared shows that each round publishes more than the kernel's buffers of a socket take, which are several megabytes.",
      "Latencies are of the clients that read. Memory is the most that was resident during a round, looked at 20 times a second.",
    ],
    parameters: { sockets, slowSockets, outboxBytesMax, ...load },
    packages: { ws: packageVersion("ws") },
    comparisons: [],
    latencies: [
      { what: "published until received, all read", unit: "ms", percentiles: merged(all) },
      { what: "published until received, some do not", unit: "ms", percentiles: merged(some) },
    ],
    figures: [
      { what: "resident at most, all read", value: mostOf(all) / mebibyte, unit: "MiB" },
      { what: "resident at most, some do not", value: mostOf(some) / mebibyte, unit: "MiB" },
      { what: "CPU for a message, all read", value: cpuOf(all), unit: "ns" },
      { what: "CPU for a message to who reads, some do not", value: cpuOf(some), unit: "ns" },
      {
        what: "messages that those who do not read were spared",
        value: spread(some.map(({ sparedShare }) => sparedShare)).median * 100,
        unit: "%",
      },
      {
        what: "clients closed",
        value: some.reduce((sum, { closed }) => sum + closed, 0),
        unit: "",
      },
    ],
    aims: [
      { what: "memory for those who do not read", unit: "MiB", atMost: bound, measured: growth },
      {
        what: "p99 of the others, pair by pair, over what it is when all read",
        unit: "times",
        atMost: 1.2,
        measured: pairRatios(p99s(some), p99s(all)).median,
      },
    ],
    leavesOut: [
      "What the kernel holds in its own buffers for clients that do not read.",
      "Topics of which nothing may be left out: their clients are closed when the outbox is full.",
    ],
  };
}

function merged(rounds: readonly Round[]) {
  const worstNs = Math.max(...rounds.map((round) => round.worstNs));
  return histogramPercentilesMs(mergeBuckets(rounds.map(({ latency }) => latency)), worstNs);
}

function cpuOf(rounds: readonly Round[]): number {
  return spread(rounds.map(({ cpuNsEach }) => cpuNsEach)).median;
}

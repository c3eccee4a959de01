/**
 * The real server at a busy moment: a thousand clients with bars of their own choice, depth of twenty
 * hot markets, an exchange that is traded on. What it sends is recorded and replayed through peers.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startServerProcess } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Findings, Sample } from "../harness/benchmark.ts";
import { cpuNsOf } from "../harness/process-usage.ts";
import { sideBySide } from "../harness/side-by-side.ts";
import { spread } from "../harness/statistics.ts";
import { Crowd, type CrowdReport } from "../load/crowd.ts";
import type { ClientScript } from "../load/crowd-scripts.ts";
import { withFolder } from "../load/disk.ts";
import { type Bucket, histogramPercentilesMs, mergeBuckets } from "../load/histogram.ts";
import { HotMarkets } from "../load/hot-markets.ts";
import {
  barScripts,
  depthScripts,
  type MarketOpenShape,
  marketOpenYaml,
  replayScripts,
  tickersOf,
} from "../load/market-open-shape.ts";
import { recordStreams } from "../load/stream-recorder.ts";
import {
  startBareWs,
  startLimit,
  startOurs,
  startUwebsockets,
} from "../peers/fanout/contenders.ts";
import { type FanoutFindings, runFanout } from "./fanout.ts";
import { fanoutLeavesOut, ratioAims } from "./fanout-texts.ts";

const shape: MarketOpenShape = {
  barSockets: 1_000,
  tickers: 500,
  tickersEach: 50,
  tradesPerSecond: 50,
  depthSockets: 200,
  markets: 20,
  marketsEach: 5,
};
const ordersPerSecond = 210;
const settleMs = 3_000;
const nsPerMs = 1_000_000;

/** The registry's entry. */
export const marketOpen: Benchmark = {
  name: "market-open",
  summary: "the real server: 1,000 sockets with 50 of 500 tickers each, depth of 20 hot markets",
  run,
};

async function run(context: BenchmarkContext): Promise<Findings> {
  return withFolder(async (folder) => {
    const seconds = context.effort.isQuick ? 5 : 10;
    const live = await runServer(context, seconds, join(folder, "recording.json"));
    const { scripts, deliveries } = replayScripts(shape, live.recorded);
    const replayed = await runFanout({
      title: "the same messages through",
      sockets: scripts.length,
      topics: shape.tickers + shape.markets,
      scripts,
      load: { kind: "replay", file: join(folder, "recording.json"), times: seconds },
      units: deliveries * seconds,
      contenders: [startOurs, startUwebsockets, startBareWs, startLimit],
      context,
    });
    return findings(live, replayed, seconds);
  });
}

type LiveRun = Awaited<ReturnType<typeof runServer>>;

async function runServer(context: BenchmarkContext, seconds: number, file: string) {
  await using building = new AsyncDisposableStack();
  const server = await startServerProcess({ yaml: marketOpenYaml(shape) });
  building.defer(async () => {
    await server.stop();
  });
  const hot = await HotMarkets.open({ server, markets: shape.markets, ordersPerSecond });
  building.defer(() => hot.stop());
  hot.start();
  await delay(settleMs);
  context.note("recording what it sends");
  const recorded = await recordStreams({ server, tickers: tickersOf(shape), markets: hot.codes });
  writeFileSync(file, JSON.stringify(recorded));

  const bars = new Audience(server.port, barScripts(shape, server.demoKey), shape.barSockets);
  building.defer(() => bars.crowd.stop());
  const depths = new Audience(server.port, depthScripts(shape, hot.codes), shape.depthSockets);
  building.defer(() => depths.crowd.stop());
  // Bars are sent at whole seconds of wall time, so how late one is can be told without a mark.
  await bars.crowd.phase(1_000);
  const alone: Sample[] = [];
  const reports: CrowdReport[] = [];
  const measure = (count: () => Promise<number>) =>
    measureServer(server.process.pid ?? 0, seconds, count);
  const comparison = await sideBySide({
    title: "the whole server",
    unit: "messages",
    contenders: [
      {
        name: "openbourse: everything that it does",
        async run() {
          alone.push(await measure(async () => 0));
          await Promise.all([bars.come(), depths.come()]);
          await delay(settleMs);
          await Promise.all([bars.crowd.report(), depths.crowd.report()]);
          const sample = await measure(async () => {
            const [ofBars, ofDepths] = [await bars.crowd.report(), await depths.crowd.report()];
            reports.push(ofBars);
            return ofBars.frames + ofDepths.frames;
          });
          await Promise.all([bars.crowd.close(), depths.crowd.close()]);
          await delay(settleMs);
          return sample;
        },
      },
    ],
    effort: context.effort,
    countingBegins: () => {
      alone.length = 0;
      reports.length = 0;
    },
  });
  return { alone, recorded, comparison, reports, refused: hot.refused };
}

/** Clients that come and go together. */
class Audience {
  readonly crowd: Crowd;
  readonly #scripts: readonly ClientScript[];
  readonly #count: number;

  constructor(port: number, scripts: readonly ClientScript[], count: number) {
    this.crowd = new Crowd(port);
    this.#scripts = scripts;
    this.#count = count;
  }

  async come(): Promise<void> {
    const plan = { count: this.#count, scripts: this.#scripts, readyFrames: 1 };
    const { ready } = await this.crowd.open(plan);
    if (ready !== this.#count) throw new Error(`${ready} of ${this.#count} are subscribed`);
  }
}

async function measureServer(
  pid: number,
  seconds: number,
  count: () => Promise<number>,
): Promise<Sample> {
  const startNs = cpuNsOf([pid]);
  const startMs = performance.now();
  await delay(seconds * 1_000);
  const cpuMs = (cpuNsOf([pid]) - startNs) / nsPerMs;
  const wallMs = performance.now() - startMs;
  return { units: await count(), wallMs, cpuMs };
}

function findings(live: LiveRun, replayed: FanoutFindings, seconds: number): Findings {
  const samples = live.comparison.contenders[0]?.samples ?? [];
  const share = ({ cpuMs, wallMs }: Sample) => cpuMs / wallMs;
  const cpuShare = spread(samples.map(share)).median;
  const shareAlone = spread(live.alone.map(share)).median;
  // Run by run, as the load of the machine is not the same in all of them.
  const delivering = samples.map(
    (sample, at) =>
      ((share(sample) - share(live.alone[at]!)) * sample.wallMs * nsPerMs) / sample.units,
  );
  const buckets: readonly Bucket[] = mergeBuckets(live.reports.map(({ latency }) => latency));
  const worstNs = Math.max(...live.reports.map((report) => report.worstNs));
  const latency = histogramPercentilesMs(buckets, worstNs);
  return {
    method,
    parameters: { ...shape, ordersPerSecondEach: ordersPerSecond, seconds },
    packages: replayed.packages,
    comparisons: [live.comparison, replayed.comparison],
    latencies: [
      { what: "whole second until bar received, the server", unit: "ms", percentiles: latency },
      ...replayed.latencies,
    ],
    figures: [
      {
        what: "CPU of the server, no clients",
        value: shareAlone * 100,
        unit: "% of a core",
      },
      { what: "CPU of the server, all clients", value: cpuShare * 100, unit: "% of a core" },
      {
        what: "the difference for a delivered message",
        value: spread(delivering).median,
        unit: "ns",
      },
      { what: "orders refused", value: live.refused, unit: "" },
      ...replayed.figures,
    ],
    aims: [
      ...ratioAims(replayed.comparison, { "uWebSockets:": 1 / 3 }),
      {
        what: `p99 of a bar, server at ${Math.round(cpuShare * 100)} % of a core`,
        unit: "ms",
        atMost: 50,
        measured: latency.p99,
      },
    ],
    leavesOut: [...fanoutLeavesOut.slice(0, 2), ...replayed.skipped],
  };
}

const method: readonly string[] = [
  "The server is the one that is shipped, in a process of its own: a simulated dataset of 500 tickers that trade 25,000 times a second, and an exchange on which two users trade over signed REST.",
  "A client speaks one protocol: some subscribe to bars of 1 s, each to its own random tickers, others to depth at 100 ms, each to its own random markets.",
  "What it does without clients is measured before each run; the difference over the delivered messages is what they cost: encoding, fan-out, sending.",
  "A second of its messages is recorded with their times, topics and lengths, and sent by the contenders to as many clients with the same subscriptions. Ours is the server's hub and gateway.",
  "How late a bar is counts from the whole second that it belongs to, so folding, encoding and everything that is in the way are in it.",
];

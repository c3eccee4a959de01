/**
 * The real server for a while under mixed load: bars, depth, orders, and clients that come and go. Its
 * memory has to stay where it was.
 */
import { setTimeout as delay } from "node:timers/promises";
import { startServerProcess } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { cpuNsOf, watchResident } from "../harness/process-usage.ts";
import { spread } from "../harness/statistics.ts";
import { packageVersion } from "../harness/versions.ts";
import { Crowd } from "../load/crowd.ts";
import { HotMarkets } from "../load/hot-markets.ts";
import {
  barScripts,
  depthScripts,
  type MarketOpenShape,
  marketOpenYaml,
} from "../load/market-open-shape.ts";

const defaultMinutes = 10;
const quickMinutes = 0.5;
const aimGrowth = 1.05;
const mebibyte = 1_048_576;
const ordersPerSecond = 10;
const churnEveryMs = 2_000;

const shape: MarketOpenShape = {
  barSockets: 300,
  tickers: 200,
  tickersEach: 20,
  tradesPerSecond: 5,
  depthSockets: 100,
  markets: 10,
  marketsEach: 3,
};
const comingAndGoing = 50;

/** The registry's entry. */
export const soak: Benchmark = {
  name: "soak",
  summary: "the real server under mixed load for --minutes N: whether its memory stays flat",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const minutes = effort.minutes ?? (effort.isQuick ? quickMinutes : defaultMinutes);
  await using building = new AsyncDisposableStack();
  const server = await startServerProcess({ yaml: marketOpenYaml(shape) });
  building.defer(async () => {
    await server.stop();
  });
  const hot = await HotMarkets.open({ server, markets: shape.markets, ordersPerSecond });
  building.defer(() => hot.stop());
  hot.start();
  const bars = new Crowd(server.port);
  building.defer(() => bars.stop());
  const scripts = barScripts(shape, server.demoKey);
  await bars.open({ count: shape.barSockets, scripts, readyFrames: 1 });
  const depths = new Crowd(server.port);
  building.defer(() => depths.stop());
  await depths.open({
    count: shape.depthSockets,
    scripts: depthScripts(shape, hot.codes),
    readyFrames: 1,
  });
  const visitors = new Crowd(server.port);
  building.defer(() => visitors.stop());

  const pid = server.process.pid ?? 0;
  const memory = watchResident(pid, 1_000);
  const heap: number[] = [];
  const cpuBefore = cpuNsOf([pid]);
  const startMs = performance.now();
  let visits = 0;
  while (performance.now() - startMs < minutes * 60_000) {
    await visitors.open({ count: comingAndGoing, scripts, readyFrames: 1 });
    visits += comingAndGoing;
    await delay(churnEveryMs);
    await visitors.close();
    heap.push(await heapInUse(server.http));
    if (visits % 1_500 === 0) {
      note(`${Math.round((performance.now() - startMs) / 1_000)} s of ${minutes * 60} s`);
    }
  }
  const wallMs = performance.now() - startMs;
  const cpuShare = ((cpuNsOf([pid]) - cpuBefore) / 1e6 / wallMs) * 100;
  const [ofBars, ofDepths] = [await bars.report(), await depths.report()];
  const samples = memory.stop();
  return findings({
    minutes,
    samples,
    heap,
    figures: [
      { what: "messages delivered", value: ofBars.frames + ofDepths.frames, unit: "" },
      { what: "clients that came and went", value: visits, unit: "" },
      { what: "clients closed by the server", value: ofBars.closed + ofDepths.closed, unit: "" },
      { what: "orders refused", value: hot.refused, unit: "" },
      { what: "CPU of the server", value: cpuShare, unit: "% of a core" },
    ],
  });
}

/** What was measured over the whole time. */
interface Soaked {
  readonly minutes: number;
  /** Resident bytes, a second apart. */
  readonly samples: readonly number[];
  /** Bytes of the heap in use, two seconds apart. */
  readonly heap: readonly number[];
  readonly figures: Findings["figures"];
}

function findings({ minutes, samples, heap, figures }: Soaked): Findings {
  const resident = (number: number) => spread(quarter(samples, number)).median;
  /** What is left after the collections of a quarter. */
  const live = (number: number) => Math.min(...quarter(heap, number));
  return {
    method: [
      "The whole server with clients of bars, of depth, two users who trade over signed REST, and clients that come, subscribe and are reset again.",
      "The heap in use is asked of `/metrics` every two seconds; its least in a quarter of the time is what is left after a collection. That of the last quarter is set against that of the second; in the first one the server warms up.",
      "Resident memory is looked at every second, and compared in the same way by its median. It goes up and down with the collections, which come when the heap has tripled.",
    ],
    parameters: { minutes, ...shape, ordersPerSecondEach: ordersPerSecond },
    packages: { ws: packageVersion("ws") },
    comparisons: [],
    latencies: [],
    figures: [
      ...[1, 2, 3, 4].map((number) => ({
        what: `resident, quarter ${number}, median`,
        value: resident(number) / mebibyte,
        unit: "MiB",
      })),
      ...[1, 2, 3, 4].map((number) => ({
        what: `heap in use, quarter ${number}, least`,
        value: live(number) / mebibyte,
        unit: "MiB",
      })),
      { what: "resident at most", value: Math.max(...samples) / mebibyte, unit: "MiB" },
      ...figures,
    ],
    aims: [
      {
        what: "heap in use, last quarter over second quarter",
        unit: "times",
        atMost: aimGrowth,
        measured: live(4) / live(2),
      },
      {
        what: "resident memory, last quarter over second quarter",
        unit: "times",
        atMost: aimGrowth,
        measured: resident(4) / resident(2),
      },
    ],
    leavesOut: ["What only shows after days.", "Feeds from outside."],
  };
}

/** One of four equal parts of a time, counted from 1. */
function quarter(samples: readonly number[], number: number): readonly number[] {
  const length = samples.length / 4;
  return samples.slice(Math.floor((number - 1) * length), Math.floor(number * length));
}

/** Bytes of objects in the server's heap, garbage included. */
async function heapInUse(http: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]);
}

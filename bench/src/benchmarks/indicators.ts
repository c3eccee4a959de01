/**
 * Figures of indicators for a page of 1,000 bars, with all the bars before it that make them the same on every
 * page; and how much of that is done in one turn of the event loop.
 */
import {
  anchoredFigures,
  scatteredAnchors,
} from "../../../server/src/marketdata/indicators/anchored.ts";
import type { Indicator, PriceBar } from "../../../server/src/marketdata/indicators/indicator.ts";
import { ma } from "../../../server/src/marketdata/indicators/ma.ts";
import { macd } from "../../../server/src/marketdata/indicators/macd.ts";
import { stoch } from "../../../server/src/marketdata/indicators/stoch.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { Stopwatch } from "../harness/stopwatch.ts";

const pageBars = 1_000;
const pagesPerRun = 20;
/** Bars before a page: more than any indicator reads. */
const barsBefore = 21_000;
const aimSliceUs = 5_000;

/** The registry's entry. */
export const indicators: Benchmark = {
  name: "indicators",
  summary: "figures of indicators for a page of 1,000 bars, with what is folded before it",
  run,
};

const seriesType = "close" as const;
const kinds: readonly (readonly [string, Indicator])[] = [
  ["MACD 12, 26, 9", macd({ seriesType, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 })],
  ["SMA 9", ma({ seriesType, timePeriod: 9, maType: "SMA" })],
  ["MAMA", ma({ seriesType, timePeriod: 9, maType: "MAMA" })],
  ["T3 500, the longest warm-up", ma({ seriesType, timePeriod: 500, maType: "T3MA" })],
  [
    "STOCH 500 of T3 500 of T3 500, the heaviest",
    stoch({
      ...{ fastKPeriod: 500, slowKPeriod: 500, slowKmaType: "T3MA" },
      ...{ slowDPeriod: 500, slowDmaType: "T3MA" },
    }),
  ],
];

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const bars = market(barsBefore + pageBars);
  // Of the heaviest alone: laps are compared run by run.
  const stopwatch = new Stopwatch();
  note("folding");
  const comparison = await sideBySide({
    title: `pages of ${pageBars} bars`,
    unit: "pages",
    effort,
    countingBegins: () => stopwatch.reset(),
    contenders: kinds.map(([name, indicator]) => {
      const laps = indicator === kinds.at(-1)?.[1] ? stopwatch : new Stopwatch();
      return {
        name,
        run: () =>
          measure(() => {
            laps.start();
            for (let page = 0; page < pagesPerRun; page += 1) fold(indicator, bars, laps);
            return pagesPerRun;
          }),
      };
    }),
  });
  const latencies = stopwatch.latencies("one piece of the heaviest page, between two turns");
  return {
    method: [
      "Bars lie in memory as doubles, as they do once a store has answered.",
      `Before each page lie ${barsBefore} bars, of which each indicator folds those from a warm-up before the last anchor on.`,
      "A piece is what is done in one turn of the event loop.",
    ],
    leavesOut: [
      "Reading and writing: see history.",
      "Peers: those there are begin each page anew, see ADR 0040.",
    ],
    packages: {},
    parameters: { pageBars, barsBefore, pagesPerRun },
    comparisons: [comparison],
    latencies,
    figures: [],
    aims: [
      {
        what: "longest piece of the heaviest page but for one in a hundred",
        unit: "µs",
        atMost: aimSliceUs,
        measured: latencies[0]?.percentiles.p99 ?? 0,
      },
    ],
  };
}

function fold(indicator: Indicator, bars: readonly PriceBar[], stopwatch: Stopwatch): void {
  const work = anchoredFigures(indicator, bars, barsBefore, scatteredAnchors);
  for (;;) {
    const { done } = work.next();
    stopwatch.lap();
    if (done === true) return;
  }
}

/** A walk that is the same each time. */
function market(count: number): readonly PriceBar[] {
  let close = 100;
  return Array.from({ length: count }, (_, at) => {
    const open = close;
    close = Math.max(1, open + (((at * 7_919) % 201) - 100) / 100);
    const startUs = 1_700_000_000_000_000 + at * 60_000_000;
    const [high, low] = [Math.max(open, close) + 0.3, Math.min(open, close) - 0.3];
    return { startUs, open, high, low, close, volume: 10 + (at % 17) };
  });
}

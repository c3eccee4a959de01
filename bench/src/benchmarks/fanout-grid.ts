/** What the fan-out benchmarks on a fixed grid share: the same sockets, sizes and contenders. */
import type { BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { fanoutContenders } from "../peers/fanout/contenders.ts";
import type { GridLoad } from "../peers/fanout/fanout-program.ts";
import { runFanout } from "./fanout.ts";
import { fanoutLeavesOut, fanoutMethod, ratioAims } from "./fanout-texts.ts";

const sockets = 500;
const bytes = 143;

/** What one of them is. */
export interface FanoutGrid {
  readonly title: string;
  /** Flushes of a run, and of a quick one. */
  readonly flushes: number;
  readonly quickFlushes: number;
  readonly intervalMs: number;
  /** Messages of a flush, each of a topic of its own. */
  readonly messages: number;
  readonly aims: Parameters<typeof ratioAims>[1];
}

/** Runs all contenders on the grid. */
export async function runGrid(context: BenchmarkContext, grid: FanoutGrid): Promise<Findings> {
  const { title, intervalMs, messages, aims } = grid;
  const flushes = context.effort.isQuick ? grid.quickFlushes : grid.flushes;
  const load: GridLoad = { kind: "grid", flushes, intervalMs, messages, bytes };
  const { comparison, latencies, figures, packages, skipped } = await runFanout({
    title,
    sockets,
    topics: messages,
    load,
    units: flushes * messages * sockets,
    contenders: fanoutContenders,
    context,
  });
  return {
    method: fanoutMethod,
    parameters: { sockets, ...load },
    packages,
    comparisons: [comparison],
    latencies,
    figures,
    aims: ratioAims(comparison, aims),
    leavesOut: [...fanoutLeavesOut, ...skipped],
  };
}

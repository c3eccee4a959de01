/** One message at a time to many sockets: what a system call for each of them costs. */
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { fanoutContenders } from "../peers/fanout/contenders.ts";
import type { GridLoad } from "../peers/fanout/fanout-program.ts";
import { runFanout } from "./fanout.ts";
import { fanoutLeavesOut, fanoutMethod, ratioAims } from "./fanout-texts.ts";

const sockets = 500;
const bytes = 143;

/** The registry's entry. */
export const fanoutTick: Benchmark = {
  name: "fanout-tick",
  summary: "1 topic to 500 sockets, one message a flush, beside peers and the limit in C",
  run,
};

async function run(context: BenchmarkContext): Promise<Findings> {
  const load: GridLoad = {
    kind: "grid",
    flushes: context.effort.isQuick ? 50 : 200,
    intervalMs: 20,
    messages: 1,
    bytes,
  };
  const { comparison, latencies, figures, packages, skipped } = await runFanout({
    title: "one message a flush",
    sockets,
    topics: load.messages,
    load,
    units: load.flushes * load.messages * sockets,
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
    aims: ratioAims(comparison, { "C:": 1.5, "ws:": 0.75 }),
    leavesOut: [...fanoutLeavesOut, ...skipped],
  };
}

/** A hundred messages at once to many sockets, as at the boundary of a second: what copying costs. */
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { fanoutContenders } from "../peers/fanout/contenders.ts";
import type { GridLoad } from "../peers/fanout/fanout-program.ts";
import { runFanout } from "./fanout.ts";
import { fanoutLeavesOut, fanoutMethod, ratioAims } from "./fanout-texts.ts";

const sockets = 500;
const bytes = 143;

/** The registry's entry. */
export const fanoutBurst: Benchmark = {
  name: "fanout-burst",
  summary: "100 topics at once to 500 sockets, beside peers and the limit in C",
  run,
};

async function run(context: BenchmarkContext): Promise<Findings> {
  const load: GridLoad = {
    kind: "grid",
    flushes: context.effort.isQuick ? 5 : 16,
    intervalMs: 250,
    messages: 100,
    bytes,
  };
  const { comparison, latencies, figures, packages, skipped } = await runFanout({
    title: "100 messages a flush",
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
    aims: ratioAims(comparison, { "C:": 1.3, "uWebSockets:": 0.25, "ws:": 0.04 }),
    leavesOut: [...fanoutLeavesOut, ...skipped],
  };
}

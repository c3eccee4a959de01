/**
 * An exchange that several nodes share, with real NATS servers and real nodes: what its parts cost.
 * Everything that is started ends with the benchmark.
 */
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { clusterFanout } from "./cluster-fanout.ts";
import { clusterLog } from "./cluster-log.ts";
import { clusterOrders } from "./cluster-orders.ts";
import { clusterStorm } from "./cluster-storm.ts";

/** Each finds a part out, with processes of its own. */
const parts = [clusterLog, clusterOrders, clusterFanout, clusterStorm];

/** The registry's entry. */
export const cluster: Benchmark = {
  name: "cluster",
  summary:
    "three NATS servers, engines and gateways: log, orders, fan-out, clients of a killed gateway",
  run,
};

async function run(context: BenchmarkContext): Promise<Findings> {
  const found: Findings[] = [];
  const faults: string[] = [];
  for (const part of parts) {
    try {
      await using building = new AsyncDisposableStack();
      found.push(await part(context, building));
    } catch (error) {
      faults.push(`${part.name} failed: ${error}`);
      context.note(`${part.name} failed, the other parts are kept: ${error}`);
    }
  }
  if (found.length === 0) throw new Error(faults.join("; "));
  const all = <Item>(of: (findings: Findings) => readonly Item[]) => found.flatMap(of);
  return {
    method: all(({ method }) => method),
    parameters: Object.assign({}, ...found.map(({ parameters }) => parameters)),
    packages: Object.assign({}, ...found.map(({ packages }) => packages)),
    comparisons: all(({ comparisons }) => comparisons),
    latencies: all(({ latencies }) => latencies),
    figures: all(({ figures }) => figures),
    aims: all(({ aims }) => aims),
    leavesOut: [...all(({ leavesOut }) => leavesOut), ...faults],
  };
}

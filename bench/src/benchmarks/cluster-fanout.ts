/** What gateways deliver for their processor time, where one, two and four of them have as many clients each. */
import { setTimeout as delay } from "node:timers/promises";
import type { BenchmarkContext, Findings, Sample } from "../harness/benchmark.ts";
import { sideBySide } from "../harness/side-by-side.ts";
import { type ClusterNodes, cpuOfParts, startCluster } from "../load/cluster-nodes.ts";
import { Crowd } from "../load/crowd.ts";
import { NumberedTrades } from "../load/numbered-trades.ts";

const market = "BTC_USDT";
const counts = [1, 2, 4] as const;
const tradesPerSecond = 50;
/** Two replies and the state of the book. */
const readyFrames = 3;
/** What a delivery at one of four may cost, over one at a single gateway: within 10 % of linear. */
const aimRatio = 1 / 0.9;

const script = {
  target: "/ws",
  messages: [
    JSON.stringify({ id: 1, method: "depth_subscribe", params: [`${market}:0`] }),
    JSON.stringify({ id: 2, method: "trade_subscribe", params: [market] }),
  ],
};

/** What this part of the benchmark finds. */
export async function clusterFanout(
  { effort, note }: BenchmarkContext,
  building: AsyncDisposableStack,
): Promise<Findings> {
  const sockets = effort.isQuick ? 200 : 1_000;
  const seconds = effort.isQuick ? 3 : 10;
  note("fan-out: starting three NATS servers, two engines and five gateways");
  // The last one takes the orders, and has no clients.
  const nodes = await startCluster({ gateways: 5, users: 2, market }, building);
  const { port } = nodes.gateways.at(-1)!;
  const trades = await NumberedTrades.open({
    ...{ port, users: nodes.users, market, perSecond: tradesPerSecond },
  });
  building.defer(() => trades.close());
  const crowds = nodes.gateways.slice(0, -1).map((gateway) => {
    const crowd = new Crowd(gateway.port);
    building.defer(() => crowd.stop());
    return crowd;
  });
  note("fan-out: delivering");
  const contenders = counts.map((count) => ({
    name: count === 1 ? "one gateway" : `${count} gateways`,
    run: () => deliver(nodes, { crowds: crowds.slice(0, count), sockets, seconds, trades }),
  }));
  const title = `${sockets} clients at each gateway, messages of books and trades`;
  const comparison = await sideBySide({ title, unit: "messages", contenders, effort });
  return {
    ...description,
    parameters: { socketsEach: sockets, tradesPerSecond, fanoutSeconds: seconds },
    comparisons: [comparison],
    latencies: [],
    figures: [],
    aims: [
      {
        what: "CPU for a delivery at four gateways over that at one, pair by pair, median",
        unit: "times",
        atMost: aimRatio,
        measured: comparison.contenders.at(-1)?.cpuRatio.median ?? Number.NaN,
      },
    ],
  };
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "Fan-out: gateways with as many clients each, all subscribed to the book and the trades of one market, which another gateway without clients is given orders for. Counted are the messages that clients received, and the processor time of the gateways that have clients, with what following the exchange takes; by turns with clients at one, two and four of them. All gateways run throughout.",
  ],
  packages: {},
  leavesOut: [
    "Fan-out: the NATS servers, the engines and the gateway of the orders, which do the same whatever the number of clients.",
  ],
};

interface Delivery {
  readonly crowds: readonly Crowd[];
  readonly sockets: number;
  readonly seconds: number;
  readonly trades: NumberedTrades;
}

async function deliver(
  nodes: ClusterNodes,
  { crowds, sockets, seconds, trades }: Delivery,
): Promise<Sample> {
  for (const crowd of crowds) {
    const { ready } = await crowd.open({ count: sockets, scripts: [script], readyFrames });
    if (ready !== sockets) throw new Error(`${ready} of ${sockets} clients were let in`);
  }
  const cpuMs = () => {
    const parts = cpuOfParts(nodes);
    return crowds.reduce((sum, _, at) => sum + parts.get(`gateway ${at + 1}`)! / 1e6, 0);
  };
  trades.start();
  for (const crowd of crowds) await crowd.report();
  const startMs = performance.now();
  const cpuBefore = cpuMs();
  await delay(seconds * 1_000);
  const reports = await Promise.all(crowds.map((crowd) => crowd.report()));
  const sample = { wallMs: performance.now() - startMs, cpuMs: cpuMs() - cpuBefore };
  await trades.stop();
  for (const crowd of crowds) await crowd.close();
  return { units: reports.reduce((sum, { frames }) => sum + frames, 0), ...sample };
}

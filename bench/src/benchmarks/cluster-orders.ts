/**
 * An order at one gateway of a cluster until its private event at the socket of another one, durable at
 * three servers in between: how long it takes, and whose processor.
 */
import type { BenchmarkContext, Figure, Findings, Latency } from "../harness/benchmark.ts";
import { startCluster } from "../load/cluster-nodes.ts";
import { runOrderLoad } from "../load/order-load.ts";
import type { OrderLoadReport } from "../load/order-load-program.ts";

const market = "BTC_USDT";
const userCount = 50;
const warmUpSeconds = 3;
/** Orders that fall due in a second: a rate to look at, and one that takes all there is. */
const rates = { steady: 1_000, saturating: 5_000 } as const;

/** What this part of the benchmark finds. */
export async function clusterOrders(
  { effort, note }: BenchmarkContext,
  building: AsyncDisposableStack,
): Promise<Findings> {
  const seconds = effort.isQuick ? 5 : 20;
  note("orders: starting three NATS servers, two engines and two gateways");
  const nodes = await startCluster({ gateways: 2, users: userCount, market }, building);
  const [asked, other] = nodes.gateways;
  const latencies: Latency[] = [];
  const figures: Figure[] = [];
  for (const ordersPerSecond of Object.values(rates)) {
    note(`orders: ${ordersPerSecond} a second for ${seconds} s`);
    const report = await runOrderLoad({
      ...{ port: asked!.port, streamPort: other!.port, serverPids: nodes.pids },
      ...{ users: nodes.users, market, ordersPerSecond, warmUpSeconds, seconds },
    });
    // What is offered beyond what can be taken waits, and its time says only for how long that was done.
    if (ordersPerSecond === rates.steady) latencies.push(...latenciesOf(report));
    figures.push(...figuresOf(report, ordersPerSecond, seconds));
  }
  return {
    ...description,
    parameters: { orderUsers: userCount, orderSeconds: seconds },
    comparisons: [],
    latencies,
    figures,
    aims: [],
  };
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "Orders: the clients of `orders`, with all their orders over signed REST at one gateway and all their streams at the other one. Latency counts from when an order was due. The order is durable at three NATS servers before anybody is told of it.",
    "Orders, CPU: user and system time of each process and what it started, over the counted seconds, for each order answered in them. The leader and the standby are the engines.",
  ],
  packages: {},
  leavesOut: [
    "Orders: a network, and cores for each part: seven processes and the clients share those of this machine.",
  ],
};

function latenciesOf({ privateEvent, reply, depth }: OrderLoadReport): readonly Latency[] {
  const at = `${rates.steady}/s`;
  return [
    {
      what: `due until private event at the other gateway, ${at}`,
      unit: "ms",
      percentiles: privateEvent,
    },
    { what: `due until REST reply, ${at}`, unit: "ms", percentiles: reply },
    {
      what: `due until public depth at the other gateway, ${at}`,
      unit: "ms",
      percentiles: depth,
    },
  ];
}

function figuresOf(report: OrderLoadReport, rate: number, seconds: number): readonly Figure[] {
  const { replies, orders, refused, missing, serverCpu, loadCpu } = report;
  const parts = Object.entries(serverCpu);
  const perOrder = (cores: number) => (cores * seconds * 1e6) / replies;
  const all = parts.reduce((sum, [, cores]) => sum + cores, 0);
  return [
    { what: `orders answered, ${rate}/s offered`, value: replies / seconds, unit: "a second" },
    { what: `orders refused, ${rate}/s offered`, value: refused, unit: `of ${orders}` },
    { what: `private events missing, ${rate}/s offered`, value: missing, unit: "" },
    ...[...parts, ["all parts", all] as const].map(([name, cores]) => ({
      what: `CPU of ${name} for an order, ${rate}/s offered`,
      value: perOrder(cores),
      unit: "µs",
    })),
    { what: `clients' CPU, ${rate}/s offered`, value: loadCpu, unit: "cores" },
  ];
}

/**
 * From an order over REST to what its owner and the public see of it: signature, validation, matching,
 * the durable log, the private event on the owner's stream, and the depth update on everybody's.
 */
import { join } from "node:path";
import { addMarket, addUsers, deposit } from "../../../test/support/operator.ts";
import { startServerProcess } from "../../../test/support/server-process.ts";
import type {
  Benchmark,
  BenchmarkContext,
  Figure,
  Findings,
  Latency,
} from "../harness/benchmark.ts";
import { withFolder } from "../load/disk.ts";
import { exchangeAlone } from "../load/exchange-alone.ts";
import { runOrderLoad } from "../load/order-load.ts";
import type { OrderLoadReport } from "../load/order-load-program.ts";

/** Milliseconds within which 99 of 100 private events arrive at the higher rate. */
const aimLatencyMs = 10;
const rates = [1_000, 5_000] as const;
const userCount = 200;
const market = "BTC_USDT";
const warmUpSeconds = 5;

/** The registry's entry. */
export const orders: Benchmark = {
  name: "orders",
  summary: "order over REST to durable to private event and public depth, 200 clients subscribed",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const seconds = effort.isQuick ? 5 : 20;
  const latencies: Latency[] = [];
  const figures: Figure[] = [];
  let privateP99 = Number.NaN;
  for (const rate of rates) {
    note(`${rate} orders a second for ${seconds} s`);
    const report = await measureRate(rate, seconds);
    const { replies } = report;
    const { server: serverCpu = 0 } = report.serverCpu;
    latencies.push(
      { what: `due until private event, ${rate}/s`, unit: "ms", percentiles: report.privateEvent },
      { what: `due until REST reply, ${rate}/s`, unit: "ms", percentiles: report.reply },
      { what: `due until public depth, ${rate}/s`, unit: "ms", percentiles: report.depth },
    );
    figures.push(
      { what: `server CPU at ${rate}/s, all threads`, value: serverCpu, unit: "cores" },
      {
        what: `server CPU per order answered at ${rate}/s`,
        value: (serverCpu * 1e6 * seconds) / replies,
        unit: "µs",
      },
      { what: `orders answered at ${rate}/s`, value: replies / seconds, unit: "a second" },
      {
        what: `messages delivered at ${rate}/s`,
        value: report.messages / seconds,
        unit: "a second",
      },
      { what: `load generator CPU at ${rate}/s`, value: report.loadCpu, unit: "cores" },
      { what: `load generator pauses at ${rate}/s, p99`, value: report.loopDelayP99, unit: "ms" },
      { what: `orders refused at ${rate}/s`, value: report.refused, unit: `of ${report.orders}` },
      { what: `private events missing at ${rate}/s`, value: report.missing, unit: "" },
    );
    privateP99 = report.privateEvent.p99;
  }
  return {
    ...description,
    parameters: { users: userCount, rates: rates.join(", "), seconds, warmUpSeconds },
    comparisons: [],
    latencies,
    figures,
    aims: [
      {
        what: `p99 from due to private event at ${rates.at(-1)} orders/s`,
        unit: "ms",
        atMost: aimLatencyMs,
        measured: privateP99,
      },
    ],
  };
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "A server process with one market; a load process with 200 users, each with one stream subscribed to their orders, deals and balances and to the depth of the market, and 64 kept-alive HTTP connections.",
    "Orders come at the stated rate for the warm-up and, once all of those are answered, for the counted seconds.",
    "Orders fall due on a fixed grid and are signed limit orders near the middle, one in five reaching over it. Latency counts from when an order was due, so waiting for a free connection and every pause of the load process are in it.",
    "The private event is `order_update` of type `created` on the owner's stream. Public depth is told apart by orders at prices of their own, 20 a second; its 100 ms rhythm is in the figure.",
    "Server CPU is user and system time of the server process, all threads, over the counted seconds.",
  ],
  packages: {},
  leavesOut: [
    "A network: everything runs over the loopback interface, on the same cores as the load process.",
    "TLS.",
  ],
};

function measureRate(ordersPerSecond: number, seconds: number): Promise<OrderLoadReport> {
  return withFolder(async (folder) => {
    const data = join(folder, "data");
    const server = await startServerProcess({ yaml: exchangeAlone, data });
    await addMarket(data, { code: market, tick: "0.01", lot: "0.00001" });
    const users = addUsers(data, userCount);
    for (const { userId } of users) {
      await deposit(data, { user: userId, currency: "USDT", amount: "1000000000" });
      await deposit(data, { user: userId, currency: "BTC", amount: "100000" });
    }
    const { port, process: serverProcess } = server;
    const serverPids = { server: [serverProcess.pid ?? 0] };
    const load = { users, market, ordersPerSecond, warmUpSeconds, seconds };
    const report = await runOrderLoad({ port, serverPids, ...load });
    await server.stop();
    return report;
  });
}

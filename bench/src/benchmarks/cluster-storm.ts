/** A gateway is killed, and all its clients go on at another one where they stopped: how long until all are whole. */
import { setTimeout as delay } from "node:timers/promises";
import type { BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { cpuNsOf } from "../harness/process-usage.ts";
import { percentiles } from "../harness/statistics.ts";
import { startCluster } from "../load/cluster-nodes.ts";
import { NumberedTrades } from "../load/numbered-trades.ts";
import { ResumingClient } from "../load/resuming-crowd.ts";

const market = "BTC_USDT";
const tradesPerSecond = 5;
/** Time over which clients come back, evenly. */
const spreadMs = 1_000;
/** How long clients follow before the gateway is killed, and after all have come back. */
const followMs = 3_000;
/** How long the last trade may take until everybody has it, in milliseconds. */
const lateMsMax = 60_000;
/** Clients that come at the same time at the beginning. */
const together = 50;

/** What this part of the benchmark finds. */
export async function clusterStorm(
  { effort, note }: BenchmarkContext,
  building: AsyncDisposableStack,
): Promise<Findings> {
  const count = effort.isQuick ? 500 : 5_000;
  note("storm: starting three NATS servers, two engines and two gateways");
  const nodes = await startCluster({ gateways: 2, users: 2, market }, building);
  const [doomed, other] = nodes.gateways;
  const trades = await NumberedTrades.open({
    ...{ port: other!.port, users: nodes.users, market, perSecond: tradesPerSecond },
  });
  building.defer(() => trades.close());
  const clients = Array.from({ length: count }, () => new ResumingClient(market));
  building.defer(() => {
    for (const client of clients) client.leave();
  });
  trades.start();
  note(`storm: ${count} clients come`);
  for (let at = 0; at < count; at += together) {
    await Promise.all(clients.slice(at, at + together).map((client) => client.come(doomed!.port)));
  }
  const { "gateway 1": _, ...left } = nodes.pids;
  const quiet = await cpuDuring(left, () => delay(followMs));
  note("storm: a gateway is killed");
  const startMs = performance.now();
  doomed!.process.kill("SIGKILL");
  let wholeMs: readonly number[] = [];
  const busy = await cpuDuring(left, async () => {
    wholeMs = await Promise.all(
      clients.map(async (client, at) => {
        await delay((at * spreadMs) / count);
        await client.come(other!.port);
        return performance.now() - startMs;
      }),
    );
  });
  await delay(followMs);
  await trades.stop();
  await allHave(clients, trades.made);
  const answeredMs = clients.map(({ answeredMs: ms }) => ms - startMs);
  return findings(clients, { wholeMs, answeredMs, quiet, busy, made: trades.made });
}

/** Cores that each part uses while something goes on, and for how many seconds. */
interface Usage {
  readonly cores: Readonly<Record<string, number>>;
  readonly seconds: number;
}

async function cpuDuring(
  pids: Readonly<Record<string, readonly number[]>>,
  work: () => Promise<void>,
): Promise<Usage> {
  const parts = Object.entries(pids);
  const before = parts.map(([, of]) => cpuNsOf(of));
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  const cores = parts.map(([name, of], at) => [name, (cpuNsOf(of) - before[at]!) / 1e6 / ms]);
  return { cores: Object.fromEntries(cores), seconds: ms / 1_000 };
}

interface Storm {
  readonly wholeMs: readonly number[];
  readonly answeredMs: readonly number[];
  /** Before the kill, and from it until all are whole. */
  readonly quiet: Usage;
  readonly busy: Usage;
  readonly made: number;
}

function findings(clients: readonly ResumingClient[], storm: Storm): Findings {
  const sum = (of: (client: ResumingClient) => number) =>
    clients.reduce((total, client) => total + of(client), 0);
  const count = clients.length;
  // Who never had the last trade has a gap at its end.
  const gaps = sum(({ gaps: own, last = 0 }) => own + storm.made - last);
  const figure = (what: string, value: number, unit: string) => ({ what, value, unit });
  return {
    method: [
      "Storm: clients with `positions=1` follow the trades of a market at one gateway. It is killed; they come to another one evenly over a second, with `since`. Each trade is of one lot more than the one before, so that every client sees whether one is missing. A client is whole at the first `position_update` after its `since` was answered, which comes about once a second. One whose connection is ended before that comes again within a second. Times count from the kill.",
    ],
    packages: {},
    parameters: { stormClients: count, stormTradesPerSecond: tradesPerSecond, spreadMs },
    comparisons: [],
    latencies: [
      {
        what: "gateway killed until `since` was answered",
        unit: "ms",
        percentiles: percentiles(storm.answeredMs),
      },
      {
        what: "gateway killed until a client was whole",
        unit: "ms",
        percentiles: percentiles(storm.wholeMs),
      },
    ],
    figures: [
      figure("until all are whole", Math.max(...storm.wholeMs) / 1_000, "s"),
      figure(
        "clients told `recovered: true`",
        sum(({ recovered }) => recovered),
        `of ${count}`,
      ),
      figure(
        "clients told `recovered: false`",
        sum(({ lost }) => lost),
        `of ${count}`,
      ),
      figure(
        "connections cut before a client was whole; it came again within a second",
        sum(({ cut }) => cut),
        "",
      ),
      figure(
        "errors",
        sum(({ faults }) => faults),
        "",
      ),
      figure(
        "repeats, which clients leave out",
        sum(({ repeats }) => repeats),
        "trades",
      ),
      ...Object.entries(storm.busy.cores).flatMap(([name, cores]) => {
        const before = storm.quiet.cores[name] ?? 0;
        const forOne = ((cores - before) * storm.busy.seconds * 1e6) / count;
        return [
          figure(`CPU of ${name} before the kill`, before, "cores"),
          figure(`CPU of ${name} for a client that came back, beyond that`, forOne, "µs"),
        ];
      }),
    ],
    aims: [{ what: "trades missing at any client", unit: "trades", atMost: 0, measured: gaps }],
    leavesOut: [
      "Storm: tokens, which public streams of these gateways do not need; TLS; private streams, which test/cluster reconciles.",
      "Storm: processor time of the clients, who read every message as JSON in this process, on the same cores.",
    ],
  };
}

async function allHave(clients: readonly ResumingClient[], number: number): Promise<void> {
  const giveUpMs = performance.now() + lateMsMax;
  while (clients.some(({ last }) => last !== number) && performance.now() < giveUpMs) {
    await delay(50);
  }
}

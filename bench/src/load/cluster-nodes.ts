/** A whole cluster for measuring: three NATS servers, two engines and some gateways, each a process of its own. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CryptomusUser } from "../../../test/support/cryptomus-client.ts";
import type { NatsCluster } from "../../../test/support/nats-cluster.ts";
import { addMarket, addUsers, deposit } from "../../../test/support/operator.ts";
import { type ServerProcess, startServerProcess } from "../../../test/support/server-process.ts";
import { cpuNsOf, processTree } from "../harness/process-usage.ts";
import { newFolder } from "./disk.ts";
import { endWithThisProcess, startNatsServers } from "./nats-servers.ts";

/** What to start. */
export interface ClusterPlan {
  readonly gateways: number;
  readonly users: number;
  readonly market: string;
}

/** Nodes that serve one exchange with one market and users with money. */
export interface ClusterNodes {
  readonly users: readonly CryptomusUser[];
  readonly gateways: readonly ServerProcess[];
  /** Processes by the name of the part that they are. */
  readonly pids: Readonly<Record<string, readonly number[]>>;
}

/** How long all nodes may take until they say that they are ready, in milliseconds. */
const readyMsMax = 120_000;
const againMs = 100;

/** Starts all, or none: what has been started when something fails is stopped with `building`. */
export async function startCluster(
  plan: ClusterPlan,
  building: AsyncDisposableStack,
): Promise<ClusterNodes> {
  const nats = await startNatsServers(building);
  const folder = newFolder(building);
  // The same users at every node, wherever each has them from.
  const seed = join(folder, "users");
  const users = addUsers(seed, plan.users);
  const nodes: ServerProcess[] = [];
  endWithThisProcess(building, () => nodes.flatMap(({ process: { pid } }) => pid ?? []));
  const start = async (name: string, role: string) => {
    const data = join(folder, name);
    cpSync(seed, data, { recursive: true });
    const yaml = yamlOf(name, nats);
    const setup = { yaml, data, args: ["--role", role], hasDemoKey: false };
    const node = await startServerProcess(setup);
    nodes.push(node);
    building.defer(async () => {
      if (node.process.exitCode === null && node.process.signalCode === null) await node.stop();
    });
    await ready(node);
    return node;
  };
  const engine = await start("engine", "engine");
  const standby = await start("standby", "engine");
  await addMarket(engine.data, { code: plan.market, tick: "0.01", lot: "0.00001" });
  for (const { userId } of users) {
    await deposit(engine.data, { user: userId, currency: "USDT", amount: "1000000000" });
    await deposit(engine.data, { user: userId, currency: "BTC", amount: "100000" });
  }
  const gateways: ServerProcess[] = [];
  for (let at = 1; at <= plan.gateways; at += 1) gateways.push(await start(`gw${at}`, "gateway"));
  const pidsOf = ({ process: { pid = 0 } }: ServerProcess) => processTree(pid);
  return {
    ...{ users, gateways },
    pids: {
      "three NATS servers": nats.pids,
      engine: pidsOf(engine),
      standby: pidsOf(standby),
      ...Object.fromEntries(gateways.map((node, at) => [`gateway ${at + 1}`, pidsOf(node)])),
    },
  };
}

/** Processor time of each part so far, in nanoseconds. */
export function cpuOfParts({ pids }: ClusterNodes): ReadonlyMap<string, number> {
  return new Map(Object.entries(pids).map(([name, of]) => [name, cpuNsOf(of)]));
}

function yamlOf(node: string, { servers, monitors }: NatsCluster): string {
  return `
cluster: { name: bench, node: ${node}, servers: [${servers.join(", ")}], monitors: ${JSON.stringify(monitors)}, replicas: 3, takeoverAfterMs: 5000 }
cryptomus: { tokenlessPublic: true, requestsPerMinuteMax: 0, newConnectionsPerMinuteMax: 0, restCallsPerSecondMax: 0, connectionsPerUserMax: 1000000, idleTimeoutMs: 86400000 }
terminal: { enabled: false }
log: { level: warn }
datasets: []
`;
}

async function ready({ http, output }: ServerProcess): Promise<void> {
  const giveUpMs = performance.now() + readyMsMax;
  for (;;) {
    const reply = await fetch(`${http}/readyz`);
    if (reply.ok) return;
    if (performance.now() > giveUpMs) {
      throw new Error(`a node is not ready: ${await reply.text()}\n${output().stderr}`);
    }
    await reply.arrayBuffer();
    await delay(againMs);
  }
}

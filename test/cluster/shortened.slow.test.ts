/** Nodes that come to a cluster whose log was shortened, in one process over a real NATS server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../server/src/adapters/clock/system-clock.ts";
import { NatsLink } from "../../server/src/adapters/nats/link.ts";
import type { AdminAnswer } from "../../server/src/admin/answer.ts";
import { askServer } from "../../server/src/admin/ask-server.ts";
import { lookEveryMs } from "../../server/src/cluster/log-shortener.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import type { Clock } from "../../server/src/ports/clock.ts";
import type { ClusterStatus } from "../../server/src/ports/cluster-control.ts";
import { runHere } from "../support/command-here.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { NatsServer } from "../support/nats-server.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until, untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-shortened-"));
const cluster = "openbourse";
const replicas = 1;

const system = systemClock();
/** The machine's, except that nodes look soon how long the log is. */
const clock: Clock = {
  nowUs: () => system.nowUs(),
  monotonicMs: () => system.monotonicMs(),
  after: (delayMs, task) => system.after(delayMs === lookEveryMs ? 200 : delayMs, task),
};

interface Node extends ServerHere {
  readonly data: string;
}

let nats: NatsServer;
/** Between the first engine and the broker. */
let cable: FaultyProxy;
let link: NatsLink;
const running = new Map<string, Node>();

async function start(
  name: string,
  role: string,
  { server = nats.address, takeoverAfterMs = 10_000 } = {},
): Promise<Node> {
  const data = join(folder, name);
  mkdirSync(data, { mode: 0o700, recursive: true });
  writeFileSync(dataFolder(data).masterKeyFile, "5".repeat(64), { mode: 0o600 });
  const here = await startServerHere({
    ...{ data, clock },
    settings: {
      ...{ "cluster.role": role, "cluster.node": name, "cluster.servers": [server] },
      ...{ "cluster.replicas": replicas, "cluster.allowUnsynced": true },
      // A busy machine is no dead leader: all nodes of this test share a thread with it.
      "cluster.takeoverAfterMs": takeoverAfterMs,
      "exchange.snapshotEveryCommands": 100,
      ...{ "cluster.keepLogHours": 0, "cluster.waitForNodesBytes": 0 },
      ...{ "terminal.enabled": false, "demo.users": name === "first", datasets: [] },
    },
  });
  const node = { ...here, data };
  running.set(name, node);
  return node;
}

async function stop(name: string): Promise<void> {
  const node = running.get(name);
  running.delete(name);
  await node?.server.stop();
}

async function ask<Result>(node: Node, name: string, request: object): Promise<Result> {
  const { adminSocket } = dataFolder(node.data);
  const answer = (await askServer(adminSocket, { name, request } as never)) as
    | AdminAnswer<Result>
    | undefined;
  if (answer?.kind !== "done") throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer.result;
}

let deposits = 0;
async function deposit(at: Node, times: number): Promise<void> {
  const [user] = running.get("first")?.server.demoUsers ?? [];
  if (user === undefined) throw new Error("the first engine makes demo users");
  const made = Array.from({ length: times }, () => {
    deposits += 1;
    return ask(at, "transfer", {
      ...{ direction: "deposit", user: user.userId, currency: "USDT", amount: "1" },
      ...{ key: `deposit ${deposits}`, anyUser: false },
    });
  });
  await Promise.all(made);
}

/** The digests of all states once all have applied the same. */
async function hashes(): Promise<ReadonlySet<string | undefined>> {
  return await until(async () => {
    const asked = [...running.values()].map((node) =>
      ask<ClusterStatus>(node, "cluster-status", { hash: true }),
    );
    const all = await Promise.all(asked);
    expect(new Set(all.map(({ sequence }) => sequence)).size).toBe(1);
    expect(all.every(({ stateHash }) => stateHash !== undefined)).toBe(true);
    return new Set(all.map(({ stateHash }) => stateHash));
  });
}

withNats("a cluster whose log is shortened is", (program) => {
  beforeAll(async () => {
    nats = new NatsServer(program);
    await nats.start();
    cable = await FaultyProxy.open(Number(nats.address.split(":")[1]));
    const first = await start("first", "engine", { server: new URL(cable.url).host });
    await Promise.all([start("second", "engine"), start("left", "gateway")]);
    await ask(first, "add-market", { code: "BTC_USDT", tick: "0.01", lot: "0.0001" });
    await deposit(first, 10);
    await hashes();
    // A node is noted once the leader has seen a sign of its life.
    await until(async () => {
      const { nodes } = await ask<ClusterStatus>(first, "cluster-status", { hash: false });
      expect(nodes?.map(({ node }) => node)).toContain("second");
    });
    await stop("second");
    await deposit(first, 120);
    link = await NatsLink.open({ servers: [nats.address] });
  });
  afterAll(async () => {
    await Promise.all([...running.keys()].map(stop));
    await link.close();
    await cable.close();
    await nats.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is shortened to the newest snapshot by the engine that leads, and not kept for one that is away past the bound", async () => {
    const first = running.get("first") as Node;
    await until(async () => {
      const { log } = await ask<ClusterStatus>(first, "cluster-status", { hash: false });
      expect(log?.begins).toBeGreaterThan(90);
      expect(log).toMatchObject({
        heldBy: expect.stringContaining("the newest snapshot is of command"),
        leftBehind: ["second"],
      });
    });
    expect(await first.figure("openbourse_cluster_log_begins")).toBeGreaterThan(90);
    expect(await first.figure("openbourse_cluster_log_left_behind")).toBe(1);
    const { stdout } = await runHere(["cluster", "status", "--data", first.data]);
    expect(stdout).toMatch(
      /^log +begins behind command \d+, .* MiB; kept: the newest .*; not kept for second$/m,
    );
  });

  it("takes in an engine that was away, a new one, and a new gateway, with the same state", async () => {
    await Promise.all([
      start("second", "engine"),
      start("third", "engine"),
      start("right", "gateway"),
    ]);
    await deposit(running.get("right") as Node, 3);
    expect((await hashes()).size).toBe(1);
  });

  it("takes in a new engine while the one that leads dies", async () => {
    cable.isDown = true;
    cable.cut();
    // It is sure of what the others have to wait for.
    const fourth = await start("fourth", "engine", { takeoverAfterMs: 500 });
    const leads = async () => {
      const { state, leader } = await ask<ClusterStatus>(fourth, "cluster-status", { hash: false });
      return state === "leading" || (leader !== undefined && leader !== "first");
    };
    await untilTrue(leads);
    cable.isDown = false;
    await until(() => deposit(running.get("left") as Node, 1));
    expect((await hashes()).size).toBe(1);
  });

  it("refuses a gateway that has no snapshot to start from, and says what helps", async () => {
    // An engine would store another snapshot meanwhile.
    await Promise.all([...running.keys()].map(stop));
    const { streams } = await jetstreamManager(link.connection);
    await streams.purge(`${cluster}_snapshots`);
    await expect(start("late", "gateway")).rejects.toThrow(
      /no snapshot of the cluster.*start an engine/,
    );
  });
});

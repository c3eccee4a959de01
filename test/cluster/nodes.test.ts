/** A whole cluster in one process: engine, standby and two gateways over a real NATS server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AdminAnswer } from "../../server/src/admin/answer.ts";
import { askServer } from "../../server/src/admin/ask-server.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import type { ClusterStatus } from "../../server/src/ports/cluster-control.ts";
import { runHere } from "../support/command-here.ts";
import { CryptomusClient, subscribeTo } from "../support/cryptomus-client.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { NatsServer } from "../support/nats-server.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { until, untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-cluster-"));

interface Node extends ServerHere {
  readonly data: string;
}

const nodes: Node[] = [];
let nats: NatsServer;
const clocks = { second: new SteppedClock(), left: new SteppedClock() };
/** Between the first engine and the broker. */
let cable: FaultyProxy;

async function startNode(name: string, role: string, server: string): Promise<Node> {
  const data = join(folder, name);
  mkdirSync(data, { mode: 0o700 });
  // The keys of users are sealed under it, the same at every node.
  writeFileSync(dataFolder(data).masterKeyFile, "5".repeat(64), { mode: 0o600 });
  const here = await startServerHere({
    data,
    ...(name === "second" || name === "left" ? { clock: clocks[name] } : {}),
    settings: {
      "cluster.role": role,
      "cluster.node": name,
      "cluster.servers": [server],
      "cluster.replicas": 1,
      "cluster.allowUnsynced": true,
      // A busy machine is no dead leader: all nodes of this test share a thread with it.
      "cluster.takeoverAfterMs": 10_000,
      "terminal.enabled": false,
      "exchange.participants.enabled": false,
      "demo.users": name === "first",
      datasets: [],
    },
  });
  return { ...here, data };
}

async function ask<Result>(node: Node, name: string, request: object): Promise<Result> {
  const { adminSocket } = dataFolder(node.data);
  const answer = (await askServer(adminSocket, { name, request } as never)) as
    | AdminAnswer<Result>
    | undefined;
  if (answer?.kind !== "done") throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer.result;
}

const status = (node: Node, hash = false): Promise<ClusterStatus> =>
  ask(node, "cluster-status", { hash });

/** By a second; what time it is stays the same. */
function lengthenSilence(clock: SteppedClock): void {
  clock.pass(1);
  clock.step(-1);
}

const addMarket = (node: Node, code: string): Promise<unknown> =>
  ask(node, "add-market", { code, tick: "0.01", lot: "0.0001" });

async function marketsAt({ http }: Node): Promise<readonly string[]> {
  const reply = await fetch(`${http}/v2/user-api/exchange/markets`);
  const { result } = (await reply.json()) as { result: readonly { symbol: string }[] };
  return result.map(({ symbol }) => symbol);
}

/** The digest of every node's state once all have applied the same. */
async function hashes(of: readonly Node[]): Promise<readonly (string | undefined)[]> {
  return await until(async () => {
    const all = await Promise.all(of.map((node) => status(node, true)));
    expect(new Set(all.map(({ sequence }) => sequence)).size).toBe(1);
    return all.map(({ stateHash }) => stateHash);
  });
}

withNats("a cluster in one process is", (program) => {
  beforeAll(async () => {
    nats = new NatsServer(program);
    await nats.start();
    cable = await FaultyProxy.open(Number(nats.address.split(":")[1]));
    nodes.push(await startNode("first", "engine", new URL(cable.url).host));
    const others = [
      startNode("second", "engine", nats.address),
      startNode("left", "gateway", nats.address),
      startNode("right", "gateway", nats.address),
    ];
    nodes.push(...(await Promise.all(others)));
  });
  afterAll(async () => {
    await Promise.all(nodes.map(({ server }) => server.stop()));
    await cable.close();
    await nats.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has one that leads, and what is asked of one gateway is seen at the other", async () => {
    const [first, second, left, right] = nodes as [Node, Node, Node, Node];
    expect(await status(first)).toMatchObject({ state: "leading", term: 1 });
    expect(await status(second)).toMatchObject({ state: "following", leader: "first" });
    await addMarket(left, "BTC_USDT");
    // Answered, it is in the gateway's own state.
    expect(await marketsAt(left)).toEqual(["BTC_USDT"]);
    await until(async () => expect(await marketsAt(right)).toEqual(["BTC_USDT"]));
    expect(new Set(await hashes(nodes)).size).toBe(1);
  });

  it("serves clients at its gateways only, and tells the rest of how it is at every node", async () => {
    const [first, , left] = nodes as [Node, Node, Node];
    expect((await fetch(`${first.http}/v2/user-api/exchange/markets`)).status).toBe(404);
    expect(await first.health("cluster")).toBe("leading");
    expect(await left.health("cluster")).toBe("following");
    expect(await left.figure("openbourse_cluster_leads")).toBe(0);
    expect(await first.figure("openbourse_cluster_leads")).toBe(1);
  });

  it("tells at every node of all of them, and what a new one needs", async () => {
    const names = ["first", "left", "right", "second"];
    for (const node of nodes) {
      await until(async () => {
        const all = (await status(node)).nodes ?? [];
        expect(all.map((one) => one.node)).toEqual(names);
        expect(all.filter(({ state }) => state === "leading")).toHaveLength(1);
        expect(all.every(({ state }) => ["leading", "following"].includes(state))).toBe(true);
      });
    }
    const [engine, , gateway] = nodes.map(({ data }) => data);
    const added = await runHere(["cluster", "add", "fifth", "--data", engine ?? ""]);
    expect(added.stdout).toContain(
      "cluster:\n  role: gateway\n  node: fifth\n  name: openbourse\n",
    );
    // What is printed is a configuration with which the node would start.
    const file = join(folder, "fifth.yaml");
    writeFileSync(file, `${added.stdout}server: { port: 0 }\n`);
    const its = ["--config", file, "--data", join(folder, "fifth")];
    expect(await runHere(["check-config", ...its])).toMatchObject({ code: 0 });
    const again = await runHere(["cluster", "add", "left", "--data", engine ?? ""]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("left is a node of")]);
    const table = await runHere(["cluster", "status", "--data", gateway ?? ""]);
    expect(table.stdout).toMatch(/^fifth +gateway +expected +- +- +- +- +never$/m);
    expect(table.stdout).toMatch(/^right +gateway +following +\d+ +\d+ ms +\d+ +\d\S+ +\d s ago$/m);
    const refused = await runHere(["cluster", "remove", "fifth", "--data", gateway ?? ""]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("role engine")]);
    const removed = await runHere(["cluster", "remove", "fifth", "--data", engine ?? ""]);
    expect(removed.stdout).toContain("fifth is no node of the cluster any more");
  });

  it("takes a user's order at one gateway and tells them of it on a stream of the other", async () => {
    const [first, , left, right] = nodes as [Node, Node, Node, Node];
    const [user] = first.server.demoUsers;
    if (user === undefined) throw new Error("the first engine makes demo users");
    for (const currency of ["BTC", "USDT"]) {
      const { userId } = user;
      const request = {
        direction: "deposit",
        user: userId,
        currency,
        amount: "1000",
        key: currency,
        anyUser: false,
      };
      await ask(left, "transfer", request);
    }
    const there = new CryptomusClient(right, user);
    const stream = await there.open();
    await subscribeTo(stream, "order", ["BTC_USDT"]);
    const here = new CryptomusClient(left, user);
    const order = { market: "BTC_USDT", direction: "buy", price: "10", quantity: "1" };
    const placed = await here.limitOrder(order);
    expect(placed).toMatchObject({ status: 200 });
    // Answered, it is in the gateway's own state.
    const [open] = await here.activeOrders();
    if (open === undefined) throw new Error("the order that was placed is open");
    const told = await stream.until(({ json }) => json["method"] === "order_update");
    expect(JSON.stringify(told.json)).toContain(open.id);
    await untilTrue(async () => (await there.activeOrders()).length === 1);
    expect((await there.cancel(open.id)).status).toBe(200);
    await untilTrue(async () => (await here.activeOrders()).length === 0);
    expect((await here.history()).map(({ state }) => state)).toHaveLength(1);
    await stream.close();
  });

  it("goes on with another engine when the one that leads is cut off, with all states alike", async () => {
    const [first, second, left, right] = nodes as [Node, Node, Node, Node];
    cable.isDown = true;
    cable.cut();
    await untilTrue(async () => {
      lengthenSilence(clocks.second);
      return (await status(second)).state === "leading";
    });
    expect((await status(second)).term).toBe(2);
    await until(() => addMarket(right, "ETH_USDT"));
    await until(async () => expect(await marketsAt(left)).toEqual(["BTC_USDT", "ETH_USDT"]));
    cable.isDown = false;
    // It had taken nothing that is not in the log, and follows.
    await untilTrue(async () => (await status(first)).state === "following");
    expect(new Set(await hashes(nodes)).size).toBe(1);
  });

  it("is led by the node that an operator wants", async () => {
    const [first, second, left] = nodes as [Node, Node, Node];
    expect(await ask(first, "cluster-takeover", {})).toMatchObject({ state: "leading", term: 3 });
    await untilTrue(async () => (await status(second)).state === "following");
    await addMarket(left, "LTC_USDT");
    expect(new Set(await hashes(nodes)).size).toBe(1);
  });

  it("says at a gateway that nothing is heard of the log, with 503", async () => {
    const [, , left] = nodes as [Node, Node, Node];
    await nats.kill();
    await untilTrue(async () => {
      lengthenSilence(clocks.left);
      return (await left.health("cluster")) === "stale";
    });
    expect((await fetch(`${left.http}/readyz`)).status).toBe(503);
    await nats.start();
    await untilTrue(async () => (await left.health("cluster")) === "following");
    await until(() => addMarket(left, "SOL_USDT"));
    expect(new Set(await hashes(nodes)).size).toBe(1);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { nextTurn } from "../ports/timers.ts";
import { commandsKnown } from "../sequencer/command-codec.ts";
import { MemoryBucket } from "../testing/memory-bucket.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { NodeRegistry, nodeAliveMs } from "./node-registry.ts";

const report = { debug() {}, info() {}, warn() {}, error() {} };
const hourMs = 60 * 60_000;

let clock: VirtualClock;
let nodes: MemoryBucket;
let beats: MemoryBucket;
let started: number;

beforeEach(() => {
  clock = new VirtualClock();
  nodes = new MemoryBucket();
  beats = new MemoryBucket();
  started = 0;
});

interface Node {
  readonly registry: NodeRegistry;
  readonly ends: string[];
  readonly doing: { state: string };
}

interface Made {
  readonly role?: string;
  readonly state?: string;
  readonly kinds?: readonly string[];
  readonly has?: number;
}

async function node(name: string, made: Made = {}): Promise<Node> {
  const { role = "engine", state = "following", kinds = commandsKnown.kinds, has } = made;
  started += 1;
  const ends: string[] = [];
  const registry = new NodeRegistry({
    ...{ node: name, process: `process ${started}`, nodes, beats, clock, log: report },
    wallMs: () => clock.monotonicMs() + 1_000,
    self: {
      role,
      version: kinds.length < commandsKnown.kinds.length ? "0.1.0" : "0.2.0",
      knows: { ...commandsKnown, kinds },
    },
    mayNote: role !== "gateway",
    mustEnd: (reason) => ends.push(reason),
  });
  const doing = { state };
  registry.tell(() => ({ ...doing, term: 1, sequence: 7, lagMs: 0, isStale: false, has }));
  await registry.start();
  return { registry, ends, doing };
}

async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 1_000) {
    clock.advanceBy(1_000_000);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  }
}

async function states({ registry }: Node): Promise<Readonly<Record<string, string>>> {
  const list = (await registry.list()) ?? [];
  return Object.fromEntries(list.map((one) => [one.node, one.state]));
}

/** Without the newest kind of commands. */
const older = commandsKnown.kinds.slice(0, -1);
const newest = commandsKnown.kinds.at(-1) ?? "";

describe("the nodes of a cluster", () => {
  it("are known to each of them, with what they do", async () => {
    const lead = await node("one", { state: "leading" });
    const gateway = await node("gate", { role: "gateway" });
    await pass(2_000);
    for (const each of [lead, gateway]) {
      expect(await states(each)).toEqual({ gate: "following", one: "leading" });
    }
    expect((await gateway.registry.list())?.[1]).toMatchObject({
      ...{ node: "one", role: "engine", version: "0.2.0", sequence: 7, term: 1, lagMs: 0 },
      heardMsAgo: 0,
    });
  });

  it("are gone at once when they stop in peace, and after a while when they do not, and are still known", async () => {
    const lead = await node("one", { state: "leading" });
    const peaceful = await node("two");
    await node("three");
    await pass(2_000);
    await peaceful.registry.stop();
    await pass(1_000);
    expect(await states(lead)).toMatchObject({ two: "gone", three: "following" });
    const list = await lead.registry.list();
    expect(list?.find((one) => one.node === "two")?.heardMsAgo).toBeGreaterThanOrEqual(1_000);
    expect(nodeAliveMs).toBe(5_000);
  });

  it("remember what an engine has durably that is gone, and do not know it of one that does not say", async () => {
    const one = await node("one", { state: "leading" });
    const two = await node("two", { has: 5 });
    await node("old");
    await pass(2_000);
    const has = () => one.registry.now?.map((view) => [view.node, view.state, view.has]);
    expect(has()).toContainEqual(["two", "following", 5]);
    await two.registry.stop();
    await pass(70_000);
    expect(has()).toEqual([
      ["old", "following", undefined],
      ["one", "leading", undefined],
      ["two", "gone", 5],
    ]);
  });

  it("do not keep gateways that have been gone for an hour, and keep engines", async () => {
    const lead = await node("one", { state: "leading" });
    const gone = [await node("gate", { role: "gateway" }), await node("two")];
    await pass(2_000);
    for (const { registry } of gone) await registry.stop();
    await pass(2_000);
    expect(await states(lead)).toEqual({ one: "leading", two: "gone", gate: "gone" });
    clock.advanceBy(hourMs * 1_000);
    await pass(3_000);
    expect(await states(lead)).toEqual({ one: "leading", two: "gone" });
  });

  it("have names of their own: of two processes with one name the later one ends, and says why", async () => {
    const first = await node("one");
    await pass(1_000);
    const second = await node("one");
    await pass(4_000);
    expect(first.ends).toEqual([]);
    expect(second.ends).toEqual([
      "another process is the node one of this cluster: give this one a name of its own in cluster.node",
    ]);
  });

  it("may come again under their names after they were killed", async () => {
    const lead = await node("lead", { state: "leading" });
    const killed = await node("one");
    await pass(1_000);
    killed.registry.look = async () => {};
    const again = await node("one", { state: "starting" });
    await pass(10_000);
    expect([again.ends, await states(lead)]).toEqual([[], { lead: "leading", one: "starting" }]);
  });
});

describe("a kind of commands that a node does not know", () => {
  it("is not let in while the node belongs to the cluster, there or gone", async () => {
    const lead = await node("one", { state: "leading" });
    expect(lead.registry.unknownTo(newest)).toBeUndefined();
    const old = await node("gate", { role: "gateway", kinds: older });
    await pass(1_000);
    const reason = `the node gate (openbourse 0.1.0) does not know the command ${newest}: upgrade it, or take it out with openbourse cluster remove gate`;
    expect(lead.registry.unknownTo(newest)).toBe(reason);
    expect(lead.registry.unknownTo("place-limit")).toBeUndefined();
    await old.registry.stop();
    await pass(10_000);
    expect(lead.registry.unknownTo(newest)).toBe(reason);
  });

  it("is let in when the node has been upgraded", async () => {
    const lead = await node("one", { state: "leading" });
    const old = await node("gate", { role: "gateway", kinds: older });
    await pass(2_000);
    await old.registry.stop();
    await node("gate", { role: "gateway" });
    await pass(2_000);
    expect(lead.registry.unknownTo(newest)).toBeUndefined();
  });

  it("is let in when the node was removed, also at an engine that leads later", async () => {
    const lead = await node("one", { state: "leading" });
    const old = await node("two", { kinds: older });
    await pass(2_000);
    expect(await lead.registry.remove("two")).toBeUndefined();
    expect(lead.registry.unknownTo(newest)).toBeUndefined();
    await pass(1_000);
    expect(old.ends).toHaveLength(1);
    const next = await node("three", { state: "leading" });
    expect(next.registry.unknownTo(newest)).toBeUndefined();
  });
});

describe("a node that is removed", () => {
  it.each(["engine", "gateway"])(
    "ends within seconds, as %s, and does not come back until it is added",
    async (role) => {
      const lead = await node("one", { state: "leading" });
      const gone = await node("two", { role });
      await pass(2_000);
      expect(await lead.registry.remove("two")).toBeUndefined();
      await pass(1_000);
      expect(gone.ends).toEqual([
        "the node two was removed from this cluster: openbourse cluster add two lets it in again",
      ]);
      expect((await states(lead))["two"]).toBe("removed");
      await expect(node("two", { role })).rejects.toThrow("was removed from this cluster");
      expect(await lead.registry.add("two", role)).toBeUndefined();
      expect((await states(lead))["two"]).not.toBe("removed");
      const back = await node("two", { role });
      await pass(2_000);
      expect([back.ends, (await states(lead))["two"]]).toEqual([[], "following"]);
    },
  );

  it("has to be one that there is, and not the one that leads; what is refused says so", async () => {
    const lead = await node("one", { state: "leading" });
    const gateway = await node("gate", { role: "gateway" });
    await pass(2_000);
    expect(await lead.registry.remove("tow")).toBe("there is no node tow: there are gate, one");
    expect(await lead.registry.remove("one")).toMatch("one leads: let another engine lead first");
    expect(await gateway.registry.remove("one")).toMatch("ask at a node of the role engine");
    const already = "is a node of this cluster already";
    expect(await lead.registry.add("gate", "gateway")).toMatch(already);
    // Nobody has noted it, and it is heard of.
    await node("late", { role: "gateway" });
    await pass(0);
    expect(await lead.registry.add("late", "gateway")).toMatch(already);
  });
});

describe("a node that was added", () => {
  it("is expected until it comes, and holds no command up meanwhile", async () => {
    const lead = await node("one", { state: "leading" });
    await pass(1_000);
    await lead.registry.add("two", "engine");
    expect(await states(lead)).toEqual({ one: "leading", two: "expected" });
    expect(lead.registry.unknownTo(newest)).toBeUndefined();
  });
});

describe("without the broker", () => {
  it("a node does not start, and one that runs goes on and says that it cannot tell", async () => {
    const lead = await node("one", { state: "leading" });
    const gateway = await node("gate", { role: "gateway" });
    await pass(2_000);
    nodes.isAway = true;
    beats.isAway = true;
    const starting = node("two");
    starting.catch(() => {});
    const listing = gateway.registry.list();
    await pass(21_000);
    await expect(starting).rejects.toThrow("the NATS servers do not tell which nodes there are");
    expect(await listing).toBeUndefined();
    expect([lead.ends, gateway.ends]).toEqual([[], []]);
    expect(await lead.registry.remove("gate")).toBe("the broker is away");
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codecVersion, commandsKnown } from "../sequencer/command-codec.ts";
import { money, opening } from "../sequencer/example-stream.fixture.ts";
import { TestCluster, type TestNode } from "./nodes.fixture.ts";

let cluster: TestCluster;

beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.stop());

const deposit = (key: string, user = "ann") =>
  ({ kind: "deposit", user, currency: "USDT", amount: money(1), key }) as const;

/** An engine that leads, with markets and money. */
async function opened(): Promise<TestNode> {
  const one = await started(cluster.engine("one"));
  for (const command of opening) await cluster.until(one.engine.submit(command));
  return one;
}

async function started(node: Promise<TestNode>): Promise<TestNode> {
  const made = await node;
  await cluster.until(made.started);
  return made;
}

/** The state hash of every node, once all have applied what the log holds. */
async function hashes(...nodes: TestNode[]): Promise<readonly string[]> {
  const { lastSequence } = cluster.broker.end;
  for (let round = 0; round < 200; round += 1) {
    if (nodes.every(({ engine }) => engine.durableSequence >= lastSequence)) break;
    await cluster.pass(5);
  }
  return nodes.map(({ engine }) => engine.exchange.stateHash());
}

function leaders(): readonly string[] {
  return cluster.nodes.filter(({ member }) => member.state === "leading").map(({ name }) => name);
}

/** Cut off from everybody, as by a cable: it goes on by itself and does not know better. */
function cut(node: TestNode, isCut = true): void {
  node.shared.isCut = isCut;
  node.line.isCut = isCut;
}

describe("the first engine of a cluster", () => {
  it("leads at once, begins the log, and keeps a copy that is equal", async () => {
    const beganMs = cluster.clock.monotonicMs();
    const one = await started(cluster.engine("one"));
    expect(cluster.clock.monotonicMs() - beganMs).toBeLessThan(100);
    expect(one.member).toMatchObject({ state: "leading", term: 1, leader: "one" });
    for (const command of opening) await cluster.until(one.engine.submit(command));
    await cluster.pass(300);
    expect(one.disk?.lastSequence).toBe(opening.length + 1);
    const batches = cluster.broker.messages.flatMap((entry) =>
      entry.kind === "batch" && entry.count > 0 ? [entry] : [],
    );
    expect(one.disk?.batches.map(({ payload }) => payload)).toEqual(
      batches.map(({ payload }) => payload),
    );
    // Ticks are in the log that is shared, and a tick is told once.
    expect(one.ticks.length).toBeGreaterThan(2);
    expect(new Set(one.ticks).size).toBe(one.ticks.length);
  });

  it("is one of two that come at the same time, and the other follows it", async () => {
    const [one, two] = await Promise.all([cluster.engine("one"), cluster.engine("two")]);
    await cluster.until(Promise.all([one.started, two.started]));
    await cluster.pass(1_000);
    expect(leaders()).toHaveLength(1);
    expect(cluster.broker.end.term).toBe(1);
    const [first, second] = await hashes(one, two);
    expect(second).toBe(first);
  });
});

describe("a gateway", () => {
  it("answers an order from its own state, has told all of it before, and comes to the same state", async () => {
    const one = await started(cluster.engine("one"));
    const gateway = await started(cluster.gateway("gate"));
    for (const command of opening) await cluster.until(gateway.engine.submit(command));
    const answer = await cluster.until(gateway.engine.submit(deposit("a")));
    if (answer.kind !== "released") throw new Error(`answered ${answer.kind}`);
    expect(gateway.released.at(-1)).toBe(answer.released);
    expect(gateway.engine.durableSequence).toBe(answer.released.sequence);
    const [first, second] = await hashes(one, gateway);
    expect(second).toBe(first);
    // The beginning was in the log when it came.
    expect(gateway.released).toEqual(one.released.slice(1));
  });

  it("waits with an answer until it has applied the command itself", async () => {
    await started(cluster.engine("one"));
    const gateway = await started(cluster.gateway("gate"));
    gateway.shared.isCut = true;
    const answers: unknown[] = [];
    const submitted = gateway.engine.submit(deposit("a"));
    void submitted.then((answer) => answers.push(answer));
    await cluster.pass(500);
    expect([answers, cluster.broker.end.lastSequence]).toEqual([[], 2]);
    gateway.shared.isCut = false;
    expect(await cluster.until(submitted)).toMatchObject({ kind: "released" });
  });

  it("says at once what the leader refuses, and what was carried out before", async () => {
    const one = await opened();
    const gateway = await started(cluster.gateway("gate"));
    const cancel = { kind: "cancel-order", user: "ann", order: { id: 7 } } as const;
    expect(await cluster.until(gateway.engine.submit(cancel))).toEqual({
      kind: "refused",
      reason: "unknown-order",
    });
    expect(one.engine.refused).toBe(1);
    await cluster.until(gateway.engine.submit(deposit("a")));
    const again = await cluster.until(gateway.engine.submit(deposit("a")));
    expect(again).toMatchObject({
      kind: "released",
      released: { events: [{ kind: "transferred", repeated: true }] },
    });
  });

  it("answers at once that nobody leads, and within two seconds that what it shows is old", async () => {
    const one = await started(cluster.engine("one"));
    const gateway = await started(cluster.gateway("gate"));
    cut(one);
    await one.member.close().catch(() => {});
    const answer = await cluster.until(gateway.engine.submit(deposit("a")));
    expect(answer.kind).toBe("unavailable");
    expect(gateway.member.isStale).toBe(false);
    await cluster.pass(2_000);
    expect([gateway.member.isStale, gateway.engine.fault]).toEqual([
      true,
      "nothing is heard of the cluster's log",
    ]);
    expect(await gateway.engine.read(() => 1)).toMatchObject({ kind: "stopped" });
  });
});

describe("a standby", () => {
  it("takes over after the silence, and goes on with sequence, ticks and state", async () => {
    const one = await started(cluster.engine("one"));
    const two = await started(cluster.engine("two"));
    for (const command of opening) await cluster.until(one.engine.submit(command));
    await hashes(one, two);
    cut(one);
    await cluster.pass(800);
    expect(two.member).toMatchObject({ state: "leading", term: 2 });
    expect(await cluster.until(two.engine.submit(deposit("b")))).toMatchObject({
      kind: "released",
      released: { sequence: opening.length + 2 },
    });
    await cluster.pass(300);
    expect(two.disk?.lastSequence).toBe(opening.length + 2);
    expect(two.ticks.every((tick, at) => at === 0 || tick > two.ticks[at - 1]!)).toBe(true);
  });

  it("of two that are there at once one leads and the other follows", async () => {
    const one = await opened();
    await started(cluster.engine("two"));
    const three = await started(cluster.engine("three"));
    cut(one);
    await cluster.pass(1_500);
    expect(leaders().filter((name) => name !== "one")).toHaveLength(1);
    expect(cluster.broker.end.term).toBe(2);
    const gateway = await started(cluster.gateway("gate"));
    expect(await cluster.until(gateway.engine.submit(deposit("c")))).toMatchObject({
      kind: "released",
    });
    const [first, second] = await hashes(three, gateway);
    expect(second).toBe(first);
  });

  it("takes over by command, and the one before it follows with the same state", async () => {
    const one = await started(cluster.engine("one"));
    const two = await started(cluster.engine("two"));
    await cluster.until(one.engine.submit(deposit("a")));
    await hashes(one, two);
    expect(await cluster.until(two.member.takeOver())).toBeUndefined();
    await cluster.pass(300);
    expect([one.member.state, two.member.state, one.ends]).toEqual(["following", "leading", []]);
    // It hands commands on by now.
    expect(await cluster.until(one.engine.submit(deposit("b")))).toMatchObject({
      kind: "released",
    });
    const [first, second] = await hashes(one, two);
    expect(first).toBe(second);
    expect(await cluster.until(one.member.takeOver())).toBeUndefined();
    await cluster.pass(300);
    expect([leaders(), cluster.broker.end.term]).toEqual([["one"], 3]);
  });

  it("takes over in order: what the leader was given before is carried out, and it follows", async () => {
    const one = await opened();
    const two = await started(cluster.engine("two"));
    const given = ["a", "b", "c"].map((key) => one.engine.submit(deposit(key)));
    const taken = two.member.takeOverInOrder();
    for (const submitted of given) {
      expect(await cluster.until(submitted)).toMatchObject({ kind: "released" });
    }
    expect(await cluster.until(taken)).toBeUndefined();
    await cluster.pass(300);
    expect([one.member.state, two.member.state, one.ends]).toEqual(["following", "leading", []]);
    const [first, second] = await hashes(one, two);
    expect(first).toBe(second);
  });

  it("does not take over from what it has not applied", async () => {
    const one = await started(cluster.engine("one"));
    const two = await started(cluster.engine("two"));
    two.shared.isCut = true;
    await cluster.until(one.engine.submit(deposit("a")));
    await cluster.pass(1_000);
    expect(two.member.state).toBe("following");
    two.shared.isCut = false;
    await cluster.pass(300);
    expect(leaders()).toEqual(["one"]);
  });
});

describe("a writer that was taken over from without knowing it", () => {
  it("answers nobody, has nothing in the log, and must end where it has applied something", async () => {
    const one = await opened();
    const two = await started(cluster.engine("two"));
    cut(one);
    const lost = one.engine.submit(deposit("lost"));
    await cluster.pass(1_000);
    expect(leaders()).toEqual(["one", "two"]);
    cut(one, false);
    expect(await cluster.until(lost)).toMatchObject({ kind: "stopped" });
    await cluster.pass(100);
    expect(one.member.state).toBe("stopped");
    expect(one.ends).toEqual([expect.stringContaining("another writer has taken over")]);
    expect(await cluster.until(two.engine.submit(deposit("lost")))).toMatchObject({
      kind: "released",
      released: { events: [{}, { repeated: false }] },
    });
  });

  it("starts again from its own disk and follows", async () => {
    const one = await started(cluster.engine("one"));
    const two = await started(cluster.engine("two"));
    cut(one);
    void one.engine.submit(deposit("lost"));
    await cluster.pass(1_000);
    cut(one, false);
    await cluster.pass(100);
    await cluster.until(one.engine.stop());
    const again = await started(cluster.engine("one", one.disk));
    await cluster.until(two.engine.submit(deposit("next")));
    const [first, second] = await hashes(two, again);
    expect(second).toBe(first);
    expect(again.member).toMatchObject({ state: "following", leader: "two" });
  });
});

describe("an order that is asked for while the log takes nothing", () => {
  it("is not taken, which is said at once, at the leader and elsewhere", async () => {
    const one = await opened();
    const gateway = await started(cluster.gateway("gate"));
    const message = "the broker does not store commands";
    one.shared.stall = { kind: "failure", fault: "failed", message };
    for (const { engine } of [one, gateway]) {
      expect(await cluster.until(engine.submit(deposit("a")))).toEqual({
        kind: "unavailable",
        reason: "the cluster's log takes no commands at present; this was not carried out",
        passes: true,
      });
    }
    one.shared.stall = undefined;
    expect(await cluster.until(gateway.engine.submit(deposit("a")))).toMatchObject({
      kind: "released",
      released: { events: [{}, { repeated: false }] },
    });
  });
});

describe("an order that is under way while another node takes over", () => {
  it("is certainly not carried out where the log does not have it, and says so", async () => {
    const one = await opened();
    const two = await started(cluster.engine("two"));
    const gateway = await started(cluster.gateway("gate"));
    // Its question arrives; what it appends does not.
    one.shared.isCut = true;
    const submitted = gateway.engine.submit(deposit("under way"));
    expect(await cluster.until(submitted)).toEqual({
      kind: "unavailable",
      reason: "another node has taken over; this was not carried out",
      passes: true,
    });
    one.shared.isCut = false;
    await cluster.pass(200);
    expect(two.member.state).toBe("leading");
    const again = await cluster.until(gateway.engine.submit(deposit("under way")));
    expect(again).toMatchObject({
      kind: "released",
      released: { events: [{}, { repeated: false }] },
    });
  });

  it("is not given up when the old leader finds that it leads no more: the takeover makes it certain", async () => {
    const one = await opened();
    const two = await started(cluster.engine("two"));
    const gateway = await started(cluster.gateway("gate"));
    one.shared.isCut = true;
    gateway.shared.isCut = true;
    const submitted = gateway.engine.submit(deposit("under way"));
    await cluster.pass(1_000);
    expect(two.member.state).toBe("leading");
    one.shared.isCut = false;
    await cluster.pass(200);
    expect(one.member.state).toBe("stopped");
    gateway.shared.isCut = false;
    expect(await cluster.until(submitted)).toMatchObject({ kind: "unavailable", passes: true });
  });

  it("is answered as carried out where the log has it, though the leader's answer was lost", async () => {
    const one = await started(cluster.engine("one"));
    await started(cluster.engine("two"));
    const gateway = await started(cluster.gateway("gate"));
    gateway.shared.isCut = true;
    gateway.line.losesAnswers = true;
    const submitted = gateway.engine.submit(deposit("a"));
    await cluster.pass(100);
    cut(one);
    await cluster.pass(800);
    gateway.shared.isCut = false;
    expect(await cluster.until(submitted)).toMatchObject({ kind: "released" });
  });

  it("is asked for again in the new term where the gateway had not heard of it", async () => {
    await started(cluster.engine("one"));
    const two = await started(cluster.engine("two"));
    const gateway = await started(cluster.gateway("gate"));
    gateway.shared.isCut = true;
    expect(await cluster.until(two.member.takeOver())).toBeUndefined();
    await cluster.pass(200);
    const submitted = gateway.engine.submit(deposit("a"));
    await cluster.pass(100);
    expect(cluster.broker.end.lastSequence).toBe(1);
    gateway.shared.isCut = false;
    expect(await cluster.until(submitted)).toMatchObject({ kind: "released" });
  });

  it("is not known where neither the log nor the leader says anything in time", async () => {
    await started(cluster.engine("one"));
    const gateway = await started(cluster.gateway("gate"));
    gateway.line.losesAnswers = true;
    gateway.shared.isCut = true;
    expect(await cluster.until(gateway.engine.submit(deposit("a")))).toMatchObject({
      kind: "stopped",
    });
    gateway.shared.isCut = false;
  });
});

describe("a node whose own log is longer than the cluster's", () => {
  it("does not start", async () => {
    const one = await started(cluster.engine("one"));
    await cluster.until(one.engine.submit(deposit("a")));
    await cluster.pass(50);
    const other = new TestCluster();
    const node = await other.engine("one", copyOf(one));
    await expect(other.until(node.started)).rejects.toThrow(/its end was lost/);
  });
});

function copyOf({ disk }: TestNode) {
  if (disk === undefined) throw new Error("an engine has a disk");
  disk.tails.clear();
  return disk;
}

describe("nodes of different releases", () => {
  it("let no command in that one of them does not know, wherever it is asked for, and say which one that is", async () => {
    const one = await opened();
    const gateway = await started(cluster.gateway("gate"));
    const reason = "the node old does not know the command deposit";
    cluster.unknownTo = (kind) => (kind === "deposit" ? reason : undefined);
    const { lastSequence } = cluster.broker.end;
    for (const { engine } of [one, gateway]) {
      const answer = await cluster.until(engine.submit(deposit("a")));
      expect(answer).toEqual({ kind: "unavailable", reason, passes: true });
    }
    expect(cluster.broker.end.lastSequence).toBe(lastSequence);
    cluster.unknownTo = () => undefined;
    const answer = await cluster.until(gateway.engine.submit(deposit("a")));
    expect(answer.kind).toBe("released");
  });

  it("stop at a command that they do not know, and say that they are older than the cluster", async () => {
    const one = await opened();
    const gateway = await started(cluster.gateway("gate"));
    const standby = await started(cluster.engine("two"));
    const [hash] = await hashes(one, gateway, standby);
    cut(one);
    cluster.broker.takeOver("newer");
    const { lastSequence, term } = cluster.broker.end;
    const payload = Uint8Array.of(codecVersion, commandsKnown.kinds.length);
    const timeUs = cluster.clock.nowUs();
    cluster.broker.store({ firstSequence: lastSequence + 1, count: 1, timeUs, payload }, term);
    await cluster.pass(100);
    for (const { member, engine, ends } of [gateway, standby]) {
      expect(ends).toHaveLength(1);
      expect(ends[0]).toMatch(
        /^this node is older than the cluster: .* of an unknown kind: a newer openbourse wrote it; give it the release that the other nodes have/,
      );
      expect([member.state, engine.exchange.stateHash()]).toEqual(["stopped", hash]);
    }
  });
});

describe("an engine that is started again", () => {
  it("stands by at once, behind one that has led for long and goes on", async () => {
    const one = await opened();
    const two = await started(cluster.engine("two"));
    await hashes(one, two);
    await cluster.until(one.engine.submit(deposit("a")));
    await cluster.pass(100);
    await cluster.until(two.engine.stop());
    const again = await started(cluster.engine("two", two.disk));
    expect(again.member).toMatchObject({ state: "following", term: 1 });
    expect(leaders()).toEqual(["one"]);
  });
});

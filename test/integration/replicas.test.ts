/**
 * Nodes that follow one log tell the same with the same positions, and clients that are cut off go on at another
 * node, or at one that has taken over meanwhile, without a gap and without a repeat, or are told that it cannot be.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../server/src/core/commands.ts";
import { lots, ticks } from "../../server/src/core/num/units.ts";
import { isAfter, type Position } from "../../server/src/marketdata/position.ts";
import { topicKey } from "../../server/src/marketdata/topic.ts";
import { ReplicaClient } from "../support/replica-client.ts";
import { followed, markets, ReplicaNode, SharedScript } from "../support/replica-nodes.ts";
import { rounds } from "../support/rounds.ts";

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("place-limit" as const),
      user: fc.constantFrom("ann", "bob"),
      market: fc.constantFrom(...markets),
      side: fc.constantFrom("buy" as const, "sell" as const),
      price: fc.integer({ min: 9, max: 11 }).map(ticks),
      quantity: fc.integer({ min: 1, max: 3 }).map(lots),
      timeInForce: fc.constant("gtc" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("cancel-all" as const),
      user: fc.constantFrom("ann", "bob"),
    }),
  },
);

const entry = fc.oneof(
  fc.record({ commands: fc.array(command, { minLength: 1, maxLength: 3 }) }),
  fc.record({ tenths: fc.constantFrom(1, 1, 1, 1, 2, 4, 9, 31) }),
);
const log = fc.array(entry, { minLength: 20, maxLength: 120, size: "max" });

function scriptOf(
  entries: readonly (typeof entry extends fc.Arbitrary<infer Entry> ? Entry : never)[],
) {
  const script = new SharedScript();
  for (const each of entries) {
    if ("commands" in each) script.batch(...each.commands);
    else script.tick(each.tenths);
  }
  // Whatever has changed is told, and where everybody is.
  for (let at = 0; at < 32; at += 1) script.tick(1);
  return script;
}

/** Every stream of a client that was there from the beginning and never cut off. */
function expectSame(client: ReplicaClient, all: ReplicaClient): void {
  for (const topic of followed) {
    const key = topicKey(topic);
    const [mine, whole] = [client.streams.get(key)!, all.streams.get(key)!];
    const from = mine.from!;
    const later = [...whole.items].filter(([place]) => isAfter(positionOf(place), from));
    expect([...mine.items], key).toEqual(later);
    if (topic.kind !== "candles") {
      expect(sorted(mine.state), key).toEqual(sorted(whole.state));
    } else {
      for (const [start, candle] of mine.state) expect(candle, key).toBe(whole.state.get(start));
      if (!isAfter(from, whole.from!)) expect(mine.state.size, key).toBe(whole.state.size);
    }
  }
}

function positionOf(place: string): Position {
  const [sequence = 0, ordinal = 0] = place.split(".").map(Number);
  return { sequence, tick: 0, ordinal };
}

const sorted = (state: ReadonlyMap<string, string>) => [...state].toSorted();

const move = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("follow" as const),
      node: fc.nat(2),
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), client: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("come" as const),
      client: fc.nat(2),
      node: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), node: fc.nat(2) }) },
);

type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never;

/** Three nodes, as many clients, and one that is never cut off. */
class Scene {
  readonly whole = new ReplicaClient();
  readonly clients = [0, 1, 2].map(() => new ReplicaClient());
  cuts = 0;
  readonly #script: SharedScript;
  readonly #nodes: ReplicaNode[];
  readonly #reference: ReplicaNode;

  static async open(script: SharedScript): Promise<Scene> {
    const start = () => ReplicaNode.start(script, script.begun);
    return new Scene(script, [await start(), await start(), await start()], await start());
  }

  private constructor(script: SharedScript, nodes: ReplicaNode[], reference: ReplicaNode) {
    this.#script = script;
    this.#nodes = nodes;
    this.#reference = reference;
    this.whole.connect(reference);
    for (const [at, client] of this.clients.entries()) client.connect(nodes[at]!);
  }

  async carryOut(next: Move): Promise<void> {
    switch (next.kind) {
      case "follow":
        await this.#nodes[next.node]!.follow(next.count);
        break;
      case "cut":
        this.clients[next.client]!.cut();
        this.cuts += 1;
        break;
      case "come":
        this.#come(this.clients[next.client]!, this.#nodes[next.node]!);
        await this.#nodes[next.node]!.turn();
        break;
      case "restart":
        await this.#restart(next.node);
        break;
    }
  }

  /** All nodes come to the end of the log, and all clients are there. */
  async finish(): Promise<void> {
    const { entries } = this.#script;
    for (const node of [this.#reference, ...this.#nodes]) await node.follow(entries.length);
    for (const client of this.clients) this.#come(client, this.#nodes[0]!);
    for (const node of this.#nodes) await node.turn();
  }

  #come(client: ReplicaClient, node: ReplicaNode): void {
    if (!client.isConnected) client.connect(node);
  }

  /** Another process goes on from the state that this one had come to. */
  async #restart(at: number): Promise<void> {
    const node = this.#nodes[at]!;
    for (const client of this.clients) if (client.node === node) client.cut();
    const other = await ReplicaNode.start(this.#script, node.at);
    while (!other.isInService && other.at < this.#script.entries.length) await other.follow(1);
    this.#nodes[at] = other;
  }
}

describe("nodes that follow one log", () => {
  it("let clients go on at any of them, also at one that was started meanwhile", async () => {
    const seen = { cuts: 0, lost: 0, kept: 0 };
    await fc.assert(
      fc.asyncProperty(
        log,
        fc.array(move, { maxLength: 60, size: "max" }),
        async (entries, moves) => {
          const scene = await Scene.open(scriptOf(entries));
          for (const next of moves) await scene.carryOut(next);
          await scene.finish();
          for (const client of scene.clients) {
            expectSame(client, scene.whole);
            for (const { lost } of client.streams.values()) {
              seen.lost += lost;
              if (lost === 0) seen.kept += 1;
            }
          }
          expect(scene.whole.mended).toBe(0);
          seen.cuts += scene.cuts;
        },
      ),
      { numRuns: rounds(25, 100), endOnFailure: true },
    );
    expect(seen.cuts).toBeGreaterThan(20);
    expect(seen.kept).toBeGreaterThan(20);
    expect(seen.lost).toBeGreaterThan(0);
  });

  it("tell the same byte for byte, whoever else listens", async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.nat(200), async (entries, at) => {
        const script = scriptOf(entries);
        const [one, other] = [
          await ReplicaNode.start(script, script.begun),
          await ReplicaNode.start(script, script.begun),
        ];
        // At one of them somebody has been listening since the beginning.
        const early = new ReplicaClient();
        early.connect(one);
        const cut = at % (script.entries.length - 31);
        await one.follow(cut);
        await other.follow(cut);
        const [left, right] = [new ReplicaClient(), new ReplicaClient()];
        left.connect(one);
        right.connect(other);
        // Who comes first is told what is, and then not what was to be told just now.
        for (const joined = one.tick; one.tick < joined + 12; ) {
          await one.follow(1);
          await other.follow(1);
        }
        left.frames = [];
        right.frames = [];
        await one.follow(script.entries.length);
        await other.follow(script.entries.length);

        expect(right.frames).toEqual(left.frames);
      }),
      { numRuns: rounds(25, 100), endOnFailure: true },
    );
  });
});

/** The log that nodes share, kept by three servers, of which one after another is taken away. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkBroker } from "../../server/src/adapters/nats/broker-check.ts";
import { NatsLink } from "../../server/src/adapters/nats/link.ts";
import { NatsSharedLog } from "../../server/src/adapters/nats/shared-log.ts";
import { batchAt } from "../../server/src/ports/command-log.contract.ts";
import type {
  AppendOutcome,
  CommandBatch,
  CommandLog,
} from "../../server/src/ports/command-log.ts";
import { endOf, tickBefore, wordOf, writerOf } from "../../server/src/ports/shared-log.contract.ts";
import type { SharedLog } from "../../server/src/ports/shared-log.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { NatsCluster } from "../support/nats-cluster.ts";
import { rounds } from "../support/rounds.ts";
import { say } from "../support/say.ts";
import { untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

/** Batches that are offered at the same time. */
const offeredMax = 12;

/** Writes small batches, several at a time, and notes which were acknowledged. */
class Flow {
  readonly acknowledged: number[] = [];
  readonly #log: CommandLog;
  readonly #random: Random;
  #isStopped = false;
  readonly #done: Promise<string>;
  /** Longest time between two acknowledgements, in milliseconds. */
  gapMs = 0;

  constructor(log: CommandLog, seed: number) {
    this.#log = log;
    this.#random = new Random(seed, "flow");
    this.#done = this.#write();
  }

  /** Ends, and says what became of the first batch that was not acknowledged, or of all. */
  async stop(): Promise<string> {
    this.#isStopped = true;
    return await this.#done;
  }

  async #write(): Promise<string> {
    let next = this.#log.lastSequence + 1;
    let since = performance.now();
    const offered: { readonly batch: CommandBatch; readonly outcome: Promise<AppendOutcome> }[] =
      [];
    while (!this.#isStopped || offered.length > 0) {
      while (!this.#isStopped && offered.length < offeredMax) {
        const batch =
          this.#random.below(5) === 0 ? tickBefore(next) : batchAt(next, 1 + this.#random.below(3));
        const outcome = this.#log.append(batch);
        if (outcome === "no-room") throw new Error("there is room for batches as small as these");
        offered.push({ batch, outcome });
        next += batch.count;
      }
      const { batch, outcome } = offered.shift()!;
      const became = await outcome;
      if (became !== "durable") return became.kind;
      this.gapMs = Math.max(this.gapMs, performance.now() - since);
      since = performance.now();
      if (batch.count > 0) this.acknowledged.push(batch.firstSequence);
    }
    return "durable";
  }
}

/** First sequences of all batches of a log, each of which is what it was made as. */
async function storedIn(log: SharedLog): Promise<readonly number[]> {
  const stored: number[] = [];
  let next = 1;
  for await (const entry of log.read(1)) {
    if (entry.kind === "damage") throw new Error(entry.message);
    expect(entry.firstSequence).toBe(next);
    expect(entry.payload).toEqual(batchAt(next, entry.count).payload);
    next += entry.count;
    stored.push(entry.firstSequence);
  }
  return stored;
}

/** Takes a log over as it is, as often as something comes between. */
async function takenOver(log: SharedLog, node: string): Promise<CommandLog> {
  for (;;) {
    const end = await log.end();
    if ("kind" in end) continue;
    const outcome = await log.takeOver(end, node);
    if (outcome !== "overtaken" && !("kind" in outcome)) return outcome;
  }
}

const faults = ["kill leader", "stop leader", "kill other", "stop other", "move"] as const;

/** Three servers of their own for a test that takes some away, and what it does with them. */
class Servers {
  readonly cluster: NatsCluster;
  readonly #links: NatsLink[] = [];

  constructor(program: string) {
    this.cluster = new NatsCluster(program);
  }

  async linked(): Promise<NatsLink> {
    const link = await NatsLink.open({ servers: this.cluster.servers });
    this.#links.push(link);
    return link;
  }

  async open(name: string): Promise<NatsSharedLog> {
    return await NatsSharedLog.open(await this.linked(), {
      name,
      replicas: 3,
      newEpoch: randomBytes(16).toString("hex"),
    });
  }

  /** Takes a server away, or has another lead; returns what undoes it. */
  async suffer(
    stream: string,
    fault: (typeof faults)[number],
    random: Random,
  ): Promise<() => void> {
    const { cluster } = this;
    const leader = await cluster.leaderOf(stream);
    const others = cluster.names.filter((name) => name !== leader);
    const other = others[random.below(others.length)] ?? "";
    if (fault === "move") {
      await cluster.move(stream, other);
      return () => {};
    }
    const [how, whom] = fault.split(" ");
    const name = whom === "leader" ? leader : other;
    if (how === "stop") {
      cluster.stop(name);
      return () => cluster.goOn(name);
    }
    await cluster.kill(name);
    return () => cluster.run(name);
  }

  async remove(): Promise<void> {
    for (const link of this.#links) await link.close();
    await this.cluster.remove();
  }
}

withNats("a log that three servers keep is", (program) => {
  // Most of the time is an election's, so that tests with elections run at once.
  const some = new Servers(program);
  const others = new Servers(program);
  const all = [some, others];
  beforeAll(async () => {
    await Promise.all(all.map(({ cluster }) => cluster.start()));
  });
  afterAll(async () => {
    await Promise.all(all.map((servers) => servers.remove()));
  });

  /** Follows to the end of all, and returns what came. */
  const follow = (log: NatsSharedLog) => {
    const stop = new AbortController();
    const seen: string[] = [];
    let at = 0;
    const done = (async () => {
      for await (const entry of log.follow(1, stop.signal)) {
        seen.push(wordOf(entry));
        if (entry.kind === "damage") throw new Error(entry.message);
        // What is void has a number and is not told.
        expect(entry.at).toBeGreaterThan(at);
        at = entry.at;
      }
    })();
    return {
      seen,
      /** When it has seen all up to a message. */
      reach: async (last: number) => {
        await untilTrue(() => at >= last);
        stop.abort();
        await done;
        return seen;
      },
    };
  };

  const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Math.floor(Math.random() * 1e6));

  it.concurrent(`loses nothing that was acknowledged and has nothing twice, whichever server goes (seed ${seed})`, async () => {
    const random = new Random(seed, "servers");
    await checkBroker(await some.linked(), {
      monitors: some.cluster.monitors,
      allowUnsynced: false,
    });
    const log = await some.open("faults");
    const follower = follow(await some.open("faults"));
    const writer = await writerOf(log, "a");
    const flow = new Flow(writer, seed);
    for (let round = 0; round < rounds(3, 40); round += 1) {
      await some.cluster.settled();
      const fault = faults[round < 2 ? round : random.below(faults.length)] ?? "move";
      const before = flow.acknowledged.length;
      flow.gapMs = 0;
      const mend = await some.suffer("faults", fault, random);
      // The others go on without it.
      await untilTrue(() => flow.acknowledged.length > before + 20);
      mend();
      say(`${fault}: nothing was stored for ${Math.round(flow.gapMs)} ms\n`);
    }
    expect(await flow.stop()).toBe("durable");
    await some.cluster.settled();

    const end = await endOf(log);
    const seen = await follower.reach(end.at);
    expect(flow.acknowledged).toEqual(await storedIn(log));
    expect(seen).toHaveLength(end.at);
    await writer.close();
  });

  it.concurrent(`holds whoever takes over to what was acknowledged, with much under way and servers that go (seed ${seed})`, async () => {
    const random = new Random(seed, "takeovers");
    const nodes = [await others.open("takeovers"), await others.open("takeovers")] as const;
    const follower = follow(await others.open("takeovers"));
    let writer = await writerOf(nodes[0], "node 0");
    const acknowledged: number[] = [];
    const became: string[] = [];
    for (let round = 1; round <= rounds(3, 40); round += 1) {
      await others.cluster.settled();
      const flow = new Flow(writer, seed + round);
      await untilTrue(() => flow.acknowledged.length > 20);
      const mend = await others.suffer(
        "takeovers",
        faults[random.below(faults.length)] ?? "move",
        random,
      );
      const stopped = flow.stop();
      writer = await takenOver(nodes[round % 2]!, `node ${round}`);
      mend();
      became.push(await stopped);
      acknowledged.push(...flow.acknowledged);
    }
    await others.cluster.settled();
    expect(await writer.append(batchAt(writer.lastSequence + 1))).toBe("durable");

    const log = nodes[0];
    const seen = await follower.reach((await endOf(log)).at);
    const stored = await storedIn(log);
    say(`${became.join(", ")}; ${log.voidMessages} void\n`);
    expect(stored.slice(0, -1)).toEqual(acknowledged);
    expect(seen.filter((word) => word.includes("+"))).toHaveLength(stored.length);
  });

  it("has one writer, however many take over at once and whoever wakes later", async () => {
    const [first, second, third] = [
      await some.open("writers"),
      await some.open("writers"),
      await some.open("writers"),
    ];
    const follower = follow(third);
    let writer = await writerOf(first, "a");
    const zombies: CommandLog[] = [];
    const stored: number[] = [];
    for (let round = 0; round < rounds(4, 100); round += 1) {
      const from = writer.lastSequence + 1;
      expect(await writer.append(batchAt(from))).toBe("durable");
      stored.push(from);
      const end = await endOf(first);
      const outcomes = await Promise.all(
        [second, third, first].map((log, index) => log.takeOver(end, `node ${index}`)),
      );
      const winners = outcomes.filter(
        (outcome): outcome is CommandLog => outcome !== "overtaken" && !("kind" in outcome),
      );
      expect(winners).toHaveLength(1);
      zombies.push(writer);
      writer = winners[0] ?? writer;
      for (const zombie of zombies) {
        expect(await zombie.append(batchAt(zombie.lastSequence + 1))).toMatchObject({
          kind: "fenced",
        });
      }
    }
    const seen = await follower.reach((await endOf(first)).at);
    expect(seen.filter((word) => word.includes("+"))).toEqual(stored.map((from) => `${from}+1`));
    expect(seen.filter((word) => word.includes("takes over"))).toHaveLength(zombies.length + 1);
  });
});

/**
 * A whole cluster of processes, of which one after another is taken away while clients of both gateways
 * have commands carried out: what was acknowledged is there once, what was said not to be is not, all states are alike.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NatsLink } from "../../server/src/adapters/nats/link.ts";
import { NatsSharedLog } from "../../server/src/adapters/nats/shared-log.ts";
import { decodeCommands } from "../../server/src/sequencer/command-codec.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { ClusterNodeProcess } from "../support/cluster-node.ts";
import { NatsCluster } from "../support/nats-cluster.ts";
import { isLong, rounds } from "../support/rounds.ts";
import { say } from "../support/say.ts";
import { until, untilTrue } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

/** Commands of each gateway that wait for their answers at the same time. */
const atOnce = 4;

/** What an answer says of commands that were certainly not carried out. */
const certainlyNot = /this was not carried out|no node leads|nothing was heard/;

/** Deposits of one unit through a gateway, each with a number of its own. */
class Deposits {
  readonly acknowledged = new Set<string>();
  readonly refused = new Set<string>();
  readonly unknown = new Map<string, string>();
  /** When the last one was acknowledged, in milliseconds. */
  lastMs = 0;
  #isStopped = false;
  #next = 0;
  readonly #node: ClusterNodeProcess;
  readonly #done: Promise<unknown>;

  constructor(node: ClusterNodeProcess) {
    this.#node = node;
    this.#done = Promise.all(Array.from({ length: atOnce }, () => this.#work()));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      this.#next += 1;
      const key = `${this.#node.name}-${this.#next}`;
      const answer = await this.#node
        .ask("transfer", {
          ...{ direction: "deposit", user: "load", currency: "USDT", amount: "1" },
          ...{ key, anyUser: true },
        })
        .catch((error: unknown) => ({ kind: "unavailable", message: String(error) }) as const);
      if (answer?.kind === "done") {
        this.acknowledged.add(key);
        this.lastMs = performance.now();
        continue;
      }
      const message = answer?.message ?? "nobody was there";
      if (certainlyNot.test(message)) this.refused.add(key);
      else this.unknown.set(key, message);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

withNats("a cluster of processes is", (program) => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-faults-"));
  const servers = new NatsCluster(program);
  let engines: readonly ClusterNodeProcess[] = [];
  let gateways: readonly ClusterNodeProcess[] = [];
  let nodes: readonly ClusterNodeProcess[] = [];
  beforeAll(async () => {
    await servers.start();
    const cluster = { servers: servers.servers, monitors: servers.monitors };
    const make = (name: string, role: "engine" | "gateway") =>
      new ClusterNodeProcess({ folder, name, role, cluster });
    engines = [make("first", "engine"), make("second", "engine")];
    gateways = [make("left", "gateway"), make("right", "gateway")];
    nodes = [...engines, ...gateways];
    // A gateway begins where there is a log.
    for (const node of nodes) await node.start();
    const added = await until(async () => {
      const answer = await gateways[0]?.ask("add-market", {
        code: "BTC_USDT",
        tick: "0.01",
        lot: "0.0001",
      });
      if (answer?.kind === "unavailable") throw new Error(answer.message);
      return answer;
    });
    expect(added).toMatchObject({ kind: "done" });
  });
  afterAll(async () => {
    for (const node of nodes) {
      node.goOn();
      await node.kill();
    }
    await servers.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const leading = async (): Promise<ClusterNodeProcess> =>
    await until(async () => {
      for (const engine of engines) {
        const status = await engine.status().catch(() => undefined);
        if (status?.state === "leading") return engine;
      }
      throw new Error("no engine leads");
    });

  /** What a supervisor does: starts again what has ended. */
  const revive = async (node: ClusterNodeProcess) => {
    node.goOn();
    if (!node.runs) await node.start();
  };

  const stream = "test_commands";
  type Mend = () => Promise<void> | void;
  const faults: Readonly<Record<string, (random: Random) => Promise<Mend>>> = {
    "the engine is killed": async () => {
      const engine = await leading();
      await engine.kill();
      return () => revive(engine);
    },
    "the engine stands still": async () => {
      const engine = await leading();
      engine.stop();
      return () => revive(engine);
    },
    "a gateway is killed": async (random) => {
      const gateway = gateways[random.below(gateways.length)];
      await gateway?.kill();
      return async () => gateway && (await revive(gateway));
    },
    "the leader of the stream is killed": async () => {
      const name = await servers.leaderOf(stream);
      await servers.kill(name);
      return () => servers.run(name);
    },
    "the leader of the stream stands still": async () => {
      const name = await servers.leaderOf(stream);
      servers.stop(name);
      return () => servers.goOn(name);
    },
    "another server is killed": async (random) => {
      const leader = await servers.leaderOf(stream);
      const name = servers.names.filter((one) => one !== leader)[random.below(2)] ?? "";
      await servers.kill(name);
      return () => servers.run(name);
    },
  };

  /** Whether one leads, and whoever stood still has noticed; who has ended is started again. */
  const isOneCluster = async (): Promise<boolean> => {
    for (const node of nodes) await revive(node);
    const all = await Promise.all(nodes.map((node) => node.status().catch(() => undefined)));
    return (
      all.filter((status) => status?.state === "leading").length === 1 &&
      // One that has stopped is about to end, and is started again then.
      all.every((status) => status?.isStale === false && status.state !== "stopped")
    );
  };

  const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Math.floor(Math.random() * 1e6));

  it(`loses nothing that was acknowledged, whatever goes (seed ${seed})`, async () => {
    const random = new Random(seed, "faults");
    const flows = gateways.map((gateway) => new Deposits(gateway));
    const count = () => flows.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
    const names = Object.keys(faults);
    const pauses = new Map<string, number[]>();
    for (let round = 0; round < rounds(2, 50); round += 1) {
      await servers.settled();
      await untilTrue(() => flows.every(({ acknowledged }) => acknowledged.size > round));
      const name = names[isLong ? random.below(names.length) : round] ?? "";
      const fault = faults[name];
      if (fault === undefined) throw new Error(name);
      say(`${name}\n`);
      const began = performance.now();
      const mend = await fault(random);
      const before = count();
      await untilTrue(() => count() > before + 2 * atOnce * gateways.length);
      const first = Math.round(performance.now() - began);
      pauses.set(name, [...(pauses.get(name) ?? []), first]);
      await mend();
      await untilTrue(isOneCluster);
    }
    for (const flow of flows) await flow.stop();
    for (const [name, times] of pauses) say(`${name}: orders go on after ${times.join(", ")} ms\n`);

    await expectOnceInLog(flows);
    await until(async () => {
      const all = await Promise.all(nodes.map((node) => node.status(true)));
      expect(new Set(all.map(({ sequence, stateHash }) => `${sequence} ${stateHash}`)).size).toBe(
        1,
      );
    });
  });

  /** What was acknowledged is in the log once, and what was refused is not. */
  const expectOnceInLog = async (flows: readonly Deposits[]): Promise<void> => {
    const logged = await loggedKeys();
    const times = new Map<string, number>();
    for (const key of logged) times.set(key, (times.get(key) ?? 0) + 1);
    const acknowledged = flows.flatMap((flow) => [...flow.acknowledged]);
    const refused = flows.flatMap((flow) => [...flow.refused]);
    const unknown = flows.flatMap((flow) => [...flow.unknown.values()]);
    say(
      `${acknowledged.length} acknowledged, ${refused.length} certainly not carried out, ${unknown.length} unknown: ${[...new Set(unknown)].join(" | ")}\n`,
    );
    expect(acknowledged.filter((key) => times.get(key) !== 1)).toEqual([]);
    expect(refused.filter((key) => times.has(key))).toEqual([]);
    expect([...times.values()].filter((count) => count !== 1)).toEqual([]);
  };

  /** Keys of all deposits in the log, in its order. */
  const loggedKeys = async (): Promise<readonly string[]> => {
    const link = await NatsLink.open({ servers: servers.servers });
    const log = await NatsSharedLog.open(link, { name: stream, replicas: 3 });
    const keys: string[] = [];
    for await (const entry of log.read(1)) {
      if (entry.kind === "damage") throw new Error(entry.message);
      const commands = decodeCommands(entry.payload, entry.count);
      if (typeof commands === "string") throw new Error(commands);
      for (const command of commands) if (command.kind === "deposit") keys.push(command.key);
    }
    await link.close();
    return keys;
  };
});

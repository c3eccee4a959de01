/**
 * A whole cluster of processes, each on a host of its own: three NATS servers, two engines and two gateways, with users who
 * have money in one market. What ends by itself is started again, as a supervisor does; what a test has taken away stays away.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterNodeProcess } from "./cluster-node.ts";
import type { CryptomusUser } from "./cryptomus-client.ts";
import { freePorts } from "./free-ports.ts";
import { Hosts } from "./hosts.ts";
import { NatsCluster } from "./nats-cluster.ts";
import { addUsers } from "./operator.ts";
import { rounds } from "./rounds.ts";
import { until, untilTrue } from "./until.ts";

/** The stream of the log of commands. */
export const stream = "test_commands";

/** The market that they trade in. */
export const market = { code: "BTC_USDT", tick: "0.01", lot: "0.0001" } as const;

const wealth = { USDT: "1000000000000", BTC: "1000000000" } as const;

/** Clients of these tests come from few addresses and ask much; and nodes that come back have to be there again soon. */
const settings = {
  exchange: { snapshotEveryCommands: 50_000 },
  cryptomus: {
    ...{ requestsPerMinuteMax: 0, newConnectionsPerMinuteMax: 0, restCallsPerSecondMax: 0 },
    connectionsPerUserMax: 1_000,
  },
  server: { http: { connectionsPerAddressMax: 10_000, strangersPerSecondMax: 100_000 } },
};

const lookMs = 100;

/** Between two looks whether all are well, in milliseconds: each asks everybody, who have work to do. */
const seldomMs = 250;

/**
 * So long nothing may be carried out until all are believed to be quiet, in milliseconds: what nobody waits for any more
 * may wait itself, in a server that has stood still or for a history that is behind.
 */
const quietMs = rounds(2_000, 15_000);

/** How long a node may take to say how it is, for whoever looks for what is wrong, in milliseconds. */
const answerMs = 3_000;

/** What may be set otherwise than by default. */
export interface ProcessClusterOptions {
  /** Where a folder of all its files is made. */
  readonly parent?: string;
  /** By default two. */
  readonly gateways?: 1 | 2;
}

/** See the head of the file. */
export class ProcessCluster {
  readonly hosts = new Hosts();
  readonly servers: NatsCluster;
  readonly folder: string;
  engines: readonly ClusterNodeProcess[] = [];
  gateways: readonly ClusterNodeProcess[] = [];
  users: readonly CryptomusUser[] = [];
  /** Nodes that have ended by themselves, in their order. */
  readonly restarts: string[] = [];
  readonly #gatewayNames: readonly string[];
  readonly #away = new Set<ClusterNodeProcess>();
  #isRemoved = false;
  #supervising: Promise<unknown> = Promise.resolve();

  constructor(program: string, { parent = tmpdir(), gateways = 2 }: ProcessClusterOptions = {}) {
    this.#gatewayNames = ["left", "right"].slice(0, gateways);
    this.folder = mkdtempSync(join(parent, "openbourse-processes-"));
    this.servers = new NatsCluster(program, {
      parent: this.folder,
      hosts: Array.from({ length: 3 }, () => this.hosts.add()),
    });
  }

  get nodes(): readonly ClusterNodeProcess[] {
    return [...this.engines, ...this.gateways];
  }

  /** Resolves when the market is open and the users have their money. */
  async start(users: number): Promise<void> {
    await this.servers.start();
    const seed = join(this.folder, "users");
    this.users = addUsers(seed, users);
    const ports = await freePorts(4);
    const make = (name: string, role: "engine" | "gateway", at: number) => {
      cpSync(seed, join(this.folder, name), { recursive: true });
      const { folder, servers } = this;
      const cluster = { servers: servers.servers, monitors: servers.monitors };
      const place = { host: this.hosts.add(), port: ports[at] ?? 0 };
      return new ClusterNodeProcess({ folder, name, role, cluster, settings, ...place });
    };
    this.engines = [make("first", "engine", 0), make("second", "engine", 1)];
    this.gateways = this.#gatewayNames.map((name, at) => make(name, "gateway", 2 + at));
    // A gateway begins where there is a log.
    const [first] = this.engines;
    await first?.start();
    await Promise.all(this.nodes.filter((node) => node !== first).map((node) => node.start()));
    this.#supervising = Promise.all(this.nodes.map((node) => this.#supervise(node)));
    await this.#operate("add-market", market);
    for (const { userId } of this.users) {
      for (const [currency, amount] of Object.entries(wealth)) {
        const to = { direction: "deposit", user: userId, currency, amount };
        await this.#operate("transfer", { ...to, key: `first-${currency}`, anyUser: false });
      }
    }
  }

  /** The engine that leads; waits until one does. */
  async leading(): Promise<ClusterNodeProcess> {
    return await until(async () => {
      for (const engine of this.engines) {
        if (this.#away.has(engine)) continue;
        const status = await engine.status().catch(() => undefined);
        if (status?.state === "leading") return engine;
      }
      throw new Error("no engine leads");
    });
  }

  /** Takes a node away; it is not started again before {@link giveBack}. */
  takeAway(node: ClusterNodeProcess): void {
    this.#away.add(node);
  }

  giveBack(node: ClusterNodeProcess): void {
    this.#away.delete(node);
  }

  /** Kills everything at once. */
  async killAll(): Promise<void> {
    for (const node of this.nodes) this.takeAway(node);
    const { servers } = this;
    const all = [
      ...this.nodes.map((node) => node.kill()),
      ...servers.names.map((name) => servers.kill(name)),
    ];
    await Promise.all(all);
  }

  /** Starts what {@link killAll} has killed; does not wait for the nodes. */
  startAgain(): void {
    for (const name of this.servers.names) this.servers.run(name);
    for (const node of this.nodes) this.giveBack(node);
  }

  /** Resolves when one engine leads, all nodes hear of it, and all servers have what the others have. */
  async settled(): Promise<void> {
    await this.comesAbout("all are well", async () => {
      const all = await Promise.all(
        this.nodes.map(async (node) => await node.status().catch(() => undefined)),
      );
      const areWell =
        all.filter((status) => status?.state === "leading").length === 1 &&
        // One that has stopped is about to end, and is started again then.
        all.every((status) => status?.isStale === false && status.state !== "stopped");
      if (!areWell) await delay(seldomMs);
      return areWell;
    });
    await this.servers.settled();
  }

  /**
   * Resolves with the last command when nothing is carried out any more: what nobody was told of may still be on its way
   * when nobody asks any more.
   */
  async quiet(): Promise<number> {
    let before: string | undefined;
    await this.comesAbout("nothing is carried out any more", async () => {
      const all = await Promise.all(this.nodes.map((node) => node.status()));
      const sequences = all.map(({ sequence }) => sequence);
      const now = new Set(sequences).size === 1 ? String(sequences[0]) : undefined;
      const isQuiet = now !== undefined && now === before;
      before = now;
      if (!isQuiet) await delay(quietMs);
      return isQuiet;
    });
    return Number(before);
  }

  /** Waits; where it does not come about, the error says what every node and the stream are doing. */
  async comesAbout(
    what: string | (() => string),
    question: () => boolean | Promise<boolean>,
  ): Promise<void> {
    try {
      await untilTrue(question);
    } catch (error) {
      const missing = typeof what === "string" ? what : what();
      throw new Error(`${missing}: ${String(error)}\n${await this.#situation()}`);
    }
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.#supervising;
    for (const node of this.nodes) {
      node.goOn();
      await node.kill();
    }
    await this.servers.remove();
    this.hosts.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #supervise(node: ClusterNodeProcess): Promise<void> {
    while (!this.#isRemoved) {
      await delay(lookMs);
      if (node.runs || this.#away.has(node)) continue;
      this.restarts.push(node.name);
      // One that does not come up is tried again.
      await node.start().catch(() => {});
    }
  }

  async #operate(name: string, request: object): Promise<void> {
    await until(async () => {
      const answer = await this.gateways[0]?.ask(name, request);
      if (answer?.kind !== "done") throw new Error(JSON.stringify(answer));
      return answer;
    });
  }

  async #situation(): Promise<string> {
    const parts = this.nodes.map(async (node) => {
      const late = delay(answerMs, "no answer");
      const status = await Promise.race([node.status().catch(String), late]);
      const said = node.output.trimEnd().split("\n").slice(-12);
      return [`== ${node.name} runs: ${node.runs} ${JSON.stringify(status)}`, ...said];
    });
    const lines = (await Promise.all(parts)).flat();
    return [...lines, await this.servers.situation(stream)].join("\n");
  }
}

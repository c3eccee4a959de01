/**
 * Three real NATS servers on this machine that keep each message at all of them, written to the disk before it is
 * acknowledged. Each can be killed, stood still and started again with what it has stored.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { freePorts } from "./free-ports.ts";
import { type Host, thisHost } from "./hosts.ts";
import { killed } from "./nats-server.ts";
import { until, untilTrue } from "./until.ts";

/** Between two looks whether all servers have what the others have, in milliseconds: each is work for all of them. */
const seldomMs = 250;

/** Where a server listens. */
interface Place {
  readonly name: string;
  readonly host: Host;
  readonly port: number;
  readonly routePort: number;
  readonly monitorPort: number;
}

/** What may be set otherwise than by default. */
export interface NatsClusterOptions {
  /** When the servers write to the disk; by default before each acknowledgement. */
  readonly syncInterval?: string;
  /** Where a folder of theirs is made. */
  readonly parent?: string;
  /** Where each of the three is; by default here. */
  readonly hosts?: readonly Host[];
}

/** Servers that vote. */
export class NatsCluster {
  readonly #program: string;
  readonly #options: NatsClusterOptions;
  readonly #folder: string;
  readonly #processes = new Map<string, ChildProcess>();
  #places: readonly Place[] = [];
  #connection: NatsConnection | undefined;

  constructor(program: string, options: NatsClusterOptions = {}) {
    this.#program = program;
    this.#options = options;
    const { parent = tmpdir() } = options;
    this.#folder = mkdtempSync(join(parent, "openbourse-nats-cluster-"));
  }

  /** `HOST:PORT` of each. */
  get servers(): readonly string[] {
    return this.#places.map(({ host, port }) => `${host.address}:${port}`);
  }

  /** Where each tells of itself over HTTP. */
  get monitors(): readonly string[] {
    return this.#places.map(({ host, monitorPort }) => `http://${host.address}:${monitorPort}`);
  }

  get names(): readonly string[] {
    return this.#places.map(({ name }) => name);
  }

  /** The processes that run now. */
  get pids(): readonly number[] {
    return [...this.#processes.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Resolves when a leader of streams has been voted for. */
  async start(): Promise<void> {
    const ports = await freePorts(9);
    this.#places = ["north", "east", "west"].map((name, index) => ({
      ...{ name, host: this.#options.hosts?.[index] ?? thisHost, port: ports[index] ?? 0 },
      ...{ routePort: ports[index + 3] ?? 0, monitorPort: ports[index + 6] ?? 0 },
    }));
    for (const name of this.names) this.run(name);
    this.#connection = await until(() =>
      connect({
        servers: [...this.servers],
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        timeout: 2_000,
        pingInterval: 1_000,
      }),
    );
    // Until all three have found each other none keeps what three are to keep.
    await until(async () => {
      const { streams } = await this.#manager();
      await streams.add({ name: "probe", subjects: ["probe"], num_replicas: 3 });
      await streams.delete("probe");
    });
  }

  /** Starts a server that was killed. */
  run(name: string): void {
    const place = this.#place(name);
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "nats.conf");
    writeFileSync(file, this.#configuration(place, folder));
    const [command, args] = place.host.command(this.#program, ["-c", file]);
    this.#processes.set(name, spawn(command, args, { stdio: "ignore" }));
  }

  /** Kills a server; what it has acknowledged stays. */
  async kill(name: string): Promise<void> {
    const running = this.#processes.get(name);
    if (running === undefined) return;
    this.#processes.delete(name);
    await killed(running);
  }

  /** Makes a server stand still; its connections stay open and silent. */
  stop(name: string): void {
    this.#processes.get(name)?.kill("SIGSTOP");
  }

  goOn(name: string): void {
    this.#processes.get(name)?.kill("SIGCONT");
  }

  /** What a stream's servers do, for whoever looks for what is wrong. */
  async situation(stream: string): Promise<string> {
    const of = this.names.map((name) => {
      const running = this.#processes.get(name);
      return `${name}: ${running === undefined ? "killed" : (running.exitCode ?? "runs")}`;
    });
    const info = await this.#manager()
      .then((manager) => manager.streams.info(stream))
      .then(({ state, cluster }) => JSON.stringify({ state, cluster }), String);
    return [...of, info].join("\n");
  }

  /** Cuts a server off from everybody. */
  cut(name: string): void {
    this.#place(name).host.cut();
  }

  mend(name: string): void {
    this.#place(name).host.mend();
  }

  /** Folder of what a server has stored. */
  storeOf(name: string): string {
    return join(this.#folder, name, "store");
  }

  /** Which server leads a stream; waits until one does. */
  async leaderOf(stream: string): Promise<string> {
    return await until(async () => {
      const manager = await this.#manager();
      const { cluster } = await manager.streams.info(stream);
      if (cluster?.leader === undefined) throw new Error("nobody leads it");
      return cluster.leader;
    });
  }

  /** Has another server lead a stream, and resolves when it does. */
  async move(stream: string, name: string): Promise<void> {
    const subject = `$JS.API.STREAM.LEADER.STEPDOWN.${stream}`;
    const question = JSON.stringify({ placement: { preferred: name } });
    await this.#reached().request(subject, question, { timeout: 5_000 });
    await until(async () => {
      const leader = await this.leaderOf(stream);
      if (leader !== name) throw new Error(`${leader} leads it`);
    });
  }

  /** Resolves when all servers that run have a common leader, and each has what the others have. */
  async settled(): Promise<void> {
    await until(async () => {
      const manager = await this.#manager();
      await manager.getAccountInfo();
      for await (const { cluster } of manager.streams.list()) {
        const { replicas = [] } = cluster ?? {};
        const isBehind = replicas.some(({ current, offline }) => !current || offline === true);
        if (cluster?.leader !== undefined && !isBehind) continue;
        await delay(seldomMs);
        throw new Error("one is behind");
      }
    });
  }

  /** Kills all and deletes what they have stored. */
  async remove(): Promise<void> {
    await this.#connection?.close();
    for (const name of this.names) await this.kill(name);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #place(name: string): Place {
    const place = this.#places.find((one) => one.name === name);
    if (place === undefined) throw new Error(`no server is named ${name}`);
    return place;
  }

  #configuration({ name, host, port, routePort, monitorPort }: Place, folder: string): string {
    const routes = this.#places
      .filter((place) => place.name !== name)
      .map((place) => `"nats://${place.host.address}:${place.routePort}"`);
    return [
      `server_name: ${name}`,
      `listen: ${host.address}:${port}`,
      `http: ${host.address}:${monitorPort}`,
      `jetstream { store_dir: "${join(folder, "store")}", max_mem: 64MB, max_file: 4GB, sync_interval: ${this.#options.syncInterval ?? "always"} }`,
      `cluster { name: test, listen: ${host.address}:${routePort}, routes: [${routes.join(", ")}] }`,
      "",
    ].join("\n");
  }

  #reached(): NatsConnection {
    if (this.#connection === undefined) throw new Error("the servers were not started");
    return this.#connection;
  }

  async #manager() {
    const connection = this.#reached();
    await untilTrue(() => !connection.isClosed());
    return await jetstreamManager(connection, { timeout: 2_000, checkAPI: false });
  }
}

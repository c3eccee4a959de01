/**
 * `dev-cluster`: a whole cluster on this machine, for trying: three NATS servers, an engine, a standby, a feed node and
 * two gateways, each a process of its own. It ends them all when it is told to stop, and a guard does so where it is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { askServer } from "../../admin/ask-server.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import { masterKeyVariable } from "../../config/source.ts";
import { StartError } from "../../ports/start-error.ts";
import { configOrExitCode } from "./config.ts";
import { print } from "./key-store.ts";
import { endInStages, isGuarded, ProcessGuard } from "./process-guard.ts";

/** What is tried with. */
export interface DevClusterOptions {
  readonly natsServer: string;
}

const natsServers = [1, 2, 3] as const;

/** What the feed node tells, made up. */
const datasets = [{ code: "simulated", feed: { kind: "simulator" } }] as const;

/** Markets and money that the demo users begin with. */
const markets = ["BTC_USDT", "ETH_USDT"] as const;
const funds = { BTC: "10", ETH: "100", USDT: "100000" } as const;

/** Who ends last: what all need. Gateways and feeds end before engines. */
const stages = { servers: 0, engines: 1, others: 2 } as const;

/** How long a process may take to be ready, and to end, in milliseconds. */
const readyWithinMs = 90_000;
const endWithinMs = 10_000;
const lookMs = 100;

/** How long a process that has ended stays away, in milliseconds. */
const againMs = 2_000;

/** Why nothing more is started. */
const stoppedWords = "the cluster was stopped while it started";

/** Runs a cluster until SIGINT or SIGTERM. */
export async function devCluster(input: ConfigInput, options: DevClusterOptions): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const told = new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => done());
  });
  const folder = resolve(config.data, "dev-cluster");
  const socket = join(folder, "guard.sock");
  if (await isGuarded(socket)) {
    throw new StartError(
      `a cluster runs in ${folder} already, or was killed and is just ending: stop it, or name another folder with --data`,
    );
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const guard = new ProcessGuard(socket);
  const cluster = new DevCluster(folder, config.server.port, guard);
  const started = cluster.start(options.natsServer);
  try {
    await Promise.race([started, told, cluster.ended]);
    const ended = await Promise.race([told, cluster.ended]);
    if (ended === undefined) return 0;
    throw new StartError(ended);
  } finally {
    await cluster.stop();
    // Where it was still starting, it has given that up.
    await started.catch(() => {});
    await guard.close();
  }
}

/** The processes of a cluster. */
class DevCluster {
  readonly #folder: string;
  readonly #port: number;
  readonly #guard: ProcessGuard;
  readonly #processes: { readonly stage: number; readonly process: ChildProcess }[] = [];
  readonly #ended = Promise.withResolvers<string>();
  #isStopping = false;

  constructor(folder: string, port: number, guard: ProcessGuard) {
    this.#folder = folder;
    this.#port = port;
    this.#guard = guard;
  }

  /** Resolves with why there can be no cluster. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  async start(natsServer: string): Promise<void> {
    const { servers, monitors } = await this.#startNats(natsServer);
    const file = join(this.#folder, "cluster.yaml");
    // JSON is YAML, too.
    const cluster = { name: "dev", servers, monitors };
    writeFileSync(file, JSON.stringify({ cluster, datasets, exchange: { warmUpMs: 0 } }));
    const engine = await this.#startNode(file, ["engine", "engine", 0, "demo.users=true"]);
    await Promise.all([
      this.#startNode(file, ["standby", "engine", 0]),
      this.#startNode(file, ["feed", "feed", 0]),
      this.#fund(engine),
    ]);
    const [left, right] = this.#port === 0 ? [0, 0] : [this.#port, this.#port + 1];
    const gateways = await Promise.all([
      this.#startNode(file, ["gateway-1", "gateway", left]),
      this.#startNode(file, ["gateway-2", "gateway", right]),
    ]);
    for (const text of gateways) print(`gateway ${addressIn(text)}`);
    for (const line of engine.split("\n").filter((text) => text.startsWith("demo user")))
      print(line);
    print(`folders and logs of all processes: ${this.#folder}`);
    print(`look at a node: openbourse cluster status --data ${join(this.#folder, "standby")}`);
    print("stop all with Ctrl-C");
  }

  /** Ends all, in their stages. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await endInStages(this.#processes, async ({ process: running }) => {
      if (running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((done) => running.once("exit", done));
      running.kill("SIGTERM");
      await Promise.race([gone, pause(endWithinMs, undefined, { ref: false })]);
      running.kill("SIGKILL");
    });
  }

  async #startNats(program: string) {
    const ports = await freePorts(natsServers.length * 3);
    const port = (of: number, kind: number) => ports[(of - 1) * 3 + kind] ?? 0;
    const routes = natsServers.map((of) => `nats://127.0.0.1:${port(of, 2)}`).join(", ");
    for (const of of natsServers) {
      const name = `nats-${of}`;
      const store = JSON.stringify(join(this.#folder, name));
      const file = join(this.#folder, `${name}.conf`);
      writeFileSync(
        file,
        `server_name: ${name}
listen: "127.0.0.1:${port(of, 0)}"
http: "127.0.0.1:${port(of, 1)}"
jetstream { store_dir: ${store}, sync_interval: always }
cluster { name: dev, listen: "127.0.0.1:${port(of, 2)}", routes: [${routes}] }
`,
      );
      this.#run(name, stages.servers, [program, "--config", file]);
    }
    return {
      servers: natsServers.map((of) => `127.0.0.1:${port(of, 0)}`),
      monitors: natsServers.map((of) => `http://127.0.0.1:${port(of, 1)}`),
    };
  }

  /** Starts a node; resolves with what it has printed when it is ready. */
  async #startNode(
    file: string,
    [name, role, port, ...settings]: readonly [string, string, number, ...string[]],
  ): Promise<string> {
    const data = join(this.#folder, name);
    const args = ["serve", "--config", file, "--role", role, "--port", `${port}`, "--data", data];
    const sets = [`cluster.node=${name}`, ...settings].flatMap((text) => ["--set", text]);
    const [, program = ""] = process.argv;
    const stage = role === "engine" ? stages.engines : stages.others;
    const running = this.#run(name, stage, [process.execPath, program, ...args, ...sets]);
    let text = "";
    running.stdout?.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    for (let waitedMs = 0; !text.includes("listening"); waitedMs += lookMs) {
      if (this.#isStopping) throw new StartError(stoppedWords);
      if (running.exitCode !== null || waitedMs > readyWithinMs) {
        const said = readFileSync(this.#logOf(name), "utf8").trim().split("\n").at(-1);
        throw new StartError(`${name} did not start: ${said}`);
      }
      await pause(lookMs);
    }
    await pause(lookMs);
    return text;
  }

  #run(
    name: string,
    stage: number,
    command: readonly [program: string, ...args: string[]],
  ): ChildProcess {
    if (this.#isStopping) throw new StartError(stoppedWords);
    const [program, ...args] = command;
    const log = openSync(this.#logOf(name), "a");
    const running = spawn(program, args, {
      stdio: ["ignore", "pipe", log],
      env: { ...process.env, [masterKeyVariable]: this.#masterKey() },
      // Ctrl-C is for this process alone, which stops the others in order.
      detached: true,
    });
    running.once("error", (error) =>
      this.#ended.resolve(
        `${program} cannot be started: ${error.message}; name it with --nats-server`,
      ),
    );
    const { pid } = running;
    if (pid !== undefined) this.#guard.add(pid, stage);
    running.once("exit", () => {
      if (pid !== undefined) this.#guard.forget(pid);
      if (this.#isStopping || pid === undefined) return;
      print(`${name} has ended, and is started again`);
      this.#processes.splice(this.#processes.indexOf(own), 1);
      setTimeout(() => {
        if (!this.#isStopping) this.#run(name, stage, command);
      }, againMs);
    });
    closeSync(log);
    running.stdout?.resume();
    const own = { stage, process: running };
    this.#processes.push(own);
    return running;
  }

  #logOf(name: string): string {
    return join(this.#folder, `${name}.log`);
  }

  #masterKey(): string {
    const file = join(this.#folder, "master-key");
    if (!existsSync(file)) writeFileSync(file, systemSecrets().randomHex(32), { mode: 0o600 });
    return readFileSync(file, "utf8");
  }

  /** Markets, and money for the users that the engine has made. */
  async #fund(engine: string): Promise<void> {
    const { adminSocket } = dataFolder(join(this.#folder, "engine"));
    const ask = (name: string, request: object) => askServer(adminSocket, { name, request });
    for (const code of markets) await ask("add-market", { code, tick: "0.01", lot: "0.0001" });
    for (const [, user = ""] of engine.matchAll(/^demo user: (\S+)/gm)) {
      for (const [currency, amount] of Object.entries(funds)) {
        const transfer = { direction: "deposit", user, currency, amount, anyUser: false };
        await ask("transfer", { ...transfer, key: `demo-${currency}` });
      }
    }
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((done) => server.once("listening", done))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Where a node listens. It says first where its page is, where that was built. */
function addressIn(text: string): string {
  return /listening on (http:\S+)/.exec(text)?.[1] ?? "";
}

/** A node of a cluster in a process of its own, which can be killed, stood still and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AdminAnswer } from "../../server/src/admin/answer.ts";
import { askServer } from "../../server/src/admin/ask-server.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import type { ClusterStatus } from "../../server/src/ports/cluster-control.ts";
import { type Host, thisHost } from "./hosts.ts";
import { cleanEnvironment, commandFile } from "./server-process.ts";
import { untilTrue } from "./until.ts";

/** What a node prints once it can be asked. */
const readyWords = "openbourse listening on";

/** Where a node is, and what it does. */
export interface ClusterNodeSetup {
  readonly folder: string;
  readonly name: string;
  readonly role: "all" | "engine" | "gateway" | "feed";
  /** More of the section `cluster`. */
  readonly cluster: object;
  /** Settings besides. */
  readonly settings?: object;
  /** Where it runs; by default here. */
  readonly host?: Host;
  /** Where it serves, in all its lives; by default anywhere. */
  readonly port?: number;
}

/** One node; its folder outlives its process. */
export class ClusterNodeProcess {
  readonly name: string;
  readonly data: string;
  readonly host: Host;
  readonly #config: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #output = "";

  constructor(setup: ClusterNodeSetup) {
    const { folder, name, role, cluster, settings = {}, host = thisHost, port = 0 } = setup;
    this.name = name;
    this.host = host;
    this.#port = port;
    this.data = join(folder, name);
    mkdirSync(this.data, { recursive: true, mode: 0o700 });
    this.#config = join(folder, `${name}.yaml`);
    const all = {
      cluster: { ...{ role, node: name, name: "test" }, ...cluster },
      ...{ terminal: { enabled: false }, datasets: [] },
      ...settings,
    };
    writeFileSync(this.#config, JSON.stringify(all));
  }

  get http(): string {
    return `http://${this.host.address}:${this.#port}`;
  }

  /** What it has said, of all its lives. */
  get output(): string {
    return this.#output;
  }

  get runs(): boolean {
    const child = this.#process;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const place = ["--host", this.host.address, "--port", String(this.#port)];
    const args = ["serve", "--config", this.#config, ...place, "--data", this.data];
    const command = this.host.command(process.execPath, [await commandFile(), ...args]);
    const child = spawn(...command, {
      env: cleanEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    const note = (chunk: unknown) => {
      this.#output = `${this.#output}${String(chunk)}`.slice(-20_000);
    };
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    // Asking it before it has said so would be work for both. The words may come in two pieces.
    let said = "";
    const isReady = () => said.includes(readyWords);
    child.stdout.on("data", (chunk) => {
      if (!isReady()) said += String(chunk);
    });
    await untilTrue(async () => {
      if (!this.runs) throw new Error(`${this.name} ended with ${child.exitCode}: ${this.#output}`);
      return isReady() && (await this.status().catch(() => undefined)) !== undefined;
    });
  }

  /** Kills it, or tells it to end; resolves when it has. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === undefined || !this.runs) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** Makes it stand still; its connections stay open and silent. */
  stop(): void {
    this.#process?.kill("SIGSTOP");
  }

  goOn(): void {
    this.#process?.kill("SIGCONT");
  }

  /** How it is doing; with its state's digest where that is asked for. */
  async status(hash = false): Promise<ClusterStatus> {
    const answer = await this.ask<ClusterStatus>("cluster-status", { hash });
    if (answer?.kind !== "done") throw new Error(`${this.name}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  /** Has it do something; undefined where it does not run. Nothing is asked twice. */
  async ask<Result>(name: string, request: object): Promise<AdminAnswer<Result> | undefined> {
    const { adminSocket } = dataFolder(this.data);
    const answer = await askServer(adminSocket, { name, request, patienceMs: 0 });
    return answer as AdminAnswer<Result> | undefined;
  }
}

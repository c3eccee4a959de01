/**
 * A server with a venue and a producer, its recorders and one client, of which any may be killed at any moment and is
 * then started again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  cleanEnvironment,
  commandFile,
  type ServerProcess,
  startServerProcess,
} from "../support/server-process.ts";
import { openStream, type StreamClient } from "../support/stream-client.ts";
import { makeKey, type Producer } from "./push-producer.ts";

/** A recorder, and what its files are called. */
export interface Recorded {
  readonly name: string;
  readonly args: readonly string[];
}

/** What is recorded: two datasets, the venue's frames, and what the client is sent. */
export const recorders: readonly Recorded[] = [
  { name: "htx", args: ["--dataset", "htx"] },
  { name: "desk", args: ["--dataset", "desk"] },
  { name: "htx-venue", args: ["--venue", "htx"] },
  { name: "sent", args: ["--sent"] },
];

/** A recorder that runs. */
export class RecorderProcess {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #stderr = "";

  constructor({ args }: Recorded, config: string, output: string) {
    this.#args = ["record", ...args, "--config", config, "--output", output];
  }

  async start(): Promise<void> {
    const args = [await commandFile(), ...this.#args];
    this.#stderr = "";
    this.#child = spawn(process.execPath, args, {
      env: cleanEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
  }

  /** Resolves with how it ended. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode !== null) throw new Error(`a recorder has ended: ${this.#stderr}`);
    const exited = once(child, "exit");
    child.kill(signal);
    const [code] = await exited;
    return code;
  }
}

/** What the house is made of. */
export interface HouseParts {
  readonly folder: string;
  readonly yaml: string;
  readonly producer: Producer;
  readonly tickers: readonly string[];
}

/** All of it. */
export class RecordedHouse {
  /** Messages to the client, life by life of the server. */
  readonly received: string[] = [];
  readonly recorders: readonly RecorderProcess[];
  readonly data: string;
  readonly output: string;
  readonly #parts: HouseParts;
  #server: ServerProcess | undefined;
  #client: StreamClient | undefined;
  #key: string | undefined;
  #pushing: Promise<unknown> = Promise.resolve();
  #isPushing = false;

  constructor(parts: HouseParts) {
    const { folder, yaml } = parts;
    this.#parts = parts;
    this.data = join(folder, "data");
    this.output = join(folder, "recorded");
    const config = join(folder, "openbourse.yaml");
    writeFileSync(config, `data: ${this.data}\n${yaml}`);
    this.recorders = recorders.map((each) => new RecorderProcess(each, config, this.output));
  }

  async startServer(): Promise<void> {
    const { yaml, tickers } = this.#parts;
    const server = await startServerProcess({ yaml, data: this.data });
    this.#server = server;
    this.#key ??= makeKey(this.data);
    this.#isPushing = true;
    this.#pushing = this.#push(server.http, this.#key);
    const client = await openStream(`${server.ws}/v1?apikey=${server.demoKey}`);
    this.#client = client;
    const topic = { channel: "bars", frequency: "1s", aggregation: "1m" };
    client.send({ event: "subscribe", dataset: "htx", tickers, ...topic });
    client.send({ event: "subscribe", dataset: "desk", tickers: ["A/B"], ...topic });
  }

  /** Resolves when the server is gone, and all that the client was sent is noted. */
  async stopServer(signal: NodeJS.Signals): Promise<void> {
    if (signal === "SIGKILL") this.#isPushing = false;
    else await this.finishPushing();
    await this.#server?.stop(signal);
    await this.#pushing;
    await this.#client?.closed;
    this.received.push(...(this.#client?.received.map(({ text }) => text) ?? []));
  }

  /** Pushes nothing new, and everything that was not acknowledged. */
  async finishPushing(): Promise<void> {
    if (!this.#isPushing) return;
    this.#isPushing = false;
    await this.#pushing;
    await this.#parts.producer.pushRest(this.#server?.http ?? "", this.#key ?? "");
  }

  async #push(http: string, key: string): Promise<void> {
    while (this.#isPushing) await this.#parts.producer.push(http, key, () => this.#isPushing);
  }
}

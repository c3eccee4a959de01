/**
 * Makes state snapshots in a process of its own, so that what they take of memory and of the collector's
 * threads is nothing the exchange waits for. It ends with the server, however that ends.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { MessagePort } from "node:worker_threads";
import type { Chunk } from "../../adapters/sqlite/log/reader.ts";
import { assert, ensureNever } from "../../core/assert.ts";
import type { SnapshotMaker, SnapshotOutcome } from "../../ports/snapshot-maker.ts";
import type { FromSnapshotProcess, ToSnapshotProcess } from "./snapshot-messages.ts";
import { type SnapshotWorkerOptions, snapshotHeapMaxDefault } from "./snapshot-worker-maker.ts";

/** As much of what the process says at its end goes into the log, in characters. */
const lastWordsMax = 1_000;

/** A snapshot that is being made. */
interface Making {
  /** Reads the log. */
  readonly port: MessagePort;
  resolve(outcome: SnapshotOutcome): void;
}

/** Keeps one process, which makes one snapshot after the other. */
export class SnapshotProcessMaker implements SnapshotMaker {
  readonly #options: SnapshotWorkerOptions;
  #child: ChildProcess | undefined;
  #making: Making | undefined;
  #isStopped = false;

  constructor(options: SnapshotWorkerOptions) {
    this.#options = options;
  }

  /** Of the process, while there is one. */
  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process while the server is small: a system copies the tables of all its memory for it. */
  prepare(): void {
    // Where it cannot be started, the first snapshot that is due says so.
    if (!this.#isStopped) this.#started();
  }

  make(sequence: number): Promise<SnapshotOutcome> {
    assert(this.#making === undefined, "one snapshot is made at a time");
    if (this.#isStopped) return Promise.resolve(failed("no snapshot is made any more"));
    const fault = this.#started();
    if (fault !== undefined) return Promise.resolve(failed(fault));
    const { files, log, heapMax = snapshotHeapMaxDefault } = this.#options;
    const port = log.readerPort();
    // What the port of a snapshot that is over says late is nothing for the next one.
    const pass = (message: ToSnapshotProcess) => {
      if (this.#making?.port === port) this.#send(message);
    };
    port.on("message", (chunk: Chunk) => pass(chunk));
    port.on("close", () => pass({ kind: "log-closed" }));
    const order = { sequence, folder: files.snapshots, epoch: log.epoch, file: files.log };
    this.#send({ kind: "make", order, heapMax });
    return new Promise((resolve) => {
      this.#making = { port, resolve };
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, "close");
    child.ref();
    child.kill("SIGKILL");
    await ended;
  }

  /** Sees to it that there is a process; answers why there is none. */
  #started(): string | undefined {
    try {
      this.#child ??= this.#start();
      return undefined;
    } catch (error) {
      // Some of what a system has against a new process is thrown, the rest is told as an event.
      return `its process cannot be started: ${error}`;
    }
  }

  #start(): ChildProcess {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const program = fileURLToPath(new URL(`./snapshot-process.${extension}`, import.meta.url));
    // It needs none of this process's flags and secrets, and some flags would end it.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = fork(program, [], {
      execArgv: [],
      env,
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (words: string) => {
      lastWords = (lastWords + words).slice(0, lastWordsMax);
    });
    child.on("message", (message: FromSnapshotProcess) => this.#receive(message));
    child.once("error", ({ message }) => this.#ended(child, `its process: ${message}`));
    child.once("close", (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      this.#ended(child, `its process was ended ${how}${lastWords && `: ${lastWords}`}`);
    });
    // Nobody has to wait for it: it ends with this process.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #receive(message: FromSnapshotProcess): void {
    switch (message.kind) {
      case "line":
        this.#options.report[message.level](message.phrase, message.fields);
        return;
      case "read":
        this.#making?.port.postMessage(message.from);
        return;
      case "outcome":
        this.#settle(message.outcome);
        return;
      default:
        ensureNever(message);
    }
  }

  #settle(outcome: SnapshotOutcome): void {
    const making = this.#making;
    this.#making = undefined;
    making?.port.close();
    making?.resolve(outcome);
  }

  #ended(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#making === undefined && !this.#isStopped) {
      const { report } = this.#options;
      report.warn("the process that makes snapshots ended; the next one starts it again", {
        reason,
      });
    }
    this.#settle(failed(reason));
  }

  #send(message: ToSnapshotProcess): void {
    // One that has ended says so by itself.
    if (this.#child?.connected) this.#child.send(message, () => {});
  }
}

function failed(message: string): SnapshotOutcome {
  return { kind: "failed", message };
}

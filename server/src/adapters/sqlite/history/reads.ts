/**
 * The reading end of the history: queries wait in a bounded queue, askers take turns, and a thread of
 * its own answers one at a time, so that no read holds up the exchange or another user's read for long.
 */
import { Worker } from "node:worker_threads";
import { type Answer, isUnanswered, type Unanswered } from "../../../ports/history.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { FairQueue } from "./fair-queue.ts";
import type { FromReader, HistoryRead, ReadKind, ReadRequest, ToReader } from "./messages.ts";

/** Most queries of one asker that wait; more are answered `busy`. */
export const readsPerAskerMax = 16;

/** Most queries of all askers together that wait. */
export const readsMax = 1_024;

interface Task {
  readonly request: ReadRequest;
  resolve(answer: readonly unknown[] | Unanswered): void;
}

/** The thread that reads a file, and who waits for it. It is started when it is first asked. */
export class HistoryReads {
  readonly #file: string;
  readonly #queue = new FairQueue<Task>({ perAskerMax: readsPerAskerMax, totalMax: readsMax });
  #worker: Worker | undefined;
  /** Resolves when the thread has ended. */
  #exited: Promise<void> = Promise.resolve();
  /** Whom the next message is for; undefined while the thread has nothing to do. */
  #current: Pick<Task, "resolve"> | undefined;
  /** Why nothing is read any more. */
  #failure: StorageFailure | undefined;

  /** Its writer has to have opened the file before the first question. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Asks for rows on behalf of an asker. */
  read<Kind extends ReadKind>(
    asker: string,
    kind: Kind,
    query: HistoryRead[Kind]["query"],
  ): Answer<HistoryRead[Kind]["row"]> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { promise, resolve } = Promise.withResolvers<readonly unknown[] | Unanswered>();
    const request = { kind, query } as ReadRequest;
    const full = this.#queue.add(asker, { request, resolve });
    if (full !== undefined) return Promise.resolve({ kind: "busy", asker: full });
    if (this.#worker === undefined) this.#start();
    else if (this.#current === undefined) this.#next();
    return promise as Answer<HistoryRead[Kind]["row"]>;
  }

  /** Answers what is being read, nothing else, and lets the file go. */
  async close(): Promise<void> {
    this.#fail(`${this.#file} is closed`);
    this.#post({ kind: "close" });
    await this.#exited;
  }

  #start(): void {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const url = new URL(`./read-worker.${extension}`, import.meta.url);
    const worker = new Worker(url, { name: "history-read", workerData: { file: this.#file } });
    this.#worker = worker;
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (message: FromReader) => this.#receive(message));
    worker.on("error", (error) => this.#end(`the reader of ${this.#file} ended: ${error}`));
    worker.on("exit", () => this.#end(`the reader of ${this.#file} has ended`));
    // It says first how opening the file went.
    this.#current = {
      resolve: (opened) => {
        if (isUnanswered(opened) && opened.kind === "failure") this.#fail(opened.message);
      },
    };
  }

  #next(): void {
    const task = this.#queue.take();
    this.#current = task;
    if (task !== undefined) this.#post(task.request);
  }

  #post(message: ToReader): void {
    this.#worker?.postMessage(message);
  }

  #receive(message: FromReader): void {
    const answer = message.kind === "rows" ? message.rows : failureOf(message.message);
    this.#current?.resolve(answer);
    this.#next();
  }

  /** The thread has ended: what it was reading will not be answered. */
  #end(reason: string): void {
    this.#fail(reason);
    this.#current?.resolve(failureOf(reason));
    this.#current = undefined;
  }

  #fail(reason: string): void {
    this.#failure ??= failureOf(reason);
    for (let task = this.#queue.take(); task !== undefined; task = this.#queue.take()) {
      task.resolve(this.#failure);
    }
  }
}

function failureOf(message: string): StorageFailure {
  return { kind: "failure", fault: "failed", message };
}

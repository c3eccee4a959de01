/**
 * The owner's end of a thread that serves a store. A thread whose store was closed is kept for the next one of its
 * kind that this process opens: starting a thread takes longer than opening most files.
 */
import { EventEmitter } from "node:events";
import { type Transferable, Worker } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";

/** To a thread without a store: the store to serve. */
export interface StoreBegin {
  readonly kind: "begin";
  readonly store: unknown;
}

/** From a thread: its store is closed, and nothing more is said of it. */
export const storeEnded = "store ended";

/** Most threads of one kind that are kept without a store. */
const sparesMax = 2;

/** Threads without a store, by the module that they run. They keep no process alive. */
const spares = new Map<string, Worker[]>();

/** The module that a thread runs, and the store that it serves. */
export interface StoreThreadOptions {
  /** The module's place without its extension: the source in a checkout, its build in a package. */
  readonly module: URL;
  readonly name: string;
  /** What the module is told of the store. */
  readonly store: unknown;
}

/** What it tells its owner; `exit` is the last of it, and also follows an `error`. */
interface Told {
  message: [message: unknown];
  error: [error: unknown];
  exit: [];
}

/** A thread for as long as it serves one store. */
export class StoreThread extends EventEmitter<Told> {
  readonly #module: string;
  /** Undefined once it serves this store no more. */
  #worker: Worker | undefined;

  constructor({ module, name, store }: StoreThreadOptions) {
    super();
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#module = `${module.href}.${extension}`;
    // The thread needs none of this process's flags, and some, such as --input-type, would end it.
    const worker =
      spares.get(this.#module)?.pop() ?? new Worker(new URL(this.#module), { name, execArgv: [] });
    this.#worker = worker;
    worker.removeAllListeners();
    worker.on("message", (message) => this.#receive(message));
    worker.on("error", (error) => this.emit("error", error));
    worker.on("exit", () => this.#end());
    worker.ref();
    worker.postMessage({ kind: "begin", store } satisfies StoreBegin);
  }

  /** Says something to the thread; nothing once it has ended. */
  postMessage(message: unknown, transfer?: readonly Transferable[]): void {
    this.#worker?.postMessage(message, transfer);
  }

  /** Ends the thread whatever it is doing. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate();
  }

  #receive(message: unknown): void {
    if (message !== storeEnded) {
      this.emit("message", message);
      return;
    }
    assert(this.#worker !== undefined, "a store ends once");
    keep(this.#module, this.#worker);
    this.#end();
  }

  #end(): void {
    if (this.#worker === undefined) return;
    this.#worker = undefined;
    this.emit("exit");
  }
}

/** Keeps a thread for the next store, or ends it where enough are kept. */
function keep(module: string, worker: Worker): void {
  const kept = spares.get(module) ?? [];
  spares.set(module, kept);
  worker.removeAllListeners();
  worker.unref();
  if (kept.length >= sparesMax) {
    void worker.terminate();
    return;
  }
  // One that ends meanwhile, by a fault of its own, is not given another store.
  const forget = () => {
    const place = kept.indexOf(worker);
    if (place >= 0) kept.splice(place, 1);
  };
  worker.on("error", forget).on("exit", forget);
  kept.push(worker);
}

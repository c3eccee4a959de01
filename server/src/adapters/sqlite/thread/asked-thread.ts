/**
 * A thread that answers questions one at a time: they wait in a bounded queue in which askers take turns.
 * It is started when it is first asked, and once it has ended every question is answered with why.
 */
import type { Unanswered } from "../../../ports/history.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { FairQueue, type FairQueueBounds } from "./fair-queue.ts";
import { StoreThread } from "./store-thread.ts";

/** A question as it is posted, and what is handed over with it instead of being copied. */
export interface Posted<Question> {
  readonly question: Question;
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

/** The thread, and who it works for. */
export interface AskedThreadOptions<Answer> {
  /** The module that it runs; see `StoreThreadOptions`. */
  readonly module: URL;
  readonly name: string;
  /** What the module is told of what it works on. */
  readonly store: unknown;
  /** What it works on, in words: a file or a folder. */
  readonly subject: string;
  readonly bounds: FairQueueBounds;
  /** Why it cannot work, which it says first and unasked; undefined when it can. */
  refusalOf(first: Answer): string | undefined;
}

interface Task<Question, Answer> {
  prepare(): Posted<Question> | Promise<Posted<Question>>;
  resolve(answer: Answer | Unanswered): void;
  reject(error: unknown): void;
}

/** The asking end of such a thread. */
export class AskedThread<Question, Answer> {
  readonly #options: AskedThreadOptions<Answer>;
  readonly #queue: FairQueue<Task<Question, Answer>>;
  #worker: StoreThread | undefined;
  /** Resolves when the thread has ended. */
  #exited: Promise<void> = Promise.resolve();
  /** Whom the next message is for; undefined while the thread has nothing to do. */
  #current: Pick<Task<Question, Answer>, "resolve"> | undefined;
  /** Why nothing is answered any more. */
  #failure: StorageFailure | undefined;
  #isClosing = false;

  constructor(options: AskedThreadOptions<Answer>) {
    this.#options = options;
    this.#queue = new FairQueue(options.bounds);
  }

  /** Asks on behalf of an asker; the question is made when it is its turn. */
  ask(asker: string, prepare: Task<Question, Answer>["prepare"]): Promise<Answer | Unanswered> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<Answer | Unanswered>();
    const full = this.#queue.add(asker, { prepare, resolve, reject });
    if (full !== undefined) return Promise.resolve({ kind: "busy", asker: full });
    if (this.#worker === undefined) this.#start();
    else if (this.#current === undefined) void this.#next();
    return promise;
  }

  /** Answers what is being asked, nothing else, and ends the thread. */
  async close(): Promise<void> {
    this.#fail(`${this.#options.subject} is closed`);
    this.#isClosing = true;
    if (this.#current === undefined) this.#worker?.postMessage("close");
    await this.#exited;
  }

  #start(): void {
    const { module, name, store, subject } = this.#options;
    const worker = new StoreThread({ module, name, store });
    this.#worker = worker;
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (answer) => this.#receive(answer as Answer));
    worker.on("error", (error) => this.#end(`the thread of ${subject} ended: ${error}`));
    worker.on("exit", () => this.#end(`the thread of ${subject} has ended`));
    this.#current = {
      resolve: (first) => {
        const refusal = this.#options.refusalOf(first as Answer);
        if (refusal !== undefined) this.#fail(refusal);
      },
    };
  }

  async #next(): Promise<void> {
    const task = this.#queue.take();
    this.#current = task;
    if (task === undefined) {
      if (this.#isClosing) this.#worker?.postMessage("close");
      return;
    }
    try {
      const { question, transfer } = await task.prepare();
      this.#worker?.postMessage(question, transfer);
    } catch (error) {
      // A question that cannot be made is a bug of who asks, and no reason to leave others waiting.
      task.reject(error);
      await this.#next();
    }
  }

  #receive(answer: Answer): void {
    this.#current?.resolve(answer);
    void this.#next();
  }

  /** The thread has ended: what it was asked will not be answered. */
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

/** Why nothing is stored or read, in words for the operator. */
export function failureOf(message: string): StorageFailure {
  return { kind: "failure", fault: "failed", message };
}

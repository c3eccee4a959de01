/**
 * A venue through ccxt, in a thread of its own: ccxt, its markets, unpacking and parsing never hold up the event
 * loop of the server, and what ccxt breaks ends that thread and not the server. Here is what asks the thread. One that
 * ends, or does not let go, is told as the end of all its watches, and the next watch starts another one.
 */
import { Worker } from "node:worker_threads";
import type { StopSignal } from "../../ports/feed.ts";
import type {
  FrameTap,
  LiveSource,
  LiveSourceContext,
  LiveTold,
  LiveTrade,
  VenueFrame,
} from "../../ports/live-source.ts";
import type { CcxtFeedConfig } from "./config.ts";
import type { CcxtSourceOptions } from "./feed.ts";
import { venueFacts } from "./venues.ts";

/** Most trades that the thread tells at once: whoever takes them does so in one turn of the event loop. */
export const toldTradesMax = 500;

/** Raw frames that the thread has shown and that were not taken yet; with more it ends. */
export const shownFramesMax = 100_000;

/** After how many frames the thread is told that they were taken. */
const framesTaken = 1_000;

/** Heap of the thread, in MiB. */
const heapMax = 1_024;

/** How long the thread may take to let its connections go at the end, in milliseconds. */
const closingMs = 1_000;

const lettingGoDefaultMs = 10_000;

/** What the thread works with. */
export interface CcxtThreadOrder {
  /** Address of the exchange's module. */
  readonly module: string;
  readonly config: CcxtFeedConfig;
  readonly venue: string;
}

/** What the thread is asked; each question is answered once. */
export type CcxtQuestion =
  | { readonly kind: "prepare" }
  | { readonly kind: "next"; readonly watch: number; readonly ticker: string }
  | { readonly kind: "past"; readonly ticker: string }
  | { readonly kind: "close" };

/** What the thread is told. */
export type CcxtOrder =
  | { readonly kind: "ask"; readonly number: number; readonly question: CcxtQuestion }
  | { readonly kind: "leave"; readonly watch: number }
  | { readonly kind: "show"; readonly isOn: boolean }
  | { readonly kind: "took"; readonly frames: number };

/** What was received and could not be read since the last answer to a watch. */
export interface CcxtCounts {
  readonly bytes: number;
  readonly malformed: number;
  /** What the last of these was; undefined where there was none. */
  readonly what: string | undefined;
}

/** An answer of the thread. */
export type CcxtAnswer =
  | { readonly kind: "done"; readonly failure: string | undefined }
  | { readonly kind: "told"; readonly told: LiveTold; readonly counts: CcxtCounts }
  | { readonly kind: "ended"; readonly reason: string; readonly counts: CcxtCounts }
  | { readonly kind: "past"; readonly past: readonly LiveTrade[] | string };

/** What the thread says. */
export type CcxtSaid =
  | { readonly kind: "answer"; readonly number: number; readonly answer: CcxtAnswer }
  | { readonly kind: "frame"; readonly frame: VenueFrame };

/** What such a source is made with. */
export interface ThreadedSourceOptions extends CcxtSourceOptions {
  /** How long the thread may take to let a watch go, in milliseconds; 10 s when left out. Then it is ended. */
  readonly lettingGoMs?: number;
}

/** Makes it; no thread is started yet. */
export function threadedSource(options: ThreadedSourceOptions): LiveSource {
  return new ThreadedSource(options);
}

class ThreadedSource implements LiveSource {
  readonly tickers: readonly string[];
  readonly pastStepUs: number | undefined;
  readonly #options: ThreadedSourceOptions;
  readonly #taps = new Set<FrameTap>();
  #thread: Thread | undefined;
  #watches = 0;

  constructor(options: ThreadedSourceOptions) {
    this.#options = options;
    this.tickers = options.config.tickers;
    this.pastStepUs = venueFacts(options.config.exchange).pastStepUs;
  }

  async prepare(): Promise<string | undefined> {
    const answer = await this.#running().ask({ kind: "prepare" });
    return typeof answer === "string"
      ? answer
      : answer.kind === "done"
        ? answer.failure
        : undefined;
  }

  async *watch(
    ticker: string,
    context: LiveSourceContext,
    signal: StopSignal,
  ): AsyncGenerator<LiveTold, string> {
    this.#watches += 1;
    const watch = this.#watches;
    const thread = this.#running();
    const leave = () => thread.leave(watch);
    signal.addEventListener("abort", leave, { once: true });
    try {
      while (!signal.aborted) {
        const answer = await thread.ask({ kind: "next", watch, ticker });
        if (typeof answer === "string") return answer;
        if (answer.kind !== "told" && answer.kind !== "ended") return `it answered ${answer.kind}`;
        const { bytes, malformed, what } = answer.counts;
        if (bytes > 0) context.received(bytes);
        if (what !== undefined) context.malformed(malformed, what);
        if (answer.kind === "ended") return answer.reason;
        yield answer.told;
      }
      return "stopped";
    } finally {
      signal.removeEventListener("abort", leave);
      leave();
    }
  }

  async past(ticker: string): Promise<readonly LiveTrade[] | string> {
    const answer = await this.#running().ask({ kind: "past", ticker });
    if (typeof answer === "string") return answer;
    return answer.kind === "past" ? answer.past : `it answered ${answer.kind}`;
  }

  tapFrames(tap: FrameTap): () => void {
    this.#taps.add(tap);
    if (this.#taps.size === 1) this.#thread?.show(true);
    return () => {
      if (this.#taps.delete(tap) && this.#taps.size === 0) this.#thread?.show(false);
    };
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.close();
  }

  #running(): Thread {
    if (this.#thread?.hasEnded === false) return this.#thread;
    const thread = new Thread(this.#options, (frame) => {
      for (const tap of this.#taps) tap(frame);
    });
    this.#thread = thread;
    if (this.#taps.size > 0) thread.show(true);
    return thread;
  }
}

/** A thread while it lives; why it has ended is the answer to all that it is asked afterwards. */
class Thread {
  readonly #worker: Worker;
  readonly #lettingGoMs: number;
  readonly #asked = new Map<number, (answer: CcxtAnswer | string) => void>();
  /** The question that a watch waits for, and what ends the thread where it is not let go. */
  readonly #watches = new Map<number, { number: number; patience: NodeJS.Timeout | undefined }>();
  #number = 0;
  #frames = 0;
  #failure: string | undefined;

  constructor(
    { library, config, venue, lettingGoMs = lettingGoDefaultMs }: ThreadedSourceOptions,
    show: FrameTap,
  ) {
    this.#lettingGoMs = lettingGoMs;
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const order: CcxtThreadOrder = { module: library.module.href, config, venue };
    this.#worker = new Worker(new URL(`./thread.${extension}`, import.meta.url), {
      name: `ccxt ${config.exchange}`,
      workerData: order,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMax },
    });
    this.#worker.on("message", (said: CcxtSaid) => this.#heard(said, show));
    this.#worker.on("error", (error) => this.#end(`the thread of ccxt ended: ${error.message}`));
    this.#worker.on("exit", () => this.#end("the thread of ccxt has ended"));
    // It keeps the program alive for as long as it is asked something.
    this.#worker.unref();
  }

  get hasEnded(): boolean {
    return this.#failure !== undefined;
  }

  ask(question: CcxtQuestion): Promise<CcxtAnswer | string> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    this.#number += 1;
    const number = this.#number;
    if (question.kind === "next") {
      this.#watches.set(question.watch, { number, patience: undefined });
    }
    if (this.#asked.size === 0) this.#worker.ref();
    return new Promise((resolve) => {
      this.#asked.set(number, resolve);
      this.#post({ kind: "ask", number, question });
    });
  }

  /** Ends a watch. */
  leave(watch: number): void {
    const left = this.#watches.get(watch);
    if (left === undefined) return;
    this.#post({ kind: "leave", watch });
    if (this.#asked.has(left.number)) {
      left.patience ??= setTimeout(() => void this.#worker.terminate(), this.#lettingGoMs).unref();
      return;
    }
    clearTimeout(left.patience);
    this.#watches.delete(watch);
  }

  show(isOn: boolean): void {
    this.#post({ kind: "show", isOn });
  }

  async close(): Promise<void> {
    const closing = Promise.withResolvers<void>();
    const patience = setTimeout(closing.resolve, closingMs);
    await Promise.race([this.ask({ kind: "close" }), closing.promise]);
    clearTimeout(patience);
    await this.#worker.terminate();
  }

  #post(order: CcxtOrder): void {
    if (this.#failure === undefined) this.#worker.postMessage(order);
  }

  #heard(said: CcxtSaid, show: FrameTap): void {
    if (said.kind === "answer") {
      this.#asked.get(said.number)?.(said.answer);
      this.#asked.delete(said.number);
      if (this.#asked.size === 0) this.#worker.unref();
      return;
    }
    show(said.frame);
    this.#frames += 1;
    if (this.#frames % framesTaken === 0) this.#post({ kind: "took", frames: framesTaken });
  }

  #end(reason: string): void {
    this.#failure ??= reason;
    for (const answer of this.#asked.values()) answer(this.#failure);
    this.#asked.clear();
    for (const { patience } of this.#watches.values()) clearTimeout(patience);
    this.#watches.clear();
  }
}

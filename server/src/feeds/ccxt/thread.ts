/** The thread in which ccxt works: it watches, asks and shows what it is asked for, and answers each question once. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../core/assert.ts";
import { wordsOf } from "../../core/words-of.ts";
import type { LiveTold, LiveTrade, VenueFrame } from "../../ports/live-source.ts";
import { createCcxtSource } from "./feed.ts";
import {
  type CcxtAnswer,
  type CcxtCounts,
  type CcxtOrder,
  type CcxtQuestion,
  type CcxtSaid,
  type CcxtThreadOrder,
  shownFramesMax,
  toldTradesMax,
} from "./threaded.ts";

assert(parentPort !== null, "this runs as a thread");
const port = parentPort;
const { module, config, venue } = workerData as CcxtThreadOrder;
const source = createCcxtSource({ library: { module: new URL(module) }, config, venue });

/** A ticker that is watched; what it is told at once is handed on in pieces. */
class Watch {
  readonly #stop = new AbortController();
  readonly #told: AsyncGenerator<LiveTold, string>;
  #left: readonly LiveTrade[] = [];
  #bytes = 0;
  #malformed = 0;
  #what: string | undefined;

  constructor(ticker: string) {
    const context = {
      received: (bytes: number) => {
        this.#bytes += bytes;
      },
      malformed: (by: number, what: string) => {
        this.#malformed += by;
        this.#what = what;
      },
    };
    this.#told = source.watch(ticker, context, this.#stop.signal);
  }

  leave(): void {
    this.#stop.abort();
  }

  async next(): Promise<CcxtAnswer> {
    if (this.#left.length > 0) return this.#piece(this.#left);
    try {
      const next = await this.#told.next();
      if (next.done !== true) return this.#piece(next.value.trades, next.value);
      return { kind: "ended", reason: next.value, counts: this.#counts() };
    } catch (error) {
      const reason = wordsOf(error);
      return { kind: "ended", reason, counts: this.#counts() };
    }
  }

  #piece(trades: readonly LiveTrade[], more: Partial<LiveTold> = {}): CcxtAnswer {
    this.#left = trades.slice(toldTradesMax);
    const told = { ...more, trades: trades.slice(0, toldTradesMax) };
    return { kind: "told", told, counts: this.#counts() };
  }

  #counts(): CcxtCounts {
    const counts = { bytes: this.#bytes, malformed: this.#malformed, what: this.#what };
    this.#bytes = 0;
    this.#malformed = 0;
    this.#what = undefined;
    return counts;
  }
}

const watches = new Map<number, Watch>();

async function answerTo(question: CcxtQuestion): Promise<CcxtAnswer> {
  switch (question.kind) {
    case "prepare":
      return { kind: "done", failure: await source.prepare?.() };
    case "past":
      return { kind: "past", past: (await source.past?.(question.ticker, 0)) ?? "there is none" };
    case "close":
      await source.close();
      return { kind: "done", failure: undefined };
    case "next": {
      const known = watches.get(question.watch);
      const watch = known ?? new Watch(question.ticker);
      if (known === undefined) watches.set(question.watch, watch);
      return await watch.next();
    }
  }
}

function say(said: CcxtSaid): void {
  port.postMessage(said);
}

let shown = 0;
let leaveFrames: (() => void) | undefined;

function show(frame: VenueFrame): void {
  shown += 1;
  assert(shown <= shownFramesMax, "raw frames are taken more slowly than they come");
  // A view of a larger piece of memory would be sent with all of that piece.
  const data = frame.data instanceof Uint8Array ? new Uint8Array(frame.data) : frame.data;
  say({ kind: "frame", frame: { ...frame, data } });
}

port.on("message", (order: CcxtOrder) => {
  switch (order.kind) {
    case "ask": {
      const { number, question } = order;
      void answerTo(question).then((answer) => say({ kind: "answer", number, answer }));
      return;
    }
    case "leave":
      watches.get(order.watch)?.leave();
      watches.delete(order.watch);
      return;
    case "show":
      leaveFrames?.();
      leaveFrames = order.isOn ? source.tapFrames?.(show) : undefined;
      return;
    case "took":
      shown -= order.frames;
  }
});

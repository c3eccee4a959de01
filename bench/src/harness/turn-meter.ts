/**
 * Processor time of each turn of a thread's event loop, with what collections took apart. The thread is never
 * let to wait for events: it looks for them some ten thousand times a second, so that a turn has one of them or few.
 */
import { once } from "node:events";
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** A turn that took long. */
export interface LongTurn {
  /** Milliseconds since the meter began. */
  readonly atMs: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Wall time of the collections within it. */
  readonly collectedMs: number;
}

/** What the turns of a time were like. */
export interface Turns {
  readonly turns: number;
  /** Those above {@link longTurnMs}, in their order. */
  readonly long: readonly LongTurn[];
  /** Wall time, in milliseconds. */
  readonly longestCollectionMs: number;
  /** Most processor time between two looks of a thread that does nothing else, in milliseconds. */
  readonly chargedForNothingMs: number;
}

/** A turn with less processor time than this is only counted, in milliseconds. */
export const longTurnMs = 1;

/** Most turns that are kept. */
const keptTurnsMax = 100_000;

/** How long collections of the past are told later than they were, at most, in milliseconds. */
const toldLaterMs = 100;

interface Collection {
  readonly from: number;
  readonly to: number;
}

/** Watches the thread that makes it. */
export class TurnMeter {
  readonly #idle = new Worker(new URL("./idle-turns.ts", import.meta.url), { execArgv: [] });
  readonly #nothing = new Int32Array(new SharedArrayBuffer(4));
  #collections: Collection[] = [];
  #long: { readonly from: number; readonly to: number; readonly cpuMs: number }[] = [];
  #turns = 0;
  #isWatching = false;
  #beganMs = 0;
  #lastMs = 0;
  #lastCpuUs = 0;

  constructor() {
    this.#idle.unref();
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        if (this.#isWatching) this.#collections.push({ from: startTime, to: startTime + duration });
      }
    }).observe({ entryTypes: ["gc"] });
  }

  /** Begins anew. */
  begin(): void {
    this.#idle.postMessage("begin");
    this.#collections = [];
    this.#long = [];
    this.#turns = 0;
    this.#beganMs = performance.now();
    this.#note();
    if (this.#isWatching) return;
    this.#isWatching = true;
    setImmediate(() => this.#look());
  }

  /** Ends, and answers with what was seen. */
  async end(): Promise<Turns> {
    const endedMs = performance.now();
    await delay(toldLaterMs);
    this.#isWatching = false;
    const long = this.#long
      .filter(({ from }) => from < endedMs)
      .map((turn) => ({
        atMs: turn.from - this.#beganMs,
        cpuMs: turn.cpuMs,
        wallMs: turn.to - turn.from,
        collectedMs: within(turn, this.#collections),
      }));
    const collected = this.#collections.map(({ from, to }) => to - from);
    const longestCollectionMs = Math.max(0, ...collected);
    this.#idle.postMessage("tell");
    const [chargedForNothingMs] = (await once(this.#idle, "message")) as [number];
    return { turns: this.#turns, long, longestCollectionMs, chargedForNothingMs };
  }

  #look(): void {
    if (!this.#isWatching) return;
    const [from, cpuUs] = [this.#lastMs, this.#lastCpuUs];
    this.#note();
    const cpuMs = (this.#lastCpuUs - cpuUs) / 1_000;
    this.#turns += 1;
    if (cpuMs >= longTurnMs && this.#long.length < keptTurnsMax) {
      this.#long.push({ from, to: this.#lastMs, cpuMs });
    }
    setImmediate(() => this.#look());
  }

  #note(): void {
    // A kernel may bring the time of a thread up to date only now and then (each 4 ms), and when it gives up its processor.
    Atomics.wait(this.#nothing, 0, 0, 0.01);
    const { user, system } = process.threadCpuUsage();
    this.#lastCpuUs = user + system;
    this.#lastMs = performance.now();
  }
}

/** How much of a turn collections took. */
function within(turn: Collection, collections: readonly Collection[]): number {
  return collections
    .map(({ from, to }) => Math.min(turn.to, to) - Math.max(turn.from, from))
    .filter((ms) => ms > 0)
    .reduce((sum, ms) => sum + ms, 0);
}

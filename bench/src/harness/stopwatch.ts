/**
 * Times the laps of a run without stopping it: one look at the clock after each. A run that is
 * repeated has the same laps every time, so what other programs did to a lap can be told from the lap.
 */
import type { Latency } from "./benchmark.ts";
import { percentiles } from "./statistics.ts";

/** Most laps of one run. */
export const lapsMax = 100_000;

/** Collects how long each lap of each run took, in microseconds. */
export class Stopwatch {
  readonly #now: () => number;
  #runs: number[][] = [];
  #lapAtMs = 0;

  /** `now` tells milliseconds with fractions. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins a run and its first lap. */
  start(): void {
    this.#runs.push([]);
    this.#lapAtMs = this.#now();
  }

  /** Begins a lap after a pause, which belongs to none. */
  resume(): void {
    this.#lapAtMs = this.#now();
  }

  /** Ends a lap and begins the next. */
  lap(): void {
    const laps = this.#runs.at(-1);
    if (laps === undefined || laps.length >= lapsMax)
      throw new RangeError("too many laps, or none begun");
    const nowMs = this.#now();
    laps.push((nowMs - this.#lapAtMs) * 1000);
    this.#lapAtMs = nowMs;
  }

  /** Forgets all runs: the warm-up is over. */
  reset(): void {
    this.#runs = [];
  }

  /** How long a lap takes: by its fastest run, and in all runs with all that came between. */
  latencies(what: string): readonly Latency[] {
    const [first = []] = this.#runs;
    const fastest = first.map((_, lap) => Math.min(...this.#runs.map((laps) => laps[lap]!)));
    return [
      { what: `${what}, each at its fastest`, unit: "µs", percentiles: percentiles(fastest) },
      { what: `${what}, in every run`, unit: "µs", percentiles: percentiles(this.#runs.flat()) },
    ];
  }
}

/**
 * Adds up the time of pieces of work, so that what is made ready between them does not count. What
 * the collector does between two pieces does not count either.
 */
import type { Sample } from "./benchmark.ts";

/** Where the times come from. */
export interface TimeSources {
  /** Wall time in milliseconds with fractions. */
  wallMs(): number;
  /** User and system time of the process, all threads, in milliseconds with fractions. */
  cpuMs(): number;
}

const processTimes: TimeSources = {
  wallMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

/** Work that is done in pieces. */
export class Pieces {
  readonly #times: TimeSources;
  #units = 0;
  #wallMs = 0;
  #cpuMs = 0;

  constructor(times: TimeSources = processTimes) {
    this.#times = times;
  }

  /** Does a piece, which answers how many units it did. */
  time(work: () => number): void {
    const { wallMs, cpuMs } = this.#times;
    const cpuBefore = cpuMs();
    const wallBefore = wallMs();
    this.#units += work();
    this.#wallMs += wallMs() - wallBefore;
    this.#cpuMs += cpuMs() - cpuBefore;
  }

  /** All pieces together. */
  get sample(): Sample {
    return { units: this.#units, wallMs: this.#wallMs, cpuMs: this.#cpuMs };
  }
}

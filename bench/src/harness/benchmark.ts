/**
 * What a benchmark is and what it finds. Every result says on which machine, by which method and what
 * it leaves out; a figure without those is not a result.
 */
import type { Machine } from "./machine.ts";
import type { Percentiles, Spread } from "./statistics.ts";

/** One timed piece of work. */
export interface Sample {
  /** How much was done, in the benchmark's unit. */
  readonly units: number;
  readonly wallMs: number;
  /** User and system time of the whole measured process, all threads. */
  readonly cpuMs: number;
}

/** One way of doing the work, ours or a peer's. */
export interface Contender {
  readonly name: string;
  /** Does the work once. It may take the sample in another process. */
  run(): Sample | Promise<Sample>;
}

/** What one contender needed, over all counted runs. */
export interface ContenderFigures {
  readonly name: string;
  /** Nanoseconds of CPU time for one unit. */
  readonly cpuNsPerUnit: Spread;
  readonly unitsPerCpuSecond: Spread;
  readonly unitsPerWallSecond: Spread;
  /** CPU time for one unit over that of the first contender, pair by pair; 1 for the first. */
  readonly cpuRatio: Spread;
  readonly samples: readonly Sample[];
}

/** Contenders that did the same work, run by run in turn. */
export interface Comparison {
  readonly title: string;
  /** What is counted, in the plural: `trades`. */
  readonly unit: string;
  /** The first is the one that the others are set against. */
  readonly contenders: readonly ContenderFigures[];
}

/** How long pieces of the work took, to the worst. */
export interface Latency {
  readonly what: string;
  readonly unit: "µs" | "ms";
  readonly percentiles: Percentiles;
}

/** A single number worth knowing. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

/** What was set out to be reached, and what was. */
export interface Aim {
  readonly what: string;
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly measured: number;
}

/** What running a benchmark brings to light. */
export interface Findings {
  readonly method: readonly string[];
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Versions of packages that took part. */
  readonly packages: Readonly<Record<string, string>>;
  readonly comparisons: readonly Comparison[];
  readonly latencies: readonly Latency[];
  readonly figures: readonly Figure[];
  readonly aims: readonly Aim[];
  /** What the figures do not contain, in sentences. */
  readonly leavesOut: readonly string[];
}

/** How thoroughly to measure. */
export interface Effort {
  readonly warmUps: number;
  readonly runs: number;
  /** Less input, for a first look; the figures are not worth quoting. */
  readonly isQuick: boolean;
  /** How long a benchmark is to go on that has no natural end; its own default if absent. */
  readonly minutes?: number;
}

/** What a benchmark is given. */
export interface BenchmarkContext {
  readonly effort: Effort;
  /** Tells whoever waits what is going on. */
  note(text: string): void;
}

/** A named benchmark. */
export interface Benchmark {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  run(context: BenchmarkContext): Promise<Findings>;
}

/** What is written to the result file. */
export interface BenchmarkResult extends Findings {
  readonly benchmark: string;
  readonly summary: string;
  readonly effort: Effort;
  readonly machine: Machine;
  readonly aims: readonly JudgedAim[];
}

/** An aim with the verdict. */
export interface JudgedAim extends Aim {
  readonly isMet: boolean;
  /** Measured over aimed at. */
  readonly ratio: number;
}

/** Whether an aim is met, and by how much. */
export function judge(aim: Aim): JudgedAim {
  const { measured, atLeast, atMost } = aim;
  const isMet =
    (atLeast === undefined || measured >= atLeast) && (atMost === undefined || measured <= atMost);
  return { ...aim, isMet, ratio: measured / (atLeast ?? atMost ?? measured) };
}

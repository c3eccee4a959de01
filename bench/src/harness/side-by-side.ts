/**
 * Measures contenders in turn, A B A B, in one process, so that a busy machine is busy for all of
 * them. It decides nothing about what they do.
 */
import type { Comparison, Contender, ContenderFigures, Effort, Sample } from "./benchmark.ts";
import { pairRatios, spread } from "./statistics.ts";

/** What to measure. */
export interface SideBySideOptions {
  readonly title: string;
  readonly unit: string;
  /** At least one; the others are set against the first. */
  readonly contenders: readonly Contender[];
  readonly effort: Effort;
  /** Called once, when the warm-up is over. */
  countingBegins?(): void;
}

/** Runs all contenders `warmUps` times uncounted, then `runs` times counted. */
export async function sideBySide(options: SideBySideOptions): Promise<Comparison> {
  const { title, unit, contenders, effort } = options;
  const samples = contenders.map((): Sample[] => []);
  for (let round = 0; round < effort.warmUps + effort.runs; round += 1) {
    if (round === effort.warmUps) options.countingBegins?.();
    for (const [at, contender] of contenders.entries()) {
      const sample = await contender.run();
      if (round >= effort.warmUps) samples[at]?.push(sample);
    }
  }
  return { title, unit, contenders: contenders.map(({ name }, at) => figures(name, at, samples)) };
}

/** Takes the sample of some work that answers how many units it did. */
export async function measure(work: () => number | Promise<number>): Promise<Sample> {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const units = await work();
  const wallMs = performance.now() - wallBefore;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { units, wallMs, cpuMs: (user + system) / 1000 };
}

function figures(name: string, at: number, all: readonly (readonly Sample[])[]): ContenderFigures {
  const samples = all[at] ?? [];
  const reference = all[0] ?? [];
  return {
    name,
    cpuNsPerUnit: spread(samples.map(cpuNsPerUnit)),
    unitsPerCpuSecond: spread(samples.map(({ units, cpuMs }) => (units / cpuMs) * 1000)),
    unitsPerWallSecond: spread(samples.map(({ units, wallMs }) => (units / wallMs) * 1000)),
    cpuRatio: pairRatios(samples.map(cpuNsPerUnit), reference.map(cpuNsPerUnit)),
    samples,
  };
}

function cpuNsPerUnit({ units, cpuMs }: Sample): number {
  return (cpuMs * 1e6) / units;
}

/** Writes a result as text for a terminal. It rounds for the eye; the JSON file holds every digit. */
import type {
  BenchmarkResult,
  Comparison,
  Effort,
  Figure,
  JudgedAim,
  Latency,
} from "./benchmark.ts";
import type { Machine } from "./machine.ts";
import type { Spread } from "./statistics.ts";

/** The whole result, several tables and the sentences that belong to them. */
export function formatResult(result: BenchmarkResult): string {
  const { benchmark, summary, machine, effort, packages } = result;
  const sections = [
    `${benchmark}: ${summary}`,
    table([
      ["machine", machineLine(machine)],
      ["software", softwareLine(machine, packages)],
      ["runs", runsLine(effort)],
      [
        "time",
        "speeds are judged by CPU time, user and system, of the process; wall time is beside it",
      ],
      ...Object.entries(result.parameters).map(([name, value]) => [name, String(value)]),
    ]),
    ...result.comparisons.map(comparisonTable),
    ...(result.latencies.length === 0 ? [] : [latencyTable(result.latencies)]),
    ...(result.figures.length === 0 ? [] : [table(result.figures.map(figureRow))]),
    list("Method", result.method),
    list("Left out", result.leavesOut),
    ...(result.aims.length === 0 ? [] : [list("Aims", result.aims.map(aimLine))]),
  ];
  return sections.join("\n\n");
}

function machineLine({ cores, cpu, memoryGiB, kernel, loadAtStart }: Machine): string {
  return `${cores} cores, ${cpu}, ${memoryGiB} GiB, ${kernel}; load ${round(loadAtStart)} at the start`;
}

function softwareLine({ node }: Machine, packages: Readonly<Record<string, string>>): string {
  const others = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [`node ${node}`, ...others].join(", ");
}

function runsLine({ runs, warmUps, isQuick }: Effort): string {
  const counted = `${runs} counted after ${warmUps} to warm up`;
  return isQuick ? `${counted}; quick: not for quoting` : counted;
}

function comparisonTable({ title, unit, contenders }: Comparison): string {
  const header = [
    title,
    `${unit}/s of CPU`,
    `${unit}/s of wall`,
    `CPU ns each`,
    `CPU to ${contenders.length > 1 ? "the first" : "itself"}`,
  ];
  const rows = contenders.map((contender) => [
    contender.name,
    formatSpread(contender.unitsPerCpuSecond),
    formatSpread(contender.unitsPerWallSecond),
    formatSpread(contender.cpuNsPerUnit),
    formatSpread(contender.cpuRatio),
  ]);
  return table([header, ...rows]);
}

/** `median (min … max)`. */
function formatSpread({ min, median, max }: Spread): string {
  return `${round(median)} (${round(min)} … ${round(max)})`;
}

function latencyTable(latencies: readonly Latency[]): string {
  const rows = latencies.map(({ what, unit, percentiles: { count, ...values } }) => [
    `${what}, ${unit}`,
    ...Object.values(values).map(round),
    String(count),
  ]);
  return table([["", "p50", "p90", "p99", "p99.9", "worst", "samples"], ...rows]);
}

function figureRow({ what, value, unit }: Figure): readonly string[] {
  return [what, `${round(value)} ${unit}`];
}

/** One line with the verdict and by how much. */
function aimLine({ what, unit, atLeast, atMost, measured, isMet, ratio }: JudgedAim): string {
  const bound =
    atLeast === undefined ? `at most ${round(atMost ?? 0)}` : `at least ${round(atLeast)}`;
  const verdict = isMet ? "met" : "MISSED";
  // Nothing is a multiple of an aim of none at all.
  const times = Number.isFinite(ratio) ? `: ${round(ratio)} times the aim` : "";
  return `${verdict}: ${what}: ${round(measured)} ${unit}, aim ${bound}${times}`;
}

/** Three significant digits, thousands grouped. */
export function round(value: number): string {
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  const factor = 10 ** digits;
  const rounded = Math.round(value * factor) / factor;
  return rounded.toLocaleString("en-US", { maximumFractionDigits: Math.max(0, digits) });
}

function list(title: string, sentences: readonly string[]): string {
  return [`${title}:`, ...sentences.map((sentence) => `- ${sentence}`)].join("\n");
}

/** Columns padded to the same width, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  const isTwoColumns = widths.length === 2;
  const lines = rows.map((row) =>
    row
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        return at === 0 || isTwoColumns ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

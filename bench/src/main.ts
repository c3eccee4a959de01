/**
 * The benchmarks' command line: lists them, runs those that are named, prints what they found and
 * writes it to `bench/results`. A missed aim is a finding, not a failure of the program; where a benchmark fails, the exit code is 1.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { tuneCollector } from "../../server/src/cli/collector.ts";
import { parseBenchCommand } from "./command.ts";
import { type Benchmark, type BenchmarkResult, type Effort, judge } from "./harness/benchmark.ts";
import { describeMachine } from "./harness/machine.ts";
import { formatResult } from "./harness/report.ts";
import { benchmarks } from "./registry.ts";

const resultsFolder = join(import.meta.dirname, "..", "results");

const usage = `Usage: npm run bench -- NAME... [--runs N] [--minutes N] [--quick]
       npm run bench -- list

  --runs N     counted runs (default 7, with --quick 3); warm-up runs come before them
  --minutes N  how long the benchmark soak goes on (default 10, with --quick half a one)
  --quick      less input and fewer runs: for a look, not for quoting

Results are printed and written to bench/results/NAME.json.

${benchmarkList()}`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const command = parseBenchCommand(args);
  if (command.kind === "usage" || command.kind === "list") {
    console.log(command.kind === "usage" ? usage : benchmarkList());
    return 0;
  }
  if (command.kind === "wrong") return refuse(command.fault);
  const chosen: Benchmark[] = [];
  for (const name of command.names) {
    const benchmark = benchmarks.find((candidate) => candidate.name === name);
    if (benchmark === undefined) return refuse(`there is no benchmark ${name}`);
    chosen.push(benchmark);
  }
  // As the server does; contenders from elsewhere gain by it as well.
  tuneCollector();
  const { isQuick, runs = isQuick ? 3 : 7, minutes } = command;
  const warmUps = isQuick ? 1 : 2;
  const effort = { runs, warmUps, isQuick, ...(minutes === undefined ? {} : { minutes }) };
  let failed = 0;
  for (const benchmark of chosen) {
    try {
      const result = await runBenchmark(benchmark, effort);
      const file = writeResult(result);
      console.log(formatResult(result));
      console.log(`\nwritten to ${relative(process.cwd(), file)}\n`);
    } catch (error) {
      // The others that were asked for may take hours, and are found out all the same.
      console.error(`${benchmark.name} failed:`, error);
      failed += 1;
    }
  }
  return failed === 0 ? 0 : 1;
}

async function runBenchmark(benchmark: Benchmark, effort: Effort): Promise<BenchmarkResult> {
  const machine = describeMachine();
  const note = (text: string) => console.error(`${benchmark.name}: ${text}`);
  const findings = await benchmark.run({ effort, note });
  const { name, summary } = benchmark;
  return { benchmark: name, summary, effort, machine, ...findings, aims: findings.aims.map(judge) };
}

function writeResult(result: BenchmarkResult): string {
  mkdirSync(resultsFolder, { recursive: true });
  const suffix = result.effort.isQuick ? ".quick" : "";
  const path = join(resultsFolder, `${result.benchmark}${suffix}.json`);
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return path;
}

function refuse(fault: string): number {
  console.error(`${fault}\n\n${usage}`);
  return 2;
}

function benchmarkList(): string {
  return benchmarks.map(({ name, summary }) => `${name.padEnd(15)} ${summary}`).join("\n");
}

/**
 * How long the thread that trades does nothing else, with a million open orders: while the state is
 * examined, and while snapshots of it are made.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Benchmark, BenchmarkContext, Figure, Findings } from "../harness/benchmark.ts";
import type { Slices, Standstill } from "./standstill-program.ts";

/** Milliseconds of processor time in one piece. */
const aimMs = 5;

/** The registry's entry. */
export const standstill: Benchmark = {
  name: "standstill",
  summary: "longest piece of work of the trading thread at a million open orders",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const orders = effort.isQuick ? 100_000 : 1_000_000;
  note(`${orders} open orders, alone and while a snapshot is made`);
  const program = join(import.meta.dirname, "standstill-program.ts");
  const output = execFileSync(process.execPath, [program, String(orders)]);
  const found = JSON.parse(output.toString()) as Standstill;
  return {
    method: [
      `${orders} limit orders of 1,000 users rest in 6 markets, at up to 2,000 prices each, in an exchange with its log and snapshots on disk. A user places and cancels one order about every millisecond, first while the state is examined in the background, in three rounds, and then while three snapshots are made, of which the first has to read the whole log, and for ten seconds after each, in which its memory is given back.`,
      "A piece of work is the processor time of the trading thread between two timers a millisecond apart, with what collections took in it taken out: an upper bound, since a timer that comes late sums up several pieces. Collections are apart, as wall time.",
      "What a machine takes for interrupts, or for others that share its processors, is charged to whoever runs. So pieces are judged by what comes back: the longest piece of the round in which it was shortest. The same is said of a thread in the same process and of a process that only wait: what they are charged with is nobody's work, and no figure below theirs can be told from the machine's. Whoever runs for longer meets more of it: so another process computes a third of a millisecond in each turn, and its usual turn is taken out. The aim is judged by what the trading thread has beyond it.",
    ],
    parameters: { orders },
    packages: {},
    comparisons: [],
    latencies: [],
    figures: [
      ...figuresOf("while the state is examined", found.alone),
      ...figuresOf("while a snapshot is made", found.beside),
      { what: "making the first snapshot, wall time", value: found.snapshotTookMs, unit: "ms" },
      { what: "resident before", value: found.residentBefore, unit: "MiB" },
      { what: "resident at most", value: found.residentMax, unit: "MiB" },
    ],
    aims: [
      {
        what: "longest piece that comes back, beyond what a process is charged with that computes as much",
        unit: "ms",
        atMost: aimMs,
        measured: Math.max(ownMs(found.alone), ownMs(found.beside)),
      },
    ],
    leavesOut: [
      "HTTP, streams, the market board and the history: the exchange alone with its log and snapshots.",
      "Single commands that concern thousands of orders, which `sweep` measures.",
    ],
  };
}

/** What of the longest piece that comes back is not the machine's. */
function ownMs({ recurringMs, busyProcessMs }: Slices): number {
  return Math.max(0, recurringMs - busyProcessMs);
}

function figuresOf(when: string, slices: Slices): readonly Figure[] {
  const { commands, longestMs, recurringMs, p999Ms, longestCollectionMs } = slices;
  return [
    { what: `commands ${when}`, value: commands, unit: "" },
    { what: `longest piece ${when}`, value: longestMs, unit: "ms" },
    { what: `longest piece that comes back ${when}`, value: recurringMs, unit: "ms" },
    {
      what: `the same of a thread that only waits ${when}`,
      value: slices.idleThreadMs,
      unit: "ms",
    },
    {
      what: `the same of a process that only waits ${when}`,
      value: slices.idleProcessMs,
      unit: "ms",
    },
    {
      what: `the same of a process that computes as much in each turn ${when}`,
      value: slices.busyProcessMs,
      unit: "ms",
    },
    { what: `p99.9 of pieces ${when}`, value: p999Ms, unit: "ms" },
    { what: `longest collection ${when}`, value: longestCollectionMs, unit: "ms" },
  ];
}

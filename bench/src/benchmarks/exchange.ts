/**
 * The whole core in memory: every command checked, held for, matched, settled, charged and told as
 * events. No log, no decoding, nobody who listens.
 */
import { Exchange } from "../../../server/src/core/exchange.ts";
import type { Benchmark, BenchmarkContext, Findings, Sample } from "../harness/benchmark.ts";
import { Pieces } from "../harness/pieces.ts";
import { sideBySide } from "../harness/side-by-side.ts";
import { Stopwatch } from "../harness/stopwatch.ts";
import { applyNext, commandsOf, prepareExchange } from "../load/order-commands.ts";
import { createOrderFlow, type OrderFlow, type OrderFlowOptions } from "../load/order-flow.ts";

/** Commands in one second of one core. */
const aimCommandsPerSecond = 1_000_000;

/**
 * Commands that are alive at a time. A million of them would push the events of each into the old
 * generation, which halves the speed and is nothing that a server does.
 */
const chunkCommands = 10_000;

/** Commands timed one by one, and those before them; looking at the clock costs some 0.05 µs. */
const timedCommands = 100_000;
const untimedCommands = 100_000;

const seed = 20_261_122;
const shapes = [
  { markets: 1, users: 1_000 },
  { markets: 1, users: 100 },
  { markets: 6, users: 1_000 },
  { markets: 6, users: 100 },
];

/** The registry's entry. */
export const exchange: Benchmark = {
  name: "exchange",
  summary: "the whole core in memory: holds, matching, settlement, fees and events",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const operations = effort.isQuick ? 300_000 : 1_000_000;
  note(`making four flows of ${operations} commands`);
  const flows = shapes.map((shape) =>
    createOrderFlow({ seed, resting: 1_000, operations, ...shape }),
  );
  const tally: Tally = { events: 0 };
  note("applying");
  const comparison = await sideBySide({
    title: "exchange in memory",
    unit: "commands",
    effort,
    contenders: flows.map((flow) => ({
      name: shapeName(flow.options),
      run: () => applyFlow(flow, tally),
    })),
  });
  note("timing single commands");
  const latencies = flows.flatMap((flow) => timeCommands(flow, effort.runs));
  const runs = (effort.warmUps + effort.runs) * flows.length;
  return {
    ...description,
    parameters: { seed, operations, resting: 1_000, chunkCommands, timedCommands },
    packages: {},
    comparisons: [comparison],
    latencies,
    figures: [
      { what: "events of a command", value: tally.events / (runs * operations), unit: "events" },
    ],
    aims: comparison.contenders.map(({ name, unitsPerCpuSecond }) => ({
      what: `commands in a second of CPU time, median, ${name}`,
      unit: "commands/s",
      atLeast: aimCommandsPerSecond,
      measured: unitsPerCpuSecond.median,
    })),
  };
}

const description: Pick<Findings, "method" | "leavesOut"> = {
  method: [
    "9 % limit orders, 3 % immediate-or-cancel, 6 % cancels, 82 % cancel-replaces; some 1,000 orders rest in each market. No command of the flow is refused.",
    `Commands are made in chunks of ${chunkCommands} outside the timed pieces, so that few are alive: a million commands kept alive push the events of each into the old generation and halve the speed.`,
    "The wallets are large and the fees are the standard ones, with turnover counted.",
    `Latencies are those of ${timedCommands} commands after the first ${untimedCommands} of a run of its own, one look at the clock after each.`,
    "Each run ends with an examination of the whole state, which is not timed.",
  ],
  leavesOut: [
    "Decoding, the log and the release of events: see durable and recovery.",
    "Self-trades, stop prices, market orders and client order ids, of which there are none in the mix.",
    "What the collector does between the timed pieces.",
  ],
};

interface Tally {
  events: number;
}

function applyFlow(flow: OrderFlow, tally: Tally): Sample {
  const venue = new Exchange();
  const setupCount = prepareExchange(venue, flow);
  const pieces = new Pieces();
  for (let from = flow.fillLength; from < flow.length; from += chunkCommands) {
    const to = Math.min(from + chunkCommands, flow.length);
    const commands = commandsOf(flow, { from, to }, setupCount);
    pieces.time(() => {
      for (const command of commands) tally.events += applyNext(venue, command);
      return commands.length;
    });
  }
  venue.checkInvariants();
  return pieces.sample;
}

function timeCommands(flow: OrderFlow, runs: number): Findings["latencies"] {
  const stopwatch = new Stopwatch();
  for (let run = 0; run < runs; run += 1) {
    const venue = new Exchange();
    const setupCount = prepareExchange(venue, flow);
    const firstTimed = flow.fillLength + untimedCommands;
    const end = firstTimed + timedCommands;
    stopwatch.start();
    for (let from = flow.fillLength; from < end; from += chunkCommands) {
      const commands = commandsOf(flow, { from, to: from + chunkCommands }, setupCount);
      stopwatch.resume();
      for (const [index, command] of commands.entries()) {
        applyNext(venue, command);
        if (from + index >= firstTimed) stopwatch.lap();
      }
    }
  }
  return stopwatch.latencies(`one command, ${shapeName(flow.options)}`);
}

function shapeName({ markets, users }: OrderFlowOptions): string {
  return `${markets} ${markets === 1 ? "market" : "markets"}, ${users} users`;
}

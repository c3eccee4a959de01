/**
 * From submitting a command to the release of its events, when it is durable: saturated with
 * thousands under way, and at a steady rate, over the real log on the disk at hand.
 */
import { join } from "node:path";
import type { Benchmark, BenchmarkContext, Findings, Sample } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { percentiles } from "../harness/statistics.ts";
import { timeFsyncs, withFolder, withLogFile } from "../load/disk.ts";
import { DurablePath } from "../load/durable-path.ts";
import { createOrderFlow, type OrderFlow } from "../load/order-flow.ts";

/** Commands released in one second, saturated. */
const aimCommandsPerSecond = 300_000;

/** Milliseconds within which 99 of 100 commands are released at {@link steadyRate}. */
const aimLatencyMs = 5;
const steadyRate = 50_000;

/** Commands under way at most. */
const inFlight = [4_096, 16_384, 1_024];

/** Seconds at the steady rate that do not count: the compiler is still at work. */
const warmUpSeconds = 3;

const flowOptions = { seed: 20_261_122, markets: 6, users: 1_000, resting: 1_000 };

/** The registry's entry. */
export const durable: Benchmark = {
  name: "durable",
  summary: "submit, make durable, release: saturated and at a steady rate",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const commands = effort.isQuick ? 150_000 : 600_000;
  const seconds = effort.isQuick ? 3 : 20;
  const operations = Math.max(commands, (warmUpSeconds + seconds) * steadyRate);
  note(`making ${operations} commands`);
  const flow = createOrderFlow({ ...flowOptions, operations });
  return await withFolder(async (folder) => {
    note("waiting for the disk");
    const disk = percentiles(timeFsyncs(join(folder, "plain")));
    note("saturating");
    const comparison = await sideBySide({
      title: `${commands} commands, saturated`,
      unit: "commands",
      effort,
      contenders: inFlight.map((inFlightMax) => ({
        name: `${inFlightMax} under way`,
        run: () => saturate(flow, commands, inFlightMax),
      })),
    });
    note(`submitting ${steadyRate} commands a second for ${seconds} s`);
    const steady = percentiles(await paced(flow, seconds));
    const saturated = comparison.contenders[0];
    return {
      ...description,
      parameters: { ...flowOptions, commands, steadyRate, seconds, warmUpSeconds },
      comparisons: [comparison],
      latencies: [
        { what: `due until released, ${steadyRate} a second`, unit: "ms", percentiles: steady },
        { what: "write of 8 KiB and fdatasync on this disk", unit: "ms", percentiles: disk },
      ],
      figures: [],
      aims: [
        {
          what: "commands released in a second of CPU time, all threads, median",
          unit: "commands/s",
          atLeast: aimCommandsPerSecond,
          measured: saturated?.unitsPerCpuSecond.median ?? 0,
        },
        {
          what: "commands released in a second of wall time, median",
          unit: "commands/s",
          atLeast: aimCommandsPerSecond,
          measured: saturated?.unitsPerWallSecond.median ?? 0,
        },
        {
          what: `p99 from due to released at ${steadyRate} commands/s, wall time`,
          unit: "ms",
          atMost: aimLatencyMs,
          measured: steady.p99,
        },
      ],
    };
  });
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "The mix of exchange over 6 markets and 1,000 users, through the sequencer of the server into a new log in SQLite, synchronous FULL, on the disk of the system's temporary folder.",
    "Saturated: whenever fewer are under way than may be, up to 1,024 commands are submitted in a turn of the event loop; a run ends when the last is released.",
    "CPU time is that of the main thread and of the log's thread together; with two idle cores they run beside each other and wall time is shorter. Making the commands is in it.",
    "Steady: commands are due on a fixed grid; a timer of 1 ms submits all that are due. Latency counts from when a command was due, so what held the submitter up is in it.",
  ],
  packages: {},
  leavesOut: [
    "HTTP, signatures and decoding before the sequencer; folds, streams and read models after it.",
    "State snapshots, which hold up the sequencer while they are taken.",
    "A loss of power: whether the disk keeps its promise is not tested.",
  ],
};

/** Opens the path over a new log, works with it, and removes the log. */
async function withPath<Result>(
  flow: OrderFlow,
  work: (path: DurablePath) => Promise<Result>,
): Promise<Result> {
  return await withFolder((folder) =>
    withLogFile(join(folder, "commands.db"), async (log) =>
      work(await DurablePath.open(log, flow)),
    ),
  );
}

function saturate(flow: OrderFlow, commands: number, inFlightMax: number): Promise<Sample> {
  const range = { from: flow.fillLength, to: flow.fillLength + commands };
  return withPath(flow, (path) => measure(() => path.saturate(range, inFlightMax)));
}

async function paced(flow: OrderFlow, seconds: number): Promise<Float64Array> {
  const counted = seconds * steadyRate;
  const range = {
    from: flow.fillLength,
    to: flow.fillLength + counted + warmUpSeconds * steadyRate,
  };
  const latencies = await withPath(flow, (path) => path.pace(range, steadyRate));
  return latencies.slice(-counted);
}

/**
 * The durable command log on a real disk: how many commands a second when it is saturated, how long a
 * command waits until it is durable at a steady rate, and how fast a log is read back.
 */
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { CommandLog } from "../../../server/src/ports/command-log.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { percentiles } from "../harness/statistics.ts";
import { timeFsyncs, withFolder, withLogFile } from "../load/disk.ts";

/** Durable commands in one second, saturated. */
const aimCommandsPerSecond = 300_000;

/** Milliseconds within which 99 of 100 commands are durable at {@link steadyRate}. */
const aimLatencyMs = 5;
const steadyRate = 50_000;

/** Commands read back in one second. */
const aimReadPerSecond = 1_000_000;

const commandBytes = 80;
const batchSizes = [16, 64, 256];

/** After this many batches the producer lets the event loop turn, as a server would. */
const batchesPerTurn = 32;

/** The registry's entry. */
export const commandLog: Benchmark = {
  name: "command-log",
  summary: "commands made durable in the SQLite log: saturated, at a steady rate, and read back",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const commands = effort.isQuick ? 300_000 : 2_000_000;
  const seconds = effort.isQuick ? 3 : 20;
  note("waiting for the disk");
  const disk = percentiles(await withFolder(async (folder) => timeFsyncs(join(folder, "plain"))));
  note("appending and reading");
  const appending = await sideBySide({
    title: `${commands} commands appended, saturated`,
    unit: "commands",
    effort,
    contenders: batchSizes.map((size) => ({
      name: `batches of ${size}`,
      run: () => withLog((log) => measure(() => saturate(log, size, commands))),
    })),
  });
  const reading = await sideBySide({
    title: `${commands} commands read back`,
    unit: "commands",
    effort,
    contenders: batchSizes.map((size) => ({
      name: `batches of ${size}`,
      run: () =>
        withLog(async (log) => {
          await saturate(log, size, commands);
          return await measure(() => readBack(log));
        }),
    })),
  });
  note(`appending ${steadyRate} commands a second for ${seconds} s`);
  const steady = percentiles(await withLog((log) => paced(log, seconds)));
  return {
    ...description,
    parameters: { commands, commandBytes, steadyRate, seconds },
    comparisons: [appending, reading],
    latencies: [
      { what: "write of 8 KiB and fdatasync on this disk", unit: "ms", percentiles: disk },
      { what: "command due until durable", unit: "ms", percentiles: steady },
    ],
    figures: [],
    aims: [
      {
        what: "commands made durable in a second, median, smallest batches",
        unit: "commands/s",
        atLeast: aimCommandsPerSecond,
        measured: appending.contenders[0]?.unitsPerWallSecond.median ?? 0,
      },
      {
        what: "commands read back in a second, median, smallest batches",
        unit: "commands/s",
        atLeast: aimReadPerSecond,
        measured: reading.contenders[0]?.unitsPerWallSecond.median ?? 0,
      },
      {
        what: `p99 until durable at ${steadyRate} commands/s`,
        unit: "ms",
        atMost: aimLatencyMs,
        measured: steady.p99,
      },
    ],
  };
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "Every run opens a new log on the disk of the system's temporary folder, with its own worker thread.",
    "Saturated: batches are offered as fast as the log takes them; a run ends when the last is durable.",
    "Steady: every half millisecond or later, what is due by the clock becomes one batch. A command's latency counts from the moment it was due, so time lost by the producer counts too.",
  ],
  packages: {},
  leavesOut: [
    "Encoding and applying of commands: payloads are ready-made bytes.",
    "A cold disk: what is read back is in the system's cache.",
    "A loss of power: whether the disk keeps its promise is not tested.",
  ],
};

/** Works with a new log and removes it. */
function withLog<Result>(work: (log: CommandLog) => Promise<Result>): Promise<Result> {
  return withFolder((folder) => withLogFile(join(folder, "commands.db"), work));
}

/** Appends batches of `size` commands until there are `commands`; answers how many became durable. */
async function saturate(log: CommandLog, size: number, commands: number): Promise<number> {
  const payload = Uint8Array.from({ length: size * commandBytes }, (_, at) => at);
  let last: ReturnType<CommandLog["append"]> = "no-room";
  let next = 1;
  for (let batches = 0; next <= commands; batches += 1) {
    const taken = log.append({ firstSequence: next, count: size, timeUs: next, payload });
    if (taken === "no-room") {
      await last;
      continue;
    }
    last = taken;
    next += size;
    if (batches % batchesPerTurn === 0) await setImmediate();
  }
  if ((await last) !== "durable") throw new Error("the log failed");
  return next - 1;
}

async function readBack(log: CommandLog): Promise<number> {
  let commands = 0;
  for await (const entry of log.read(1)) {
    if (entry.kind === "damage") throw new Error(entry.message);
    commands += entry.count;
  }
  return commands;
}

/** Appends at the steady rate; how long each command waited until it was durable, in milliseconds. */
async function paced(log: CommandLog, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const startMs = performance.now();
  const total = seconds * steadyRate;
  let next = 1;
  while (next <= total) {
    const dueCount = Math.floor(((performance.now() - startMs) / 1_000) * steadyRate);
    const count = Math.min(dueCount, total) - next + 1;
    if (count > 0) {
      const first = next;
      const payload = new Uint8Array(count * commandBytes);
      const taken = log.append({ firstSequence: first, count, timeUs: first, payload });
      if (taken === "no-room") throw new Error("the log does not keep up");
      next += count;
      pending.push(
        taken.then(() => {
          const waitedMs = performance.now() - startMs;
          for (let at = first; at < first + count; at += 1) {
            latencies.push(waitedMs - (at / steadyRate) * 1_000);
          }
        }),
      );
    }
    await setTimeout(0.5);
  }
  await Promise.all(pending);
  return latencies;
}

/**
 * The start of an exchange that was there before: its whole log replayed, and only the end of it
 * after a state snapshot. The log was written by the sequencer and lies in the system's cache.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { openSnapshotStore } from "../../../server/src/adapters/files/snapshot-store.ts";
import type { CommandLog } from "../../../server/src/ports/command-log.ts";
import type { Log } from "../../../server/src/ports/log.ts";
import type { SnapshotStore } from "../../../server/src/ports/snapshot-store.ts";
import { decodeCommands } from "../../../server/src/sequencer/command-codec.ts";
import { recover } from "../../../server/src/sequencer/recovery.ts";
import { encodeState, stateFormatOf } from "../../../server/src/sequencer/state-codec.ts";
import type { Benchmark, BenchmarkContext, Figure, Findings } from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { spread } from "../harness/statistics.ts";
import { withFolder, withLogFile } from "../load/disk.ts";
import { DurablePath } from "../load/durable-path.ts";
import { createOrderFlow, type OrderFlow } from "../load/order-flow.ts";

/** Commands between two snapshots by default (`exchange.snapshotEveryCommands`). */
const snapshotEvery = 500_000;

/** Commands replayed in one second of one core. */
const aimCommandsPerSecond = 1_000_000;

/** Commands after the snapshot: as many as there are on average. */
const tailCommands: number = snapshotEvery / 2;

/** Commands under way while the log is written; they make its batches what they are under load. */
const inFlightMax = 1_024;

const flowOptions = { seed: 20_261_122, markets: 6, users: 1_000, resting: 1_000 };

/** The registry's entry. */
export const recovery: Benchmark = {
  name: "recovery",
  summary: "start-up: a whole log replayed, and the end of one after a snapshot",
  run,
};

/** What was written before, and where. */
interface Written {
  readonly logFile: string;
  /** Holds nothing. */
  readonly noSnapshots: SnapshotStore;
  /** Holds one, {@link tailCommands} before the end. */
  readonly oneSnapshot: SnapshotStore;
  /** Of the exchange at the end of the log. */
  readonly stateHash: string;
  readonly commands: number;
  readonly snapshotBytes: number;
}

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const operations = effort.isQuick ? 300_000 : 1_500_000;
  note(`making ${operations} commands`);
  const flow = createOrderFlow({ ...flowOptions, operations });
  return await withFolder(async (folder) => {
    note("writing the log");
    const written = await write(folder, flow);
    note("recovering");
    await assertSameState(written);
    const comparison = await sideBySide({
      title: `${written.commands} commands of a log`,
      unit: "commands",
      effort,
      contenders: [
        {
          name: "recovered: read, decoded, applied",
          run: () =>
            withLogFile(written.logFile, (log) => measure(() => replay(log, written.noSnapshots))),
        },
        {
          name: "read and decoded only",
          run: () => withLogFile(written.logFile, (log) => measure(() => decode(log))),
        },
      ],
    });
    note("starting");
    const withSnapshot = await timeStarts(written, written.oneSnapshot, effort.runs);
    const without = await timeStarts(written, written.noSnapshots, effort.runs);
    return {
      ...description,
      parameters: { ...flowOptions, operations, tailCommands },
      comparisons: [comparison],
      latencies: [],
      figures: [
        ...startFigures(`snapshot and ${tailCommands} commands`, withSnapshot),
        ...startFigures(`no snapshot, ${written.commands} commands`, without),
        { what: "size of the snapshot", value: written.snapshotBytes / 2 ** 20, unit: "MiB" },
        {
          what: "size of the log for a command",
          value: statSync(written.logFile).size / written.commands,
          unit: "bytes",
        },
      ],
      aims: [
        {
          what: "commands recovered in a second of CPU time, median",
          unit: "commands/s",
          atLeast: aimCommandsPerSecond,
          measured: comparison.contenders[0]?.unitsPerCpuSecond.median ?? 0,
        },
      ],
    };
  });
}

const description: Pick<Findings, "method" | "packages" | "leavesOut"> = {
  method: [
    "The log holds the mix of exchange over 6 markets and 1,000 users, in the batches that the sequencer made of it; a run reads, checks, decodes and applies all of it.",
    "CPU time is that of all threads: the log's thread reads ahead.",
    "Time to ready is wall time, from opening the log to the examined state: the newest snapshot is read, checked and restored, then what comes after it in the log is replayed.",
    "The recovered state has the hash of the one that was left.",
  ],
  packages: {},
  leavesOut: [
    "A cold disk: what was written is in the system's cache.",
    "The start of the process and of everything beside the exchange.",
    "Read models that lag behind the snapshot and need older events.",
  ],
};

/** Writes a log by the sequencer, and a snapshot near its end. */
async function write(folder: string, flow: OrderFlow): Promise<Written> {
  const logFile = join(folder, "commands.db");
  const noSnapshots = await openStore(join(folder, "none"));
  const oneSnapshot = await openStore(join(folder, "one"));
  return await withLogFile(logFile, async (log) => {
    const path = await DurablePath.open(log, flow);
    const { exchange } = path;
    const snapshotAt = flow.length - tailCommands;
    await path.saturate({ from: flow.fillLength, to: snapshotAt }, inFlightMax);
    const { sequence } = exchange;
    const taken = exchange.snapshot();
    const state = encodeState(taken);
    const snapshot = { sequence, epoch: log.epoch, format: stateFormatOf(taken), state };
    if ((await oneSnapshot.write(snapshot)) !== "stored") throw new Error("no snapshot was stored");
    await path.saturate({ from: snapshotAt, to: flow.length }, inFlightMax);
    return {
      logFile,
      noSnapshots,
      oneSnapshot,
      stateHash: exchange.stateHash(),
      commands: exchange.sequence,
      snapshotBytes: state.length,
    };
  });
}

async function openStore(folder: string): Promise<SnapshotStore> {
  const opened = await openSnapshotStore({ folder });
  if (opened.kind === "failure") throw new Error(opened.message);
  return opened.store;
}

async function recovered(log: CommandLog, snapshots: SnapshotStore) {
  const outcome = await recover({ log, snapshots, report: strictLog });
  if (outcome.kind === "damaged") throw new Error(outcome.message);
  return outcome;
}

async function replay(log: CommandLog, snapshots: SnapshotStore): Promise<number> {
  return (await recovered(log, snapshots)).replayedCount;
}

async function decode(log: CommandLog): Promise<number> {
  let commands = 0;
  for await (const entry of log.read(1)) {
    if (entry.kind === "damage") throw new Error(entry.message);
    commands += decodeCommands(entry.payload, entry.count).length;
  }
  return commands;
}

/** A recovery to another state would be worth nothing, however fast. */
async function assertSameState(written: Written): Promise<void> {
  for (const snapshots of [written.noSnapshots, written.oneSnapshot]) {
    await withLogFile(written.logFile, async (log) => {
      const { exchange } = await recovered(log, snapshots);
      if (exchange.stateHash() !== written.stateHash) throw new Error("the state is another one");
    });
  }
}

/** How long starts take until the exchange is ready, in milliseconds of wall time. */
async function timeStarts(
  { logFile }: Written,
  snapshots: SnapshotStore,
  runs: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startMs = performance.now();
    await withLogFile(logFile, async (log) => {
      const { exchange } = await recovered(log, snapshots);
      exchange.checkInvariants();
      times.push(performance.now() - startMs);
    });
  }
  return times;
}

function startFigures(what: string, times: readonly number[]): readonly Figure[] {
  const { median, max } = spread(times);
  return [
    { what: `time to ready, ${what}, median`, value: median, unit: "ms" },
    { what: `time to ready, ${what}, worst`, value: max, unit: "ms" },
  ];
}

/** A snapshot that is skipped would spoil what is measured. */
const strictLog: Log = {
  debug: () => {},
  info: () => {},
  warn: (phrase, fields) => {
    throw new Error(`${phrase}: ${JSON.stringify(fields)}`);
  },
  error: () => {},
};

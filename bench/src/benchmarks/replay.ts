/**
 * Replay of recorded files at full speed, from the compressed file to published bars, through the
 * feed and the runner that the server uses. Without recordings at hand it makes a file and says so.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordedDataFolder } from "../../../test/support/recorded-data.ts";
import { tapes } from "../../../test/support/recorded-tapes.ts";
import type {
  Aim,
  Benchmark,
  BenchmarkContext,
  Comparison,
  Effort,
  Figure,
  Findings,
} from "../harness/benchmark.ts";
import { measure, sideBySide } from "../harness/side-by-side.ts";
import { spread } from "../harness/statistics.ts";
import { writeBinanceFile } from "../load/binance-file.ts";
import { unpack, unpackAndSplit } from "../peers/plain-reading.ts";
import { playFile, type RecordedFile } from "./replay-player.ts";

/** Trades in one second of one core. */
const aimTradesPerSecond = 500_000;

/** A file ten times as long may need so much more memory, as a factor. */
const aimMemoryRatio = 1.2;

/** A run plays its files again and again until it has played as many trades: short runs tell of the start. */
const tradesPerRunMin = 600_000;
const tradesPerQuickRunMin = 200_000;

const seed = 20_240_808;
const longFileMembers = 10;
/** A process has its own luck with the collector: the median of so many is reported. */
const memoryRuns = 3;
/**
 * Left alone, Node's young generation grows during the first million trades, whatever is read; held
 * small, the memory that is compared is the replay's own.
 */
const steadyMemory = ["--min-semi-space-size=4", "--max-semi-space-size=4"];

/** Files that are played one after the other as one piece of work. */
interface Source {
  readonly title: string;
  readonly files: readonly RecordedFile[];
}

/** The registry's entry. */
export const replay: Benchmark = {
  name: "replay",
  summary: "recorded CSV.gz files played at full speed, from the file to published bars",
  run,
};

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-bench-"));
  try {
    const recorded = recordedSources();
    note(recorded.length === 0 ? "no recorded data found: making a file" : "reading recorded data");
    const sources = recorded.length === 0 ? [await generatedSource(folder, effort)] : recorded;
    const comparisons: Comparison[] = [];
    for (const source of sources) {
      note(source.title);
      comparisons.push(await compare(source, effort));
    }
    note("measuring memory");
    const memory = await measureMemory(folder, effort);
    return {
      ...description(recorded.length > 0, effort),
      comparisons,
      latencies: [],
      figures: memory.figures,
      aims: [...comparisons.map(speedAim), memory.aim],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What was recorded from real venues, by who recorded it; empty where there is nothing. */
function recordedSources(): readonly Source[] {
  const folder = recordedDataFolder();
  if (folder === undefined) return [];
  const byVenue = Map.groupBy(tapes, ({ file }) => file.split("-", 1)[0] ?? "");
  return Array.from(byVenue, ([venue, ofVenue]) => ({
    title: `${venue}, ${ofVenue.length === 1 ? "one file" : `${ofVenue.length} files`}`,
    files: ofVenue.map(({ file, format, trades }) => ({
      path: join(folder, "trades", file),
      format,
      trades,
    })),
  }));
}

async function generatedSource(folder: string, { isQuick }: Effort): Promise<Source> {
  const path = join(folder, "generated.csv.gz");
  const trades = isQuick ? 200_000 : 1_000_000;
  await writeBinanceFile({ path, seed, members: 1, rowsPerMember: trades });
  const file: RecordedFile = { path, format: { kind: "binance-trades" }, trades };
  return { title: "generated, one file", files: [file] };
}

function compare({ title, files }: Source, effort: Effort): Promise<Comparison> {
  const trades = files.reduce((sum, file) => sum + file.trades, 0);
  const rounds = Math.ceil((effort.isQuick ? tradesPerQuickRunMin : tradesPerRunMin) / trades);
  const contender = (name: string, work: (file: RecordedFile) => Promise<number>) => ({
    name,
    run: () =>
      measure(async () => {
        for (let round = 0; round < rounds; round += 1) {
          for (const file of files) await work(file);
        }
        return trades * rounds;
      }),
  });
  return sideBySide({
    title: `${title}, ${rounds} × ${trades} trades`,
    unit: "trades",
    effort,
    contenders: [
      contender("openbourse: file to bars", playFile),
      contender("gunzip alone", ({ path }) => unpack(path)),
      contender("gunzip, split, Number", ({ path }) => unpackAndSplit(path)),
    ],
  });
}

function speedAim({ title, contenders }: Comparison): Aim {
  return {
    what: `trades played in a second of CPU time, median, ${title}`,
    unit: "trades/s",
    atLeast: aimTradesPerSecond,
    measured: contenders[0]?.unitsPerCpuSecond.median ?? 0,
  };
}

/** The most memory that a process needs for a file, and for one that is ten times as long. */
async function measureMemory(
  folder: string,
  { isQuick }: Effort,
): Promise<{ figures: readonly Figure[]; aim: Aim }> {
  const rowsPerMember = isQuick ? 100_000 : 300_000;
  const paths = { short: join(folder, "short.csv.gz"), long: join(folder, "long.csv.gz") };
  const longRows = rowsPerMember * longFileMembers;
  await writeBinanceFile({ path: paths.short, seed, members: 1, rowsPerMember });
  await writeBinanceFile({ path: paths.long, seed, members: longFileMembers, rowsPerMember });
  const short = residentBytes(paths.short, rowsPerMember, steadyMemory);
  const long = residentBytes(paths.long, longRows, steadyMemory);
  const asServed = residentBytes(paths.long, longRows, []);
  const figure = (what: string, bytes: number): Figure => ({
    what: `most resident memory, ${what}`,
    value: bytes / 2 ** 20,
    unit: "MiB",
  });
  return {
    figures: [
      figure(`${rowsPerMember} trades, young generation held small`, short),
      figure(`${longRows} trades, young generation held small`, long),
      figure(`${longRows} trades, as Node starts by itself`, asServed),
    ],
    aim: {
      what: `most memory for a file ${longFileMembers} times as long`,
      unit: "times",
      atMost: aimMemoryRatio,
      measured: long / short,
    },
  };
}

/** What processes of their own need at most, in bytes: the median of a few. */
function residentBytes(path: string, trades: number, flags: readonly string[]): number {
  const program = join(import.meta.dirname, "replay-memory.ts");
  const runs = Array.from({ length: memoryRuns }, () =>
    Number(execFileSync(process.execPath, [...flags, program, path, String(trades)]).toString()),
  );
  return spread(runs).median;
}

function description(
  isRecorded: boolean,
  { isQuick }: Effort,
): Pick<Findings, "method" | "parameters" | "packages" | "leavesOut"> {
  return {
    method: [
      "A run plays every file of its group from its start at speed max, on the recording's own clock, as many times as the table says.",
      "CPU time is that of the whole process: unpacking, which runs on another thread, is in it.",
      "The other rows show where time goes: unpacking alone, and the least that reads numbers at all.",
      "Memory is that of a fresh process for each file, the median of a few. Lengths are compared with a small, fixed young generation, because Node's own grows with use whatever is read.",
    ],
    parameters: {
      source: isRecorded ? "recorded files" : "generated file, no recorded data found",
      memorySource: `generated file, seed ${seed}${isQuick ? ", short" : ""}`,
    },
    packages: {},
    leavesOut: [
      "Encoding and sending of the bars: publishing here counts a call.",
      "The first second of a process, in which the compiler is still at work.",
      "A cold disk: after the warm-up the files are in the system's cache.",
      "Many tickers in one file: each of these files holds one.",
      "The parsers' other inputs, NDJSON and column maps with quotes.",
    ],
  };
}

/** `import`: puts recorded trades and bars into the stored past of a dataset, with or without a server. */
import { openDatasetStore } from "../../adapters/sqlite/datasets/store.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { DatasetConfig } from "../../config/schema.ts";
import { keepDaysOf } from "../../main/recordings.ts";
import { stopSource } from "../../ports/feed.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import type { FileFormat, TimeUnit } from "../../recordings/format.ts";
import { columnRoles } from "../../recordings/guess.ts";
import { Importer, type ImportTarget } from "../../recordings/importer.ts";
import { inspectRecording } from "../../recordings/recording.ts";
import { findFiles, standardInput } from "../../recordings/sources.ts";
import { inspectStream } from "../../recordings/standard-input.ts";
import type { Recording } from "../../recordings/stored-file.ts";
import { tuneCollector } from "../collector.ts";
import { columnMapping, namedTickers } from "../column-map.ts";
import { momentUs } from "../time-words.ts";
import { configOrExitCode } from "./config.ts";
import { ImportLines, importSummary, unusedPercent } from "./import-lines.ts";
import { print, refuse } from "./key-store.ts";
import { storedDataset } from "./stored-dataset.ts";

/** What `import` was asked for. */
export interface ImportCommand {
  readonly config: ConfigInput;
  readonly files: readonly string[];
  readonly dataset: string;
  readonly ticker?: readonly string[];
  readonly venue?: string;
  readonly map?: string;
  readonly format: string;
  readonly timeUnit?: TimeUnit;
  /** The moment from which times count. */
  readonly timeOrigin?: string;
  readonly priceDecimals?: number;
  readonly quantityDecimals?: number;
  /** Percent of the rows that may be unusable. */
  readonly unusedMax: number;
  readonly json?: true;
}

/** Runs the command; resolves with the exit code. */
export async function importFiles(command: ImportCommand): Promise<number> {
  tuneCollector();
  const config = configOrExitCode(command.config);
  if (config === 2) return 2;
  const stored = storedDataset(config, command.dataset);
  if (typeof stored === "string") return refuse(stored);
  const tickers = namedTickers(command.ticker ?? []);
  if (typeof tickers === "string") return refuse(tickers);
  const format = formatOf(command);
  if (typeof format === "string") return refuse(format);
  const found = await findFiles(command.files);
  if (typeof found === "string") return refuse(found);

  const { code, publisher = code } = stored.dataset;
  const store = openDatasetStore(stored.folder);
  const stop = stopSource();
  const interrupted = () => {
    stop.abort();
    // Whoever writes to it may say nothing for a long time.
    if (found.files.includes(standardInput)) process.stdin.destroy();
  };
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  try {
    const venue = command.venue ?? publisher;
    const keptFromUs = keptFrom(stored.dataset);
    const { trades: keepsTrades } = stored.dataset.history;
    const target = { store, dataset: code, venue, keptFromUs, keepsTrades, ...tickers };
    const lines = new ImportLines(process.stderr);
    for (const line of found.leftOut) lines.warn(line);
    return await run(command, { target, format, files: found.files, lines, stop });
  } finally {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    await store.close();
  }
}

const dayUs = 86_400_000_000;
const hourUs = 3_600_000_000;

/** What is older would be forgotten by the next server that runs; undefined where everything is kept. */
function keptFrom(dataset: DatasetConfig): number | undefined {
  const keepDays = keepDaysOf(dataset);
  if (keepDays === 0) return undefined;
  return Math.ceil((Date.now() * 1_000 - keepDays * dayUs) / hourUs) * hourUs;
}

function keptWords({ dataset, keptFromUs = 0 }: ImportTarget): string {
  const since = new Date(keptFromUs / 1_000).toISOString().slice(0, 16);
  return `dataset ${dataset} keeps what is from ${since}Z on: with history.keepDays: 0 in its configuration it keeps everything`;
}

interface Run {
  readonly target: ImportTarget;
  readonly format: FileFormat;
  readonly files: readonly string[];
  readonly lines: ImportLines;
  readonly stop: ReturnType<typeof stopSource>;
}

async function run(
  command: ImportCommand,
  { target, format, files, lines, stop }: Run,
): Promise<number> {
  const recordings = await inspectAll(files, lines);
  const unread = files.length - recordings.length;
  lines.begin(recordings);
  const importer = new Importer(target, lines, stop.signal);
  let failure: StorageFailure | undefined;
  for (const recording of recordings) {
    failure = await importer.take(recording, format);
    if (failure !== undefined || stop.signal.aborted) break;
  }
  failure ??= await importer.stored();
  lines.end();
  const { figures } = importer;
  if (figures.tooOld > 0) lines.warn(keptWords(target));
  figures.filesFailed += unread;
  if (failure !== undefined) lines.warn(`nothing more can be stored: ${failure.message}`);
  const isStopped = stop.signal.aborted;
  const { dataset } = target;
  if (command.json === true) {
    print(JSON.stringify({ dataset, ...figures, files: files.length, interrupted: isStopped }));
  } else print(importSummary(dataset, figures, isStopped));
  const isUsed = unusedPercent(figures) <= command.unusedMax;
  return failure === undefined && !isStopped && figures.filesFailed === 0 && isUsed ? 0 : 1;
}

/** The files that can be read; what is wrong with the others is said. */
async function inspectAll(
  files: readonly string[],
  lines: ImportLines,
): Promise<readonly Recording[]> {
  const recordings: Recording[] = [];
  for (const file of files) {
    const recording =
      file === standardInput ? await inspectStream(process.stdin) : await inspectRecording(file);
    if ("kind" in recording) lines.warn(recording.reason);
    else recordings.push(recording);
  }
  return recordings;
}

function formatOf(command: ImportCommand): FileFormat | string {
  const { format, map, timeUnit, timeOrigin, priceDecimals, quantityDecimals } = command;
  if (format !== "auto") {
    const described = Object.entries({
      ...{ "--map": map, "--time-unit": timeUnit, "--time-origin": timeOrigin },
      ...{ "--price-decimals": priceDecimals, "--quantity-decimals": quantityDecimals },
    }).find(([, value]) => value !== undefined);
    if (described === undefined) return { kind: format } as FileFormat;
    return `${described[0]} describes columns, and --format ${format} knows them: leave one out`;
  }
  const columns = map === undefined ? undefined : columnMapping(map, columnRoles);
  if (typeof columns === "string") return columns;
  const originUs = timeOrigin === undefined ? undefined : momentUs(timeOrigin, 0);
  if (typeof originUs === "string") return `--time-origin ${originUs}`;
  const numbers = { timeOriginUs: originUs, priceDecimals, quantityDecimals };
  return { kind: "auto", columns, timeUnit, ...numbers };
}

/** `record`: writes what a dataset tells, or what a WebSocket sends, into rotating files, until it is stopped. */
import { setTimeout as wait } from "node:timers/promises";
import { openDatasetStore } from "../../adapters/sqlite/datasets/store.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { DatasetReader } from "../../ports/dataset-reader.ts";
import { stopSource } from "../../ports/feed.ts";
import { isUnanswered } from "../../ports/history.ts";
import { DatasetRecording } from "../../recordings/dataset-recording.ts";
import { ReadError } from "../../recordings/final-trades.ts";
import { recordedTimeEndUs } from "../../recordings/map-time.ts";
import {
  type FileBounds,
  type FileListener,
  RotatingFiles,
  recordedUntil,
} from "../../recordings/rotating-files.ts";
import { tuneCollector } from "../collector.ts";
import { momentUs } from "../time-words.ts";
import { configOrExitCode } from "./config.ts";
import { exchangePast } from "./exchange-past.ts";
import { say } from "./keep-recording.ts";
import { refuse } from "./key-store.ts";
import { recordLines } from "./record-lines.ts";
import { isOfExchange, storedDataset } from "./stored-dataset.ts";

/** What `record` was asked for. */
export interface RecordCommand {
  readonly config: ConfigInput;
  readonly dataset?: string;
  readonly venue?: string;
  readonly sent?: true;
  readonly url?: string;
  readonly send?: readonly string[];
  readonly name?: string;
  readonly output: string;
  readonly from?: string;
  readonly once?: true;
  /** MiB. */
  readonly fileSize: number;
  readonly diskSize: number;
}

/** How often it is looked for what is new, in milliseconds. */
const pollMs = 1_000;

/** Runs the command; resolves with the exit code. */
export async function record(command: RecordCommand): Promise<number> {
  tuneCollector();
  const { dataset, venue, sent, url, fileSize, diskSize } = command;
  if (fileSize * 2 > diskSize) {
    return refuse("--disk-size has to be at least twice --file-size, for the oldest file to go");
  }
  const bounds = { fileBytes: fileSize * 1024 ** 2, diskBytes: diskSize * 1024 ** 2 };
  if (command.send !== undefined && url === undefined) return refuse("--send is for --url");
  if (command.name !== undefined && !/^[\w.-]{1,64}$/.test(command.name)) {
    return refuse(`--name is a word of letters, digits, dots and dashes, not ${command.name}`);
  }
  const named = [dataset, venue, sent, url].filter((each) => each !== undefined);
  if (named.length !== 1) {
    return refuse("name what is recorded: one of --dataset, --venue, --sent and --url");
  }
  if (dataset === undefined) {
    return await recordLines({ ...command, isOnce: command.once === true, bounds, toldFiles });
  }
  const config = configOrExitCode(command.config);
  if (config === 2) return 2;
  return await recordDataset({ ...command, dataset }, config, bounds);
}

const toldFiles: FileListener = {
  begun: (path) => say(`writing ${path}`),
  removed: (path, bytes) =>
    say(`removed ${path}, the oldest, ${Math.ceil(bytes / 1024)} KiB, to keep within --disk-size`),
};

type DatasetCommand = RecordCommand & { readonly dataset: string };

async function recordDataset(
  command: DatasetCommand,
  config: Config,
  bounds: FileBounds,
): Promise<number> {
  const fromUs = momentUs(command.from, 0);
  if (typeof fromUs === "string") return refuse(`--from ${fromUs}`);
  await using opened = new AsyncDisposableStack();
  const source = await sourceOf(config, command.dataset);
  if (typeof source === "string") return refuse(source);
  opened.defer(() => source.close());
  const names = { folder: command.output, name: command.name ?? command.dataset };
  const untilUs = await recordedUntil(names);
  const files = new RotatingFiles(names, bounds, toldFiles);
  const start = untilUs === undefined ? fromUs : Math.max(fromUs, untilUs + 1);
  if (untilUs !== undefined) say(`going on after ${new Date(untilUs / 1_000).toISOString()}`);
  const { dataset } = command;
  const recording = new DatasetRecording({ reader: source, dataset, files, fromUs: start });
  const stop = stopSource();
  const interrupted = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  opened.defer(() => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  });
  const fault = await follow({ source, recording, isOnce: command.once === true }, stop.signal);
  await files.close();
  const { lines, bytes } = files.written;
  say(`${lines} trades of dataset ${dataset} in ${Math.ceil(bytes / 1024)} KiB`);
  if (fault !== undefined) say(fault);
  return fault === undefined ? 0 : 1;
}

interface Following {
  readonly source: RecordedSource;
  readonly recording: DatasetRecording;
  readonly isOnce: boolean;
}

/** Records until it is stopped; a text says why it could not go on. */
async function follow(
  { source, recording, isOnce }: Following,
  signal: ReturnType<typeof stopSource>["signal"],
): Promise<string | undefined> {
  try {
    while (!signal.aborted) {
      const finalUs = await source.finalUs();
      if (typeof finalUs === "string") return finalUs;
      if (finalUs !== undefined) await recording.record(finalUs, () => signal.aborted);
      if (isOnce) break;
      await wait(pollMs, undefined, { signal: signal as AbortSignal }).catch(() => undefined);
    }
    return undefined;
  } catch (error) {
    // The disk and the store fail with words; what is no such failure is a bug.
    if (error instanceof ReadError || (error as NodeJS.ErrnoException).code !== undefined) {
      return (error as Error).message;
    }
    throw error;
  }
}

/** A past that grows. */
interface RecordedSource extends DatasetReader {
  /** Before when nothing will change any more; undefined while nothing is known, a text when the store fails. */
  finalUs(): Promise<number | undefined | string>;
  close(): void | Promise<void>;
}

async function sourceOf(config: Config, code: string): Promise<RecordedSource | string> {
  if (isOfExchange(config, code)) {
    const past = await exchangePast(config);
    return typeof past === "string" ? past : { ...past, finalUs: () => newestUs(past, code) };
  }
  const stored = storedDataset(config, code);
  if (typeof stored === "string") return stored;
  const { dataset, folder } = stored;
  if (!dataset.history.trades) {
    return `dataset ${code} stores bars and no trades: with history.trades: true in its configuration it stores both`;
  }
  const store = openDatasetStore(folder);
  const latenessUs = config.bars.latenessMs * 1_000;
  return {
    bars: (query) => store.bars(query),
    trades: (query) => store.trades(query),
    coverage: (query) => store.coverage(query),
    tickers: (name) => store.tickers(name),
    close: () => store.close(),
    async finalUs() {
      // What was imported changes by imports alone.
      if (dataset.feed === undefined) return recordedTimeEndUs;
      const position = await store.reached(code);
      if (position === undefined || "kind" in position) return position?.message;
      // A late trade is taken for as long as its minute may change.
      const changingUs = position.timeUs - latenessUs;
      return changingUs - (changingUs % minuteUs);
    },
  };
}

const minuteUs = 60_000_000;

/** The time of the newest trade of an exchange: whatever comes is not earlier. */
async function newestUs(
  reader: DatasetReader,
  dataset: string,
): Promise<number | undefined | string> {
  const tickers = await reader.tickers(dataset);
  if (isUnanswered(tickers)) return "the history does not answer";
  let newest: number | undefined;
  for (const { ticker } of tickers) {
    const range = { fromUs: 0, toUs: recordedTimeEndUs, order: "newest-first" } as const;
    const last = await reader.trades({ dataset, ticker, ...range, limit: 1 });
    if (isUnanswered(last)) return "the history does not answer";
    newest = Math.max(newest ?? 0, last[0]?.eventTimeUs ?? 0);
  }
  return newest;
}

/** `export`: writes trades or bars of a dataset's stored past into a file or to standard output. */
import { createWriteStream } from "node:fs";
import { realpath, rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openDatasetStore } from "../../adapters/sqlite/datasets/store.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { DatasetReader } from "../../ports/dataset-reader.ts";
import { isUnanswered } from "../../ports/history.ts";
import { nearest } from "../../ports/nearest.ts";
import { Export, type ExportFormat } from "../../recordings/exporter.ts";
import { standardInput as standardOutput } from "../../recordings/sources.ts";
import { tuneCollector } from "../collector.ts";
import { exportInterval, momentUs } from "../time-words.ts";
import { configOrExitCode } from "./config.ts";
import { exchangePast } from "./exchange-past.ts";
import { refuse } from "./key-store.ts";
import { isOfExchange, storedDataset } from "./stored-dataset.ts";

/** What `export` was asked for. */
export interface ExportCommand {
  readonly config: ConfigInput;
  readonly dataset: string;
  readonly ticker?: readonly string[];
  readonly interval: string;
  readonly from?: string;
  readonly to?: string;
  readonly format: ExportFormat;
  readonly output: string;
}

/** Beyond all times that are stored, in microseconds since 1970. */
const endOfTimeUs = Date.UTC(2240, 0) * 1_000;

/** Runs the command; resolves with the exit code. */
export async function exportRows(command: ExportCommand): Promise<number> {
  tuneCollector();
  const config = configOrExitCode(command.config);
  if (config === 2) return 2;
  const stored = isOfExchange(config, command.dataset)
    ? undefined
    : storedDataset(config, command.dataset);
  if (typeof stored === "string") return refuse(stored);
  const interval = exportInterval(command.interval);
  if (typeof interval === "string") return refuse(interval);
  const fromUs = momentUs(command.from, 0);
  const toUs = momentUs(command.to, endOfTimeUs);
  if (typeof fromUs === "string") return refuse(`--from ${fromUs}`);
  if (typeof toUs === "string") return refuse(`--to ${toUs}`);
  if (fromUs >= toUs) return refuse("--from has to be before --to");
  if (command.output === standardOutput && command.format === "parquet" && process.stdout.isTTY) {
    return refuse("Parquet is nothing for a terminal: name a file with --output");
  }

  await using opened = new AsyncDisposableStack();
  const past = stored === undefined ? await exchangePast(config) : openDatasetStore(stored.folder);
  if (typeof past === "string") return unavailable(past);
  opened.defer(() => past.close());
  const tickers = await tickersOf(past, command);
  if (typeof tickers === "string") return refuse(tickers);
  const order = { dataset: command.dataset, tickers, fromUs, toUs, ...interval };
  return await write(new Export(past, order, command.format), command);
}

function unavailable(reason: string): number {
  process.stderr.write(`export: ${reason}\n`);
  return 1;
}

/** The tickers that are meant: all that are stored where none is named. */
async function tickersOf(
  reader: DatasetReader,
  { dataset, ticker }: ExportCommand,
): Promise<readonly string[] | string> {
  const stored = await reader.tickers(dataset);
  if (isUnanswered(stored)) return "message" in stored ? stored.message : "the store is busy";
  const names = stored.map((one) => one.ticker);
  if (names.length === 0) return `nothing is stored of dataset ${dataset}`;
  const unknown = ticker?.find((name) => !names.includes(name));
  if (unknown === undefined) return ticker ?? names;
  const near = nearest(unknown, names);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `nothing is stored of ${unknown} in dataset ${dataset}${hint}`;
}

async function write(file: Export, { output, dataset }: ExportCommand): Promise<number> {
  const fault = await (output === standardOutput ? toStandardOutput(file) : toFile(file, output));
  if (fault !== undefined) {
    process.stderr.write(`export: ${fault}\n`);
    return 1;
  }
  const where = output === standardOutput ? "" : ` to ${output}`;
  const rows = file.rows === 1 ? "1 row" : `${file.rows} rows`;
  process.stderr.write(`export: ${rows} of dataset ${dataset}${where}\n`);
  return 0;
}

/** A file is there when it is whole: until then it has another name. A device or pipe is written as it is. */
async function toFile(file: Export, output: string): Promise<string | undefined> {
  const isPlain = (await stat(output).catch(() => undefined))?.isFile() ?? true;
  const target = isPlain ? await realpath(output).catch(() => output) : output;
  const draft = isPlain ? `${target}.part` : target;
  try {
    await pipeline(Readable.from(file.pieces()), createWriteStream(draft));
    if (isPlain) await rename(draft, target);
    return undefined;
  } catch (error) {
    if (isPlain) await rm(draft, { force: true });
    return `${output} was not written: ${(error as Error).message}`;
  }
}

async function toStandardOutput(file: Export): Promise<string | undefined> {
  try {
    for await (const piece of file.pieces()) {
      if (!process.stdout.writable) return undefined;
      if (!process.stdout.write(piece)) await drained();
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Resolves when the reader has taken what was written, or is gone. */
function drained(): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      process.stdout.off("drain", settle).off("close", settle);
      resolve();
    };
    process.stdout.once("drain", settle).once("close", settle);
  });
}

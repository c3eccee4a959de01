/**
 * What a replay can be told: which files, in which format, how fast and on which clock. It says what
 * is wrong with a combination before any file is opened; reading YAML is not its business.
 */
import {
  type AutoFormat,
  type FileFormat,
  formatFault,
  hasTickerColumn,
  type RecordingFormat,
  type RowSort,
} from "../../recordings/format.ts";

/** How many seconds of market time pass in one second of wall time; `max` does not wait at all. */
export type ReplaySpeed = number | "max";

/** `recorded` keeps the times of the file, `shifted` moves all by one constant so that it starts now. */
export type ReplayClock = "recorded" | "shifted";

/** Everything a replay feed is made from. */
export interface ReplayOptions {
  /** Paths of files, folders of them and patterns; at least 1. All files are merged by time. */
  readonly files: readonly string[];
  /** `auto` is settled by the first lines of each file. */
  readonly format: RecordingFormat | AutoFormat;
  /** Code of the dataset's publisher: the venue of the trades unless `venue` says otherwise. */
  readonly publisher: string;
  readonly venue?: string | undefined;
  /** The ticker of every row, for formats without a symbol column. */
  readonly ticker?: string | undefined;
  /** From the file's symbols to tickers; a symbol that is not named here is the ticker itself. */
  readonly tickers?: Readonly<Record<string, string>> | undefined;
  /** Default 1. */
  readonly speed?: ReplaySpeed | undefined;
  /** Whether to start again after the last file; default false. */
  readonly loop?: boolean | undefined;
  /** Default `recorded`. */
  readonly clock?: ReplayClock | undefined;
  /** Default `window`. */
  readonly sort?: RowSort | undefined;
}

/** Speed of a replay that names none. */
export const speedDefault: ReplaySpeed = 1;

/** Clock of a replay that names none. */
export const clockDefault: ReplayClock = "recorded";

/** Most files of one replay. */
export const filesMax = 10_000;

/** What is wrong with the options, in words for the operator; undefined when nothing is. */
export function replayOptionsFault(options: ReplayOptions): string | undefined {
  const { files, speed = speedDefault } = options;
  if (files.length === 0) return "a replay needs at least one file";
  if (files.length > filesMax) return `a replay plays at most ${filesMax} files`;
  if (speed !== "max" && !(speed > 0 && Number.isFinite(speed))) {
    return `speed has to be a number above 0 or "max", not ${speed}`;
  }
  const { format } = options;
  if (format.kind === "auto") return undefined;
  return formatFault(format) ?? tickerFault(options);
}

/** Why files of a format need a ticker that is not named; undefined where they do not. */
export function tickerFault({
  format,
  ticker,
}: {
  format: FileFormat;
  ticker?: string | undefined;
}): string | undefined {
  if (ticker !== undefined || hasTickerColumn(format)) return undefined;
  return `files of format ${format.kind} do not name a ticker: set ticker, on the command line --ticker`;
}

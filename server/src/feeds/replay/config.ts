/**
 * What may be written of a replay, and what it can be told: which files, in which format, how fast and
 * on which clock. It says what is wrong with a combination before any file is opened.
 */
import Type, { type Static } from "typebox";
import { code, strict } from "../../ports/config-section.ts";
import type { ReplaySpeed } from "../../ports/replay.ts";
import {
  type AutoFormat,
  type FileFormat,
  formatFault,
  hasTickerColumn,
  type RecordingFormat,
  type RowSort,
} from "../../recordings/format.ts";

const column = Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })]);

/** `kind: replay`. */
export const replayFeedSchema = Type.Object(
  {
    kind: Type.Literal("replay"),
    files: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      maxItems: 10_000,
      description: "files, folders and patterns, merged by time: plain, gzip, zstd, ZIP or Parquet",
    }),
    format: Type.Enum(
      ["auto", "binance-trades", "binance-aggtrades", "tardis-trades", "csv", "ndjson"],
      {
        default: "auto",
        description: "what the files hold; auto: what their first lines look like",
      },
    ),
    ticker: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: "ticker of every row, where the files do not name it",
      }),
    ),
    tickers: Type.Optional(
      Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 64 }), {
        description: "from the files' symbols to tickers; others stay as they are",
      }),
    ),
    venue: Type.Optional(code("where the trades happened; default: the publisher")),
    columns: Type.Optional(
      Type.Object(
        {
          price: column,
          quantity: column,
          time: column,
          id: Type.Optional(column),
          idType: Type.Optional(column),
          side: Type.Optional(column),
          buyerMaker: Type.Optional(column),
          ticker: Type.Optional(column),
          receiveTime: Type.Optional(column),
        },
        {
          ...strict,
          description:
            "csv, ndjson: header names, keys (data.p, a[0]), or positions counted from 0",
        },
      ),
    ),
    timeUnit: Type.Optional(
      Type.Enum(["s", "ms", "us", "ns", "iso"], {
        description: "auto, csv, ndjson: what the times count; ISO 8601 is read with every unit",
      }),
    ),
    timeOriginUs: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "auto, csv, ndjson: when time 0 is, in microseconds since 1970",
      }),
    ),
    sides: Type.Optional(
      Type.Record(Type.String(), Type.Enum(["buy", "sell", "unknown"]), {
        description: "csv, ndjson: what the words of the side column mean",
      }),
    ),
    priceDecimals: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description: "auto, csv, ndjson: decimals left out of prices, 4 where 1674200 is 167.42",
      }),
    ),
    quantityDecimals: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description: "auto, csv, ndjson: decimals left out of quantities",
      }),
    ),
    separator: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1,
        description: "csv: between two columns; default: a comma",
      }),
    ),
    speed: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Literal("max")], {
      default: 1,
      description: "seconds of market time per second; max waits for nothing but its consumers",
    }),
    clock: Type.Enum(["recorded", "shifted"], {
      default: "recorded",
      description: "keep the recording's times, or move all by whole minutes so that it starts now",
    }),
    from: Type.Optional(
      Type.String({
        format: "date-time",
        description: "when to begin, as 2024-08-08T10:00:00Z by the times of the recording",
      }),
    ),
    to: Type.Optional(
      Type.String({
        format: "date-time",
        description: "when to end: trades from then on are left out",
      }),
    ),
    loop: Type.Boolean({ default: false, description: "start again after the last file" }),
    sort: Type.Enum(["window", "disk"], {
      default: "window",
      description: "sort rows in memory as far as a window reaches, or each file on disk first",
    }),
    start: Type.Enum(["at-once", "first-subscription"], {
      default: "at-once",
      description: "when the recording begins to play",
    }),
  },
  strict,
);

/** A replay feed as configured. */
export type ReplayFeedConfig = Static<typeof replayFeedSchema>;

export type { ReplaySpeed };

/**
 * `recorded` keeps the times of the file, `shifted` moves all by whole minutes so that it starts in the present
 * minute.
 */
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
  /** Trades before it are not played; in microseconds since 1970, as recorded. */
  readonly fromUs?: number | undefined;
  /** Trades from it on are not played. */
  readonly toUs?: number | undefined;
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
  const { format, fromUs = 0, toUs = Number.POSITIVE_INFINITY } = options;
  if (fromUs >= toUs) return "a replay ends after it begins: from has to be before to";
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

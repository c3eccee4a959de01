/** What may be written of feeds, by their kind. */
import Type, { type Static, type TSchema } from "typebox";
import { strict } from "../ports/config-section.ts";

/** The code of a dataset, publisher or venue. */
export const code = (description: string) =>
  Type.String({ pattern: "^[a-z0-9][a-z0-9_.-]{0,62}$", description });

const decimalText = (description: string) =>
  Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?$", description });

/** One ticker of a simulated market. */
const simulatedTickerSchema = Type.Object(
  {
    ticker: Type.String({ minLength: 1, maxLength: 64 }),
    startPrice: decimalText("price at the start"),
    tickSize: decimalText("smallest price step"),
    lotSize: decimalText("smallest quantity step"),
    medianQuantity: decimalText("half of the trades are larger"),
    tradesPerSecond: Type.Number({ minimum: 0.01, maximum: 10_000 }),
    dailyVolatilityPercent: Type.Optional(Type.Number({ minimum: 0.01, maximum: 20 })),
  },
  strict,
);

/** `kind: simulator`. */
export const simulatorFeedSchema = Type.Object(
  {
    kind: Type.Literal("simulator"),
    seed: Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      default: 1,
      description: "the same seed gives the same trades",
    }),
    tickers: Type.Optional(
      Type.Array(simulatedTickerSchema, {
        minItems: 1,
        maxItems: 10_000,
        description: "the market; default: a dozen well-known tickers",
      }),
    ),
  },
  strict,
);

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
        description: "csv, ndjson: what the times count; ISO 8601 is read with every unit",
      }),
    ),
    timeOriginUs: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "csv, ndjson: when time 0 is, in microseconds since 1970",
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
        description: "csv, ndjson: decimals left out of prices, 4 where 1674200 is 167.42",
      }),
    ),
    quantityDecimals: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description: "csv, ndjson: decimals left out of quantities",
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
      description: "keep the recording's times, or move all so that it starts now",
    }),
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

/** Feed schemas by `kind`: the configuration's side of the feed registry. */
export const feedSchemas: Readonly<Record<string, TSchema>> = {
  simulator: simulatorFeedSchema,
  replay: replayFeedSchema,
};

/** A simulator feed as configured. */
export type SimulatorFeedConfig = Static<typeof simulatorFeedSchema>;

/** A replay feed as configured. */
export type ReplayFeedConfig = Static<typeof replayFeedSchema>;

/** Any feed as configured. */
export type FeedConfig = SimulatorFeedConfig | ReplayFeedConfig;

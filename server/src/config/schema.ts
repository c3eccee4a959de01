/**
 * The configuration, described once: what may be written, what each value means, its range and its
 * default. `openbourse.yaml`, environment variables, flags and `print-config` all follow from here.
 */
import Type, { type Static, type TSchema } from "typebox";
import { cryptomusSchema } from "./cryptomus-schema.ts";
import { corsSchema, httpSchema, trustedProxiesSchema } from "./http-schema.ts";
import { section, strict } from "./schema-parts.ts";

const code = (description: string) =>
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
      description: "plain or gzip files, merged by time",
    }),
    format: Type.Enum(["binance-trades", "binance-aggtrades", "tardis-trades", "csv", "ndjson"], {
      description: "what the files hold",
    }),
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
          ticker: Type.Optional(column),
          receiveTime: Type.Optional(column),
        },
        { ...strict, description: "csv, ndjson: header names, keys, or positions counted from 0" },
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

const datasetSchema = Type.Object(
  {
    code: code("dataset code that clients ask for"),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "name for people; default: the code",
      }),
    ),
    publisher: Type.Optional(code("publisher code; default: the dataset code")),
    // The feed's own schema is chosen by its kind, so that messages name that kind's keys only.
    feed: Type.Unsafe<FeedConfig>(
      Type.Object(
        { kind: Type.Enum(Object.keys(feedSchemas)) },
        { description: "where trades come from" },
      ),
    ),
  },
  strict,
);

/** A dataset as configured. */
export type DatasetConfig = Static<typeof datasetSchema>;

const tlsSchema = Type.Object(
  {
    cert: Type.String({
      minLength: 1,
      description: "PEM file of the certificate and those that it follows from; default: no TLS",
    }),
    key: Type.String({ minLength: 1, description: "PEM file of its private key, not encrypted" }),
  },
  strict,
);

/** Where the files of a certificate are. */
export type TlsConfig = Static<typeof tlsSchema>;

const serverSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, default: "127.0.0.1", description: "address to listen on" }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8080,
      description: "port to listen on, 0 for any free one",
    }),
    tls: Type.Optional(tlsSchema),
    http: httpSchema,
    trustedProxies: trustedProxiesSchema,
    cors: corsSchema,
    connectionsMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 20_000,
      description: "connections of all workspaces together",
    }),
    outboxBytesMax: Type.Integer({
      minimum: 65_536,
      default: 8_388_608,
      description: "bytes that may wait for one client that does not read",
    }),
    backlogBytesMax: Type.Integer({
      minimum: 1_048_576,
      default: 134_217_728,
      description:
        "bytes that may wait for all clients together; beyond it those that are furthest behind are closed",
    }),
    compression: Type.Boolean({
      default: false,
      description: "whether messages are compressed for clients that offer it (permessage-deflate)",
    }),
    flushDelayMs: Type.Integer({
      minimum: 0,
      maximum: 1_000,
      default: 0,
      description: "how long what is due is gathered before it is written, 0 for not at all",
    }),
    pingIntervalMs: Type.Integer({
      minimum: 1_000,
      maximum: 30_000,
      default: 25_000,
      description: "how often clients are pinged; one that is silent for two of these is gone",
    }),
    stopGraceMs: Type.Integer({
      minimum: 0,
      maximum: 4_000,
      default: 2_000,
      description: "how long a stop waits for clients to close",
    }),
  },
  section,
);

const logSchema = Type.Object(
  {
    level: Type.Enum(["debug", "info", "warn", "error", "silent"], {
      default: "info",
      description: "least severe lines that are written",
    }),
    format: Type.Enum(["auto", "json", "text"], {
      default: "auto",
      description: "auto: text on a terminal, JSON elsewhere",
    }),
  },
  section,
);

const limitsSchema = Type.Object(
  {
    connectionsMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 3,
      description: "connections of a workspace, over all its keys",
    }),
    messagesPerMinuteMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 100,
      description: "messages a minute on one connection",
    }),
    messageBytesMax: Type.Integer({
      minimum: 128,
      maximum: 16_777_216,
      default: 102_400,
      description: "size of one message",
    }),
    restCallsPerMinuteMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1_000,
      description: "REST calls of a workspace a minute",
    }),
    tickersMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 50_000,
        description: "tickers subscribed at once on one connection; default: no cap",
      }),
    ),
    datasets: Type.Optional(
      Type.Array(code("dataset code"), {
        maxItems: 1_000,
        description: "datasets that may be used; default: all",
      }),
    ),
  },
  section,
);

const finazonSchema = Type.Object(
  {
    eventInReplies: Type.Boolean({
      default: true,
      description: "whether replies to subscribe and unsubscribe carry `event`",
    }),
    unchangedBars: Type.Boolean({
      default: true,
      description: "whether open bars are sent at each boundary, changed or not; else on change",
    }),
    onConnectionLimit: Type.Enum(["refuse", "evict-oldest"], {
      default: "refuse",
      description: "what happens when a workspace opens one connection too many",
    }),
    firstPage: Type.Integer({
      minimum: 0,
      maximum: 1,
      default: 0,
      description: "what the first page of a REST list is called; some clients count from 1",
    }),
  },
  section,
);

const exchangeSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: "whether this server runs an exchange" }),
    snapshotEveryCommands: Type.Integer({
      minimum: 100,
      maximum: 100_000_000,
      default: 500_000,
      description: "commands between two state snapshots",
    }),
    logBytesMax: Type.Optional(
      Type.Integer({
        minimum: 1_048_576,
        description: "size at which the log takes no more commands; default: the disk's",
      }),
    ),
    clockBehindMaxMs: Type.Integer({
      minimum: 0,
      maximum: 3_155_760_000_000,
      default: 60_000,
      description: "how far the clock may be behind the log's last command at a start",
    }),
    warmUpMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 3_000,
      description: "how long a start may prepare for orders that fill thousands; 0: not at all",
    }),
    participants: Type.Object(
      {
        enabled: Type.Optional(
          Type.Boolean({
            description:
              "whether simulated participants trade on the exchange; default: as the data folder was begun",
          }),
        ),
        seed: Type.Integer({
          minimum: 0,
          maximum: 4_294_967_295,
          default: 1,
          description: "the same seed gives the same participants",
        }),
        rate: Type.Number({
          minimum: 0.1,
          maximum: 1_000,
          default: 1,
          description: "how busy they are, 1 being a quiet day",
        }),
        idleShare: Type.Number({
          minimum: 0.001,
          maximum: 1,
          default: 0.04,
          description:
            "share of the rate at which they go on while no client is connected and none has asked for five minutes",
        }),
      },
      section,
    ),
  },
  section,
);

/** The whole configuration; every key may be left out. */
export const configSchema = Type.Object(
  {
    server: serverSchema,
    data: Type.String({ minLength: 1, default: "data", description: "data folder" }),
    log: logSchema,
    bars: Type.Object(
      {
        latenessMs: Type.Integer({
          minimum: 0,
          maximum: 3_600_000,
          default: 10_000,
          description: "how long after its minute a bar may still be revised",
        }),
      },
      section,
    ),
    limits: limitsSchema,
    finazon: finazonSchema,
    cryptomus: cryptomusSchema,
    exchange: exchangeSchema,
    demo: Type.Object(
      {
        key: Type.Optional(
          Type.Boolean({
            description: "make and show a demo API key; default: as the data folder was begun",
          }),
        ),
        users: Type.Optional(
          Type.Boolean({
            description:
              "make, fund and show two demo users of the exchange; default: as the data folder was begun",
          }),
        ),
      },
      section,
    ),
    datasets: Type.Array(datasetSchema, {
      maxItems: 1_000,
      description: "what is served",
      default: [{ code: "huobi", name: "Huobi (simulated)", feed: { kind: "simulator" } }],
    }),
  },
  section,
);

/** The configuration after defaults have been filled in. */
export type Config = Static<typeof configSchema>;

/**
 * The configuration, described once: what may be written, what each value means, its range and its
 * default. `openbourse.yaml`, environment variables, flags and `print-config` all follow from here.
 */
import Type, { type Static, type TSchema } from "typebox";

const strict = { additionalProperties: false };
const section = { ...strict, default: {} };

const code = (description: string) =>
  Type.String({ pattern: "^[a-z0-9][a-z0-9_.-]{0,62}$", description });

const decimalText = (description: string) =>
  Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?$", description });

/** One ticker of a simulated market. */
const simulatedTickerSchema = Type.Object(
  {
    ticker: Type.String({ minLength: 1, maxLength: 64 }),
    startPrice: decimalText("price at the start, as decimal text"),
    tickSize: decimalText("smallest price step, as decimal text"),
    lotSize: decimalText("smallest quantity step, as decimal text"),
    medianQuantity: decimalText("half of the trades are larger, as decimal text"),
    tradesPerSecond: Type.Number({ exclusiveMinimum: 0, maximum: 10_000 }),
  },
  strict,
);

/** `kind: simulator`. */
export const simulatorFeedSchema = Type.Object(
  {
    kind: Type.Literal("simulator"),
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295, default: 1 }),
    tickers: Type.Optional(Type.Array(simulatedTickerSchema, { minItems: 1, maxItems: 10_000 })),
  },
  strict,
);

const column = Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })]);

/** `kind: replay`. */
export const replayFeedSchema = Type.Object(
  {
    kind: Type.Literal("replay"),
    files: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 10_000 }),
    format: Type.Enum(["binance-trades", "binance-aggtrades", "tardis-trades", "csv", "ndjson"]),
    ticker: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    tickers: Type.Optional(
      Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 64 })),
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
        strict,
      ),
    ),
    timeUnit: Type.Optional(Type.Enum(["s", "ms", "us", "ns"])),
    timeOriginUs: Type.Optional(Type.Integer({ minimum: 0 })),
    sides: Type.Optional(Type.Record(Type.String(), Type.Enum(["buy", "sell", "unknown"]))),
    priceDecimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 15 })),
    quantityDecimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 15 })),
    separator: Type.Optional(Type.String({ minLength: 1, maxLength: 1 })),
    speed: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Literal("max")], { default: 1 }),
    clock: Type.Enum(["recorded", "shifted"], { default: "recorded" }),
    loop: Type.Boolean({ default: false }),
    start: Type.Enum(["at-once", "first-subscription"], { default: "at-once" }),
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
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    publisher: Type.Optional(code("publisher code; default: the dataset code")),
    // The feed's own schema is chosen by its kind, so that messages name that kind's keys only.
    feed: Type.Unsafe<FeedConfig>(
      Type.Object({ kind: Type.Enum(Object.keys(feedSchemas)) }, { description: "a feed" }),
    ),
  },
  strict,
);

/** A dataset as configured. */
export type DatasetConfig = Static<typeof datasetSchema>;

const limitsSchema = Type.Object(
  {
    connectionsMax: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 3 }),
    messagesPerMinuteMax: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 100 }),
    messageBytesMax: Type.Integer({ minimum: 128, maximum: 16_777_216, default: 102_400 }),
    restCallsPerMinuteMax: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1_000 }),
    tickersMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 50_000 })),
    datasets: Type.Optional(Type.Array(code("dataset code"), { maxItems: 1_000 })),
  },
  section,
);

/** The whole configuration; every key may be left out. */
export const configSchema = Type.Object(
  {
    server: Type.Object(
      {
        host: Type.String({ minLength: 1, default: "127.0.0.1" }),
        port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
        connectionsMax: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 20_000 }),
        outboxBytesMax: Type.Integer({ minimum: 65_536, default: 8_388_608 }),
        pingIntervalMs: Type.Integer({ minimum: 1_000, maximum: 30_000, default: 25_000 }),
        stopGraceMs: Type.Integer({ minimum: 0, maximum: 4_000, default: 2_000 }),
      },
      section,
    ),
    data: Type.String({ minLength: 1, default: "data", description: "data folder" }),
    log: Type.Object(
      {
        level: Type.Enum(["debug", "info", "warn", "error", "silent"], { default: "info" }),
        format: Type.Enum(["auto", "json", "text"], { default: "auto" }),
      },
      section,
    ),
    bars: Type.Object(
      { latenessMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 10_000 }) },
      section,
    ),
    limits: limitsSchema,
    finazon: Type.Object(
      {
        eventInReplies: Type.Boolean({ default: true }),
        onConnectionLimit: Type.Enum(["refuse", "evict-oldest"], { default: "refuse" }),
      },
      section,
    ),
    demo: Type.Object(
      { key: Type.Boolean({ default: true, description: "make and show a demo API key" }) },
      section,
    ),
    datasets: Type.Array(datasetSchema, {
      maxItems: 1_000,
      default: [{ code: "huobi", name: "Huobi (simulated)", feed: { kind: "simulator" } }],
    }),
  },
  section,
);

/** The configuration after defaults have been filled in. */
export type Config = Static<typeof configSchema>;

/**
 * The configuration, described once: what may be written, what each value means, its range and its
 * default. `openbourse.yaml`, environment variables, flags and `print-config` all follow from here.
 * Protocols describe their own parts, which come in as values.
 */
import Type, { type Static, type TSchema } from "typebox";
import { code, section, strict } from "../ports/config-section.ts";
import { clusterSchema } from "./cluster-schema.ts";
import { exchangeSchema } from "./exchange-schema.ts";
import { corsSchema, grpcSchema, httpSchema, trustedProxiesSchema } from "./http-schema.ts";
import { bound, sessionsSchema } from "./sessions-schema.ts";

const datasetHistorySchema = Type.Object(
  {
    store: Type.Boolean({
      default: true,
      description: "whether its past is kept in the data folder and served",
    }),
    trades: Type.Boolean({
      default: true,
      description: "whether trades are kept as well, or bars of minutes alone",
    }),
    keepDays: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 36_500,
        description:
          "days after which its past is forgotten, 0 for never; default: 90 for a feed that follows wall time, else never",
      }),
    ),
  },
  section,
);

/** A feed as configured: what else it has depends on its kind. */
interface FeedConfig {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A kind of feed, which somebody else describes. */
export interface FeedPart {
  readonly kind: string;
  readonly configSchema: TSchema;
}

function datasetSchemaOf(kinds: readonly FeedPart[]) {
  // The feed's own schema is chosen by its kind, so that messages name that kind's keys only.
  const feed = Type.Object(
    { kind: Type.Enum(kinds.map(({ kind }) => kind)) },
    { description: "where trades come from; without it what was imported is served" },
  );
  return Type.Object(
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
      feed: Type.Optional(Type.Unsafe<FeedConfig>(feed)),
      history: datasetHistorySchema,
    },
    strict,
  );
}

/** A dataset as configured. */
export type DatasetConfig = Static<ReturnType<typeof datasetSchemaOf>>;

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
    grpc: Type.Optional(grpcSchema),
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

const milliseconds = (minimum: number, maximum: number) => ({ minimum, maximum });

const streamsSchema = Type.Object(
  {
    depthIntervalMs: Type.Integer({
      ...milliseconds(10, 60_000),
      default: 100,
      description:
        "shortest time between two depth updates of a market and scale, rounded up to tenths of a second like the other rhythms here",
    }),
    depthSnapshotIntervalMs: Type.Integer({
      ...milliseconds(1_000, 86_400_000),
      default: 60_000,
      description: "how often a depth that changes is sent whole",
    }),
    depthScales: Type.Integer({
      minimum: 1,
      maximum: 6,
      default: 6,
      description:
        "at how many price steps each market's depth is served, the finest first, each ten times the one before",
    }),
    tickerIntervalMs: Type.Integer({
      ...milliseconds(100, 60_000),
      default: 1_000,
      description: "shortest time between two last prices or tickers of a market",
    }),
    candleIntervalMs: Type.Integer({
      ...milliseconds(100, 60_000),
      default: 500,
      description: "shortest time between two candles of a market and interval",
    }),
    unchangedBars: Type.Boolean({
      default: true,
      description: "whether open bars are sent at each boundary, changed or not; else on change",
    }),
    resumeSeconds: Type.Integer({
      minimum: 0,
      maximum: 86_400,
      default: 600,
      description: "how long messages are kept for clients that can resume",
    }),
    resumeBytesMax: Type.Integer({
      minimum: 0,
      maximum: 68_719_476_736,
      default: 268_435_456,
      description: "memory for these messages; the oldest are forgotten first",
    }),
    idleSeconds: Type.Integer({
      minimum: 0,
      maximum: 86_400,
      default: 60,
      description: "how long a stream that can be resumed outlives its last subscriber",
    }),
    idleStreamsMax: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 10_000,
      description: "streams that are kept without subscribers",
    }),
    sessions: sessionsSchema,
  },
  section,
);

const terminalSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: "whether the page for people is served at `/`",
    }),
    anonymous: Type.Optional(
      Type.Boolean({
        description:
          "whether visitors without credentials see public market data there, through short-lived passes; default: in a demo",
      }),
    ),
    visitors: Type.Object(
      {
        passesPerAddressMax: bound(60, "passes of one address a minute"),
        passesPerMinuteMax: bound(3_000, "passes of all addresses together a minute"),
        connectionsPerAddressMax: bound(20, "connections of one address at once, in each protocol"),
        connectionsMax: bound(1_000, "connections of all visitors at once, in each protocol"),
        callsPerMinuteMax: bound(600, "REST calls of one address a minute that show a pass"),
      },
      section,
    ),
  },
  section,
);

/** What the server itself understands, as it stands before the parts of protocols. */
const firstParts = {
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
  streams: streamsSchema,
};

/** What stands behind them. */
const lastParts = (feeds: readonly FeedPart[]) => ({
  exchange: exchangeSchema,
  cluster: Type.Optional(clusterSchema),
  terminal: terminalSchema,
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
      pastHours: Type.Integer({
        minimum: 0,
        maximum: 168,
        default: 24,
        description:
          "hours of a past, made up, that a new exchange with simulated participants and a new simulated dataset begin with; 0 for none",
      }),
    },
    section,
  ),
  datasets: Type.Array(datasetSchemaOf(feeds), {
    maxItems: 1_000,
    description: "what is served",
    default: [{ code: "huobi", name: "Huobi (simulated)", feed: { kind: "simulator" } }],
  }),
});

/** The configuration after defaults have been filled in; {@link partOf} finds those of protocols. */
export type Config = Static<ReturnType<typeof ownSchemaOf>>;

function ownSchemaOf(feeds: readonly FeedPart[]) {
  return Type.Object({ ...firstParts, ...lastParts(feeds) }, section);
}

/** A part of the configuration that somebody else describes. */
export interface ConfigPart<Schema extends TSchema = TSchema> {
  /** Its key. */
  readonly name: string;
  readonly configSchema: Schema;
  /** Where settings are that have left the part; its schema still has them, as optional ones. */
  readonly movedSettings?: Readonly<Record<string, readonly string[]>>;
}

/** A setting that has another path now. */
export interface MovedSetting {
  readonly from: readonly [string, string];
  readonly to: readonly string[];
}

/** Everything that may be written. */
export interface ConfigForm {
  /** Every key may be left out. */
  readonly schema: TSchema;
  /** What a dataset's feed may have. */
  readonly feeds: readonly FeedPart[];
  readonly moved: readonly MovedSetting[];
}

/** The form of the configuration of a server with these parts and kinds of feeds. */
export function configFormOf(parts: readonly ConfigPart[], feeds: readonly FeedPart[]): ConfigForm {
  const others = Object.fromEntries(parts.map(({ name, configSchema }) => [name, configSchema]));
  return {
    schema: Type.Object({ ...firstParts, ...others, ...lastParts(feeds) }, section),
    feeds,
    moved: parts.flatMap(({ name, movedSettings = {} }) =>
      Object.entries(movedSettings).map(([key, to]) => ({ from: [name, key] as const, to })),
    ),
  };
}

/** A part as it is in force, of a configuration that was read with it in its form. */
export function partOf<Schema extends TSchema>(
  config: Config,
  { name }: ConfigPart<Schema>,
): Static<Schema> {
  return (config as Readonly<Record<string, unknown>>)[name] as Static<Schema>;
}

/** The `cryptomus` part of the configuration: how its stream and its signed REST behave. */
import Type, { type Static } from "typebox";
import { section } from "../../ports/config-section.ts";

/** A setting that is in `streams` now. */
const moved = (minimum: number, maximum: number, key: string) =>
  Type.Optional(
    Type.Integer({ minimum, maximum, description: `the former name of \`streams.${key}\`` }),
  );

/** `cryptomus`; the decisions behind the defaults are those of the dialect's README. */
export const cryptomusSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: "whether the Cryptomus protocol is served; it needs the exchange",
    }),
    tokenlessPublic: Type.Boolean({
      default: false,
      description: "whether public channels may be used without a token",
    }),
    resubscribe: Type.Enum(["merge", "replace"], {
      default: "merge",
      description: "whether a second subscription adds to the first or takes its place",
    }),
    ackMethodAlways: Type.Boolean({
      default: false,
      description: "whether replies that have no `method` in the document carry one",
    }),
    tellUnknown: Type.Boolean({
      default: true,
      description: "whether a request that also names unknown markets is told which they are",
    }),
    countPings: Type.Boolean({
      default: false,
      description: "whether a ping frame counts as activity, as a request does",
    }),
    idleTimeoutMs: Type.Integer({
      minimum: 1_000,
      maximum: 86_400_000,
      default: 60_000,
      description: "how long a connection may be without a request before it is closed",
    }),
    requestsPerMinuteMax: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 200,
      description: "requests a minute on one connection, 0 for no limit",
    }),
    newConnectionsPerMinuteMax: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 1_000,
      description: "new connections of a user a minute, 0 for no limit",
    }),
    connectionsPerUserMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1_000,
      description: "connections of a user at once",
    }),
    messageBytesMax: Type.Integer({
      minimum: 128,
      maximum: 16_777_216,
      default: 65_536,
      description: "size of one message",
    }),
    restCallsPerSecondMax: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 200,
      description: "signed REST calls of a user a second in the long run, 0 for no limit",
    }),
    restCallsBurstMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 400,
      description: "signed REST calls of a user at once after a pause",
    }),
    md5: Type.Boolean({
      default: true,
      description: "whether requests signed with MD5 are taken; without it HMAC-SHA-256 is wanted",
    }),
    hmacWindowMs: Type.Integer({
      minimum: 100,
      maximum: 60_000,
      default: 5_000,
      description: "how far the time of a request signed with HMAC may be from the server's",
    }),
    depthIntervalMs: moved(10, 60_000, "depthIntervalMs"),
    fullReloadIntervalMs: moved(1_000, 86_400_000, "depthSnapshotIntervalMs"),
    tickerIntervalMs: moved(100, 60_000, "tickerIntervalMs"),
  },
  section,
);

/** The part after defaults have been filled in. */
export type CryptomusConfig = Static<typeof cryptomusSchema>;

/** Where the settings are that have left this part. */
export const movedSettings = {
  depthIntervalMs: ["streams", "depthIntervalMs"],
  fullReloadIntervalMs: ["streams", "depthSnapshotIntervalMs"],
  tickerIntervalMs: ["streams", "tickerIntervalMs"],
} as const;

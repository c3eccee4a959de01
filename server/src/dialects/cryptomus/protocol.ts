/** The Cryptomus protocol as one value, for servers that list it among theirs. */
import { watchedAuthenticator, watchedStreamDoor } from "../../access/refused-logins.ts";
import { TokenStreamDoor } from "../../access/stream-door.ts";
import { VisitorStreamDoor } from "../../access/visitors.ts";
import { assert } from "../../core/assert.ts";
import {
  type ErrorGroup,
  type ExchangeAccess,
  type OpenProtocol,
  type Protocol,
  type ProtocolContext,
  words,
} from "../../ports/protocol.ts";
import { type CryptomusConfig, cryptomusSchema, movedSettings } from "./config.ts";
import { describeStream } from "./description.ts";
import { createCryptomusDialect } from "./dialect.ts";
import { dialectName } from "./encode.ts";
import { closings, streamErrorCodes, upgradeRefusals } from "./errors.ts";
import { cryptomusNotFound, cryptomusRoutes, isCryptomusPath } from "./rest.ts";
import { accessErrors, failedReply, restErrors } from "./rest-errors.ts";
import type { SessionOptions } from "./session.ts";
import { Signing } from "./signing.ts";
import { trial } from "./trial.ts";

/** Public and private streams of the exchange, and signed REST. */
export const cryptomus: Protocol<typeof cryptomusSchema> = {
  name: dialectName,
  title: "Cryptomus",
  configSchema: cryptomusSchema,
  movedSettings,
  needs: { exchange: true },
  closings,
  errors: { about: "REST, the stream, refused upgrades", groups: errorGroups() },
  describeStream,
  isEnabled: ({ enabled }) => enabled,
  owns: isCryptomusPath,
  notFound: cryptomusNotFound,
  failed: failedReply,
  trial,
  open,
};

function open(context: ProtocolContext, config: CryptomusConfig): OpenProtocol {
  const { exchange, secrets, watch, marketMs, wallMs } = context;
  assert(exchange !== undefined, "the protocol is opened where there is an exchange");
  const { board, bars, desk } = exchange;
  const userDoor = openDoor(exchange, context, config);
  const { visitors: limits, counts } = context;
  const visitors = limits && new VisitorStreamDoor(userDoor, { limits, secrets, counts });
  const door = visitors ?? userDoor;
  const authenticator = openAuthenticator(exchange, context, config);
  const dialect = createCryptomusDialect({
    ...{ board, bars, secrets, marketMs },
    door: watchedStreamDoor(door, dialectName, watch),
    options: sessionOptions(config),
  });
  return {
    dialect,
    routes: cryptomusRoutes({
      ...{ board, desk, door, secrets, marketMs, wallMs },
      authenticator: watchedAuthenticator(authenticator, dialectName, watch),
    }),
    refresh(nowMs) {
      authenticator.refresh(nowMs);
      userDoor.refresh(nowMs);
      visitors?.refresh(nowMs);
    },
    ...(visitors && {
      visitorPass: (address: string | undefined, nowMs: number) =>
        visitors.visitorPass(address, nowMs),
    }),
    marketListed: (rules) => dialect.marketListed(rules),
  };
}

function openDoor(
  { users: store, tokens }: ExchangeAccess,
  { counts }: ProtocolContext,
  config: CryptomusConfig,
): TokenStreamDoor {
  return new TokenStreamDoor({
    ...{ store, tokens, counts },
    connectionsPerUserMax: config.connectionsPerUserMax,
    newConnectionsPerMinuteMax: config.newConnectionsPerMinuteMax || Number.POSITIVE_INFINITY,
    allowAnonymous: config.tokenlessPublic,
  });
}

function openAuthenticator(
  { users: store, vault, stamps, taken }: ExchangeAccess,
  { secrets, wallMs, log }: ProtocolContext,
  config: CryptomusConfig,
): Signing {
  const windowMs = config.hmacWindowMs;
  return new Signing({
    ...{ store, vault, secrets, windowMs, wallMs, taken },
    floorMs: stamps.floorMs(windowMs),
    noteStamp: (stampMs) => stamps.note(stampMs),
    takesMd5: config.md5,
    callsPerSecondMax: config.restCallsPerSecondMax || Number.POSITIVE_INFINITY,
    callsBurstMax: config.restCallsBurstMax,
    onUnreadableKey: (userId) =>
      log.error("a user's key does not open with this master key", { userId }),
  });
}

function sessionOptions(config: CryptomusConfig): Partial<SessionOptions> {
  const { resubscribe, ackMethodAlways, tellUnknown, countPings } = config;
  const { idleTimeoutMs, messageBytesMax } = config;
  return {
    ...{ resubscribe, ackMethodAlways, tellUnknown, countPings, idleTimeoutMs, messageBytesMax },
    requestsPerMinuteMax: config.requestsPerMinuteMax || "off",
  };
}

function errorGroups(): readonly ErrorGroup[] {
  const refusals = Object.entries(restErrors).map(([why, { status, code, message }]) => [
    `${status}`,
    `${code}`,
    words(why),
    message,
  ]);
  const access = Object.entries(accessErrors).map(([why, { status, body }]) => [
    `${status}`,
    `${body.code ?? ""}`,
    words(why),
    body.message,
  ]);
  const stream = Object.entries(streamErrorCodes).map(([why, code]) => [`${code}`, words(why)]);
  const upgrades = Object.entries(upgradeRefusals).map(([why, { status, message }]) => [
    `${status}`,
    words(why),
    message,
  ]);
  return [
    {
      anchor: "cryptomus-rest",
      heading: "REST",
      note: "A list of faults of an input has status 422 and code 0. `{name}` stands for a value.",
      content: { heads: ["status", "code", "why", "message"], rows: [...refusals, ...access] },
    },
    {
      anchor: "cryptomus-stream",
      heading: "Stream",
      note: "`error.code` of a reply: 1 for what is no request, 2 for everything else.",
      content: { heads: ["code", "why"], rows: stream },
    },
    {
      anchor: "cryptomus-upgrades",
      heading: "Refused upgrades",
      content: { heads: ["status", "why", "message"], rows: upgrades },
    },
  ];
}

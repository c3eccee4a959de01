/** The Cryptomus dialect as the gateway sees it: which path it serves and who is let in. */
import type { StreamAdmission, StreamDoor, TokenRefusal } from "../../access/identity.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import { type Awaitable, whenThere } from "../../ports/awaitable.ts";
import type {
  ConnectionHandle,
  Dialect,
  UpgradeDecision,
  UpgradeRequest,
} from "../../ports/dialect.ts";
import type { StoredMarketBars } from "../../ports/protocol.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { asksForPositions } from "../kit/positions.ts";
import { dialectName } from "./encode.ts";
import { createEncodings } from "./encodings.ts";
import { upgradeRefusal } from "./errors.ts";
import { streamPaths, tokenParameter } from "./messages.ts";
import { withPositions } from "./positioned.ts";
import { anonymousOwner, createCryptomusSession, type SessionOptions } from "./session.ts";

/** What holds where the operator says nothing. */
export const defaultOptions: SessionOptions = {
  ackMethodAlways: false,
  tellUnknown: true,
  resubscribe: "merge",
  requestsPerMinuteMax: 200,
  messageBytesMax: 65_536,
  paramsMax: 1_000,
  subscriptionsMax: 20_000,
  idleTimeoutMs: 60_000,
  countPings: false,
};

/** What the dialect works with. */
export interface CryptomusDialectOptions {
  readonly board: MarketBoardView;
  readonly bars: StoredMarketBars;
  readonly door: StreamDoor;
  readonly secrets: Secrets;
  /** Market time in milliseconds, which answers tell; the connection's own time when left out. */
  readonly marketMs?: () => number;
  /** Each has its default in {@link defaultOptions}. */
  readonly options?: Partial<SessionOptions>;
}

/** What asks to be let in, and when. */
interface Opening {
  readonly connection: ConnectionHandle;
  readonly address: string | undefined;
  readonly nowMs: number;
  readonly tellsPositions: boolean;
}

/** A dialect that is told of new markets. */
export interface CryptomusDialect extends Dialect {
  /** The board has a new market: connections that subscribe to all of a channel get it too. */
  marketListed(rules: MarketRules): void;
}

/** Makes the dialect. A connection without a good token, or beyond a limit, is refused (D-C22). */
export function createCryptomusDialect({
  board,
  bars,
  door,
  secrets,
  marketMs,
  options,
}: CryptomusDialectOptions): CryptomusDialect {
  const sessionOptions = { ...defaultOptions, ...options };
  const plain = createEncodings(secrets);
  const positioned = withPositions(plain);
  /** As many as the door lets in. */
  const openConnections = new Set<ConnectionHandle>();

  function open(
    request: UpgradeRequest,
    connection: ConnectionHandle,
    nowMs: number,
  ): Awaitable<UpgradeDecision> {
    const events = { revoked: () => connection.inject({ kind: "revoked" }) };
    const { address } = request;
    const tellsPositions = asksForPositions((name) => request.query(name));
    return whenThere(
      door.admit(request.query(tokenParameter), events, nowMs, address),
      (admission) => decide(admission, { connection, address, nowMs, tellsPositions }),
    );
  }

  function decide(
    admission: StreamAdmission | TokenRefusal,
    { connection, address, nowMs, tellsPositions }: Opening,
  ) {
    if (typeof admission === "string") {
      return { kind: "refused", ...upgradeRefusal(admission, nowMs) } as const;
    }
    const session = createCryptomusSession({
      ...{ board, bars, tellsPositions },
      encodings: tellsPositions ? positioned : plain,
      asker: admission.identity?.userId ?? address ?? anonymousOwner,
      options: sessionOptions,
      admission,
      marketMs,
      started: () => openConnections.add(connection),
      ended: () => openConnections.delete(connection),
    });
    return { kind: "accepted", session } as const;
  }

  function marketListed(rules: MarketRules): void {
    for (const connection of openConnections) connection.inject({ kind: "market-listed", rules });
  }

  return { name: dialectName, accepts: (path) => streamPaths.includes(path), open, marketListed };
}

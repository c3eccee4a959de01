/**
 * The WebSocket gateway: takes upgrades, lets the dialect decide, and keeps the open connections.
 * Limits are enforced before anything is parsed; refusals are plain HTTP answers.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Hub } from "../../hub/hub.ts";
import type { Awaitable } from "../../ports/awaitable.ts";
import { type Clock, steadyMs } from "../../ports/clock.ts";
import type { ConnectionFigures } from "../../ports/connections.ts";
import type {
  ConnectionHandle,
  Dialect,
  Session,
  SessionInput,
  UpgradeDecision,
} from "../../ports/dialect.ts";
import type { Log } from "../../ports/log.ts";
import { type RestReply, retryAfter } from "../../ports/rest.ts";
import { gatewayClosings } from "./closings.ts";
import { Connection, type ConnectionCounters, type ConnectionHost } from "./connection.ts";
import { Handshakes } from "./handshakes.ts";
import { giveBack, Openings, openingsMax } from "./openings.ts";
import { SentTap, type TappedConnection } from "./sent-tap.ts";

/** Taken like this because an import of it also loads a client for requests, which takes a tenth of a start. */
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** How often sessions' deadlines are looked at, all in one sweep, in milliseconds. */
const deadlineSweepMs = 1_000;

/** Options of a gateway. */
export interface GatewayOptions {
  readonly dialects: readonly Dialect[];
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Log;
  /** Most connections of all dialects together. */
  readonly connectionsMax: number;
  /** Bytes that may wait for one connection that does not read. */
  readonly outboxBytesMax: number;
  /** Connections are pinged this often; one that stays silent for a whole interval after it is ended. */
  readonly pingIntervalMs: number;
  /** Whether messages are compressed for clients that offer it (RFC 7692); by default they are not. */
  readonly compression?: boolean;
  /** Origins of pages that may open streams besides the server's own; `*` for all. By default none. */
  readonly origins?: readonly string[];
}

/** What the gateway counts. */
export interface GatewayCounters extends ConnectionCounters {
  accepted: number;
  refused: number;
  /** Connections that were ended because they did not answer a ping. */
  dead: number;
}

/** An upgrade that a dialect decides. */
interface Attempt {
  readonly request: IncomingMessage;
  readonly head: Buffer;
  readonly handle: LateHandle;
  /** Name of the protocol. */
  readonly dialect: string;
}

/** Open connections of all dialects. */
export class Gateway {
  readonly counters: GatewayCounters = {
    messagesIn: 0,
    bytesIn: 0,
    accepted: 0,
    refused: 0,
    dead: 0,
  };
  /** Where what is sent can be recorded. */
  readonly sent: SentTap;
  readonly #options: GatewayOptions;
  readonly #connections = new Set<Connection>();
  readonly #handshakes: Handshakes;
  readonly #openings: Openings;
  readonly #host: ConnectionHost;
  /** Idle times and rates are intervals: nobody is closed because the wall clock was set. */
  readonly #nowMs: () => number;
  #cancelProbe: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;
  #stopping = false;
  #allGone: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    const { hub, outboxBytesMax, compression = false } = options;
    this.#options = options;
    this.#nowMs = steadyMs(options.clock);
    this.#handshakes = new Handshakes(compression);
    this.#openings = new Openings(options.clock, (error) =>
      options.log.error("a connection could not be decided", { reason: String(error) }),
    );
    this.sent = new SentTap(options.clock, () => this.#tapped());
    this.#host = {
      hub,
      outboxBytesMax,
      counters: this.counters,
      sent: this.sent,
      nowMs: this.#nowMs,
      openedAtMs: () => Math.floor(options.clock.nowUs() / 1_000),
      ended: (connection, code) => this.#ended(connection, code),
    };
    this.#scheduleProbe();
    this.#scheduleSweep();
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * At most `max` connections: those that are behind, the one with most to read first, then the
   * oldest. One pass over all of them.
   */
  list(max: number): readonly ConnectionFigures[] {
    const behind: ConnectionFigures[] = [];
    const others: ConnectionFigures[] = [];
    for (const connection of this.#connections) {
      if (connection.behind) behind.push(connection.figures);
      else if (others.length < max) others.push(connection.figures);
    }
    behind.sort((left, right) => right.waitingBytes - left.waitingBytes);
    return [...behind, ...others].slice(0, max);
  }

  /**
   * Handles one `upgrade` event of the HTTP server; tells whether a WebSocket is open now, at once unless
   * its dialect has to ask others. One of an address from which `tooMany` come is refused. `address` is
   * the client's, for the log.
   */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    tooMany = false,
    address: string | undefined = request.socket.remoteAddress,
  ): Awaitable<boolean> {
    // Before ws takes over, a reset by the peer would otherwise be an unhandled error.
    // A closure would keep the request's address, with the key that is in it, as long as the socket.
    socket.on("error", ignoreError);
    const url = parseTarget(request.url);
    const dialect =
      url && this.#options.dialects.find((candidate) => candidate.accepts(url.pathname));
    if (url === undefined || dialect === undefined) {
      return this.#refuse(socket, refusal(404, "no WebSocket is served on this path"));
    }
    if (tooMany) return this.#refuse(socket, tooManyOfAddress);
    if (!isOriginTaken(request, this.#options.origins ?? [])) {
      return this.#refuse(socket, otherOrigin);
    }
    if (this.#isFull) return this.#refuse(socket, noMoreConnections);
    const handle = new LateHandle();
    const upgradeRequest = {
      path: url.pathname,
      address,
      query: (name: string) => url.searchParams.get(name) ?? undefined,
    };
    const attempt = { request, head, handle, dialect: dialect.name };
    const deciding = dialect.open(upgradeRequest, handle, this.#nowMs());
    if (!(deciding instanceof Promise)) return this.#carryOut(attempt, deciding);
    return this.#openings.decided(deciding).then((decision) => {
      const isWanted = !this.#stopping && !socket.destroyed;
      if (decision !== undefined && isWanted) return this.#carryOut(attempt, decision);
      giveBack(decision);
      return this.#refuse(socket, noMoreConnections);
    });
  }

  *#tapped(): Generator<TappedConnection> {
    for (const { number, dialect, session } of this.#connections) {
      yield { number, dialect, owner: session.owner };
    }
  }

  get #isFull(): boolean {
    const { waiting } = this.#openings;
    const places = this.#options.connectionsMax - this.#connections.size - waiting;
    return this.#stopping || places <= 0 || waiting >= openingsMax;
  }

  /** Closes every connection with 1001 and resolves when all are gone, at the latest after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#cancelProbe?.();
    this.#cancelSweep?.();
    if (this.#connections.size === 0) return;
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
    });
    const { code, reason } = gatewayClosings["going-away"];
    for (const connection of this.#connections) connection.close(code, reason);
    const cancel = this.#options.clock.after(graceMs, () => {
      for (const connection of this.#connections) connection.terminate();
    });
    await gone;
    cancel();
  }

  #carryOut(attempt: Attempt, decision: UpgradeDecision): boolean {
    if (decision.kind === "accepted") return this.#accept(attempt, decision.session);
    const { dialect, request } = attempt;
    this.#options.log.debug("connection refused", { dialect, status: decision.status });
    return this.#refuse(request.socket, decision);
  }

  #accept({ request, head, handle, dialect }: Attempt, session: Session): boolean {
    const { socket } = request;
    const webSocket = this.#handshakes.complete(request, head, session.messageBytesMax);
    if (webSocket === undefined) {
      session.ended();
      this.counters.refused += 1;
      return false;
    }
    this.counters.accepted += 1;
    const number = this.counters.accepted;
    const connection = new Connection(this.#host, { socket, webSocket, session, dialect, number });
    this.#connections.add(connection);
    this.#options.log.debug("connection opened", { number, dialect, owner: session.owner });
    connection.start();
    handle.bind(connection);
    return true;
  }

  #ended(connection: Connection, code: number): void {
    this.#connections.delete(connection);
    const { number, dialect, session } = connection;
    const { owner } = session;
    this.#options.log.debug("connection closed", { number, dialect, owner, code });
    if (this.#connections.size === 0) this.#allGone?.();
  }

  #refuse(socket: Duplex, { status, body, headers = {} }: RestReply): false {
    this.counters.refused += 1;
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      "Connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
    // A peer that never closes its side must not hold the socket.
    socket.once("finish", () => socket.destroy());
    return false;
  }

  #scheduleProbe(): void {
    this.#cancelProbe = this.#options.clock.after(this.#options.pingIntervalMs, () => {
      for (const connection of this.#connections) {
        if (!connection.probe()) this.counters.dead += 1;
      }
      this.#scheduleProbe();
    });
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#options.clock.after(deadlineSweepMs, () => {
      const nowMs = this.#nowMs();
      for (const connection of this.#connections) connection.checkDeadline(nowMs);
      this.#scheduleSweep();
    });
  }
}

/**
 * Whether the page that opens a stream may do so: one of this server's own address, or of a listed origin. Programs
 * that are no browsers name no origin, and need none.
 */
function isOriginTaken({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes("*") || origins.includes(origin)) return true;
  const from = URL.parse(origin);
  // Whether it came over TLS a proxy may have decided, so the scheme is not compared.
  return from !== null && from.host !== "" && from.host === host?.toLowerCase();
}

/** Stands for a connection that the dialect may address before the handshake has finished. */
class LateHandle implements ConnectionHandle {
  #connection: Connection | undefined;
  #waiting: SessionInput | undefined;

  bind(connection: Connection): void {
    this.#connection = connection;
    if (this.#waiting !== undefined) connection.inject(this.#waiting);
  }

  inject(input: SessionInput): void {
    if (this.#connection === undefined) this.#waiting = input;
    else this.#connection.inject(input);
  }
}

function ignoreError(): void {}

/** Only the path and the query of a request target matter here; undefined when it is not a target. */
function parseTarget(target: string | undefined): URL | undefined {
  return URL.parse(target ?? "/", "http://openbourse.invalid") ?? undefined;
}

const noMoreConnections = refusal(503, "the server takes no more connections at present");

const tooManyOfAddress: RestReply = {
  ...refusal(429, "too many connections of this address, or too many of them at once"),
  headers: retryAfter(1),
};

const otherOrigin: RestReply = refusal(
  403,
  "pages of this origin may not open streams here: name it in server.cors.origins",
);

function refusal(status: number, message: string): RestReply {
  return { status, body: JSON.stringify({ status: "error", error: { message } }) };
}

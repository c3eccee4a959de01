/**
 * The front of the HTTP server: takes connections in and lets requests through, so that whatever a
 * stranger does costs little. Each connection is read one request at a time; every wait has an end;
 * strangers get a share of each turn, and each of their addresses a number of requests a second.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Awaitable, whenThere } from "../../ports/awaitable.ts";
import { Addresses, type AddressKey } from "../peers/address.ts";
import { AddressRates } from "../peers/address-rates.ts";
import { type ConnectionLimits, Connections, type Visitor } from "../peers/connections.ts";
import { Turns } from "../peers/turns.ts";
import { type Exchange, OneAtATime } from "./one-at-a-time.ts";

/** Taken like this because an import of it also loads a client for requests, which takes a tenth of a start. */
const { createServer } = process.getBuiltinModule("node:http");

/** Certificate and key in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What bounds strangers and everybody; each is a key of `server.http` in the configuration. */
export interface HttpLimits extends ConnectionLimits {
  /** How long a TLS handshake, and then a request's head, may take. */
  readonly headersTimeoutMs: number;
  /** How long a whole request may take to come, its body included. */
  readonly requestTimeoutMs: number;
  /** How long a connection may be idle between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** Milliseconds of each turn of the event loop for those who have not shown who they are. */
  readonly strangersMsPerTurn: number;
  /** Requests a second, and at once, of one address from those who have not shown who they are. */
  readonly strangersPerSecondMax: number;
  readonly strangersBurstMax: number;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/** Options of a front. */
export interface FrontOptions {
  readonly limits: HttpLimits;
  readonly tls?: TlsFiles | undefined;
  /** Whether a stream is served on this path, so that an upgrade is wanted there. */
  isStream(path: string): boolean;
  /** Opens a WebSocket, or refuses it; `tooMany` when its address has no place or asks too often. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    tooMany: boolean,
    address: string | undefined,
  ): Awaitable<boolean>;
  monotonicMs(): number;
}

/**
 * What a request says of who sent it: who that is, that they are not let in or ask too often, or
 * nothing, as anybody may send it.
 */
export type Sender = "shown" | "refused" | "unsaid";

/** Work that took longer than this waits its turn the next time, whoever asks, in milliseconds. */
const costKnownMaxMs = 5;

/** Least of what Node is told to look for overdue requests, in milliseconds. */
const checkIntervalMs = 1_000;

interface Guest {
  readonly visitor: Visitor;
  readonly reading: OneAtATime;
}

/** The listener, and those who are connected. */
export class Front {
  readonly server: Server;
  readonly connections: Connections;
  readonly turns: Turns;
  /** Requests of strangers that were one too many for their address. */
  refusedRequests = 0;
  readonly #options: FrontOptions;
  readonly #addresses: Addresses;
  readonly #rates: AddressRates;
  readonly #guests = new WeakMap<Duplex, Guest>();
  readonly #sweeping: NodeJS.Timeout;

  /** Nothing listens yet. */
  constructor(
    options: FrontOptions,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    const { limits, tls, monotonicMs } = options;
    this.#options = options;
    this.#addresses = new Addresses(limits.trustedProxies);
    this.connections = new Connections(limits, this.#addresses, monotonicMs);
    this.#rates = new AddressRates({
      perSecond: limits.strangersPerSecondMax,
      burst: limits.strangersBurstMax,
    });
    this.turns = new Turns({
      msPerTurn: limits.strangersMsPerTurn,
      monotonicMs,
      nextTurn: (task) => setImmediate(task),
    });
    const settings = serverSettings(limits, (request) => this.#wantsUpgrade(request));
    this.server =
      tls === undefined
        ? createServer(settings)
        : createSecureServer({ ...settings, ...tls, handshakeTimeout: limits.headersTimeoutMs });
    this.server.on("connection", (socket) => this.connections.open(socket));
    this.server.on(tls === undefined ? "connection" : "secureConnection", (socket) =>
      this.#attach(socket, ({ request, response }) => answer(request, response)),
    );
    this.server.on("request", (request, response) => this.#take({ request, response }));
    // An expectation that is not known may be ignored (RFC 9110, 10.1.1); Node's own refusal waits for nobody.
    this.server.on("checkExpectation", (request, response) => this.#take({ request, response }));
    this.server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#sweeping = setInterval(() => this.#sweep(), checkIntervalMs).unref();
  }

  /** Stops looking after connections. */
  stop(): void {
    clearInterval(this.#sweeping);
  }

  /** Whether the request may be answered; a stranger's uses up one of its address's requests. */
  admits(request: IncomingMessage): boolean {
    const guest = this.#guests.get(request.socket);
    if (guest?.visitor.isKnown !== false) return true;
    const isAdmitted = this.#takeRate(this.#addressOf(request));
    if (!isAdmitted) this.refusedRequests += 1;
    return isAdmitted;
  }

  /** Does what a request asks for, when it is its turn. */
  inTurn(request: IncomingMessage, task: () => void): void {
    const guest = this.#guests.get(request.socket);
    if (guest?.visitor.isKnown !== false) task();
    else this.turns.run(task);
  }

  /** Notes what the request says of its sender, and for how long the event loop was busy with it. */
  judge(request: IncomingMessage, sender: Sender, costMs: number): void {
    const visitor = this.#guests.get(request.socket)?.visitor;
    if (visitor === undefined) return;
    if (sender === "shown" && !visitor.isKnown) {
      const address = this.#addressOf(request);
      if (address !== undefined) this.#rates.giveBack(address);
      visitor.isKnown = true;
    }
    if (sender === "refused" || costMs > costKnownMaxMs) visitor.isKnown = false;
  }

  #attach(socket: Socket, answer: (exchange: Exchange) => void): void {
    const visitor = socket.destroyed ? undefined : this.connections.find(socket);
    if (visitor === undefined) {
      socket.destroy();
      return;
    }
    const reading = new OneAtATime(socket, answer, () => this.connections.taken(visitor));
    this.#guests.set(socket, { visitor, reading });
  }

  #take(exchange: Exchange): void {
    const { request, response } = exchange;
    const guest = this.#guests.get(request.socket);
    if (guest === undefined) {
      request.socket.destroy();
      return;
    }
    const { visitor, reading } = guest;
    this.connections.asked(visitor);
    response.on("prefinish", () => {
      this.connections.answered(visitor, request.socket.writableLength);
    });
    reading.take(exchange);
  }

  /** Offers of other protocols, and of this one where no stream is, are ignored (RFC 9110, 7.8). */
  #wantsUpgrade(request: IncomingMessage): boolean {
    const { method, headers, url = "" } = request;
    if (method !== "GET" || !isWebSocketOffer(headers.upgrade)) return false;
    const guest = this.#guests.get(request.socket);
    if (guest === undefined || guest.reading.isBehind) return false;
    return this.#options.isStream(url.split("?", 1)[0] ?? "");
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", ignoreError);
    const guest = this.#guests.get(socket);
    if (guest === undefined) {
      socket.destroy();
      return;
    }
    const { visitor, reading } = guest;
    const rest = reading.release();
    const whole = rest.length === 0 ? head : Buffer.concat([head, rest]);
    this.connections.asked(visitor);
    this.turns.run(() => {
      if (!socket.destroyed) this.#open(request, socket, { head: whole, visitor });
    });
  }

  #open(
    request: IncomingMessage,
    socket: Duplex,
    { head, visitor }: { readonly head: Buffer; readonly visitor: Visitor },
  ): void {
    const address = this.#addressOf(request);
    // What a proxy has connected was counted as nobody's.
    const counted = visitor.address === undefined ? address : undefined;
    const hasRate = this.#takeRate(address);
    const hasPlace = hasRate && this.connections.take(counted);
    const shown = this.addressShown(request);
    const opening = this.#options.upgrade(request, socket, head, !hasPlace, shown);
    void whenThere(opening, (isOpen) => {
      if (!hasPlace || !isOpen) return;
      this.connections.upgraded(visitor);
      if (address !== undefined) this.#rates.giveBack(address);
    });
    if (!hasPlace || counted === undefined) return;
    if (socket.destroyed) this.connections.release(counted);
    else socket.once("close", () => this.connections.release(counted));
  }

  #takeRate(address: AddressKey): boolean {
    return address === undefined || this.#rates.take(address, this.#options.monotonicMs());
  }

  /** The address of a request's client as it may be shown to the operator. */
  addressShown(request: IncomingMessage): string | undefined {
    return this.#addresses.shown(request.socket.remoteAddress, forwardedFor(request));
  }

  #addressOf(request: IncomingMessage): AddressKey {
    return this.#addresses.ofRequest(request.socket.remoteAddress, forwardedFor(request));
  }

  #sweep(): void {
    this.connections.sweep();
    this.#rates.sweep(this.#options.monotonicMs());
  }
}

function forwardedFor({ headers }: IncomingMessage): string | undefined {
  const stated = headers["x-forwarded-for"];
  return Array.isArray(stated) ? stated.join(",") : stated;
}

function serverSettings(
  limits: HttpLimits,
  shouldUpgradeCallback: (request: IncomingMessage) => boolean,
) {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = limits;
  return {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(checkIntervalMs, headersTimeoutMs, requestTimeoutMs),
    shouldUpgradeCallback,
  };
}

function isWebSocketOffer(upgrade = ""): boolean {
  return upgrade.split(",").some((protocol) => protocol.trim().toLowerCase() === "websocket");
}

function ignoreError(): void {}

/** One open connection: carries inputs to its session and carries out what the session wants. */
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { Hub } from "../../hub/hub.ts";
import type { Outbox } from "../../hub/outbox.ts";
import type {
  ConnectionHandle,
  Session,
  SessionEffect,
  SessionInput,
} from "../../ports/dialect.ts";
import { SocketTransport } from "./socket-transport.ts";

/** What the connection counts, shared by all connections of a dialect. */
export interface ConnectionCounters {
  messagesIn: number;
  bytesIn: number;
}

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly socket: Duplex;
  readonly webSocket: WebSocket;
  readonly session: Session;
  readonly hub: Hub;
  readonly outboxBytesMax: number;
  readonly counters: ConnectionCounters;
  nowMs(): number;
  /** Called once when the connection is gone. */
  ended(code: number): void;
}

/** The session's side of an open WebSocket. */
export class Connection implements ConnectionHandle {
  readonly #options: ConnectionOptions;
  readonly #outbox: Outbox;
  /** Whether anything was heard from the client since the last ping. */
  #heard = true;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, webSocket, hub, outboxBytesMax } = options;
    this.#outbox = hub.join({
      transport: new SocketTransport(socket, webSocket),
      bytesMax: outboxBytesMax,
      compresses: webSocket.extensions.includes("permessage-deflate"),
    });
    webSocket.on("message", (data, isBinary) => this.#message(data, isBinary));
    webSocket.on("ping", () => {
      this.#hear();
      this.inject({ kind: "ping" });
    });
    webSocket.on("pong", () => this.#hear());
    // An error is followed by "close"; oversize and malformed frames are answered by ws itself.
    webSocket.on("error", () => {});
    webSocket.on("close", (code) => this.#ended(code));
    socket.on("drain", () => options.hub.drained(this.#outbox));
  }

  /** Tells the session that the handshake is done. */
  start(): void {
    this.#apply(this.#options.session.started(this.#options.nowMs()));
  }

  /** Tells the session when its deadline has come. */
  checkDeadline(nowMs: number): void {
    if (nowMs >= this.#options.session.deadlineMs) this.inject({ kind: "deadline" });
  }

  inject(input: SessionInput): void {
    this.#apply(this.#options.session.receive(input, this.#options.nowMs()));
  }

  /** Sends a ping, or ends the connection and returns false when nothing was heard since the last one. */
  probe(): boolean {
    if (!this.#heard) {
      this.#options.webSocket.terminate();
      return false;
    }
    this.#heard = false;
    this.#options.webSocket.ping();
    return true;
  }

  close(code: number, reason: string): void {
    this.#outbox.close(code, reason);
  }

  terminate(): void {
    this.#options.webSocket.terminate();
  }

  #hear(): void {
    this.#heard = true;
  }

  #message(data: RawData, isBinary: boolean): void {
    this.#hear();
    // ws hands over a Buffer unless told otherwise.
    const bytes = data as Buffer;
    this.#options.counters.messagesIn += 1;
    this.#options.counters.bytesIn += bytes.length;
    const byteLength = bytes.length;
    this.inject(
      isBinary
        ? { kind: "binary", byteLength }
        : { kind: "text", text: bytes.toString("utf8"), byteLength },
    );
  }

  #apply(effects: readonly SessionEffect[]): void {
    const { hub } = this.#options;
    for (const effect of effects) {
      switch (effect.kind) {
        case "send":
          hub.send(this.#outbox, effect.text);
          break;
        case "subscribe":
          hub.subscribe(this.#outbox, effect.topic, effect.encoding);
          break;
        case "unsubscribe":
          hub.unsubscribe(this.#outbox, effect.topic, effect.encoding);
          break;
        case "close":
          this.close(effect.code, effect.reason);
          break;
      }
    }
  }

  #ended(code: number): void {
    const { hub, session } = this.#options;
    this.#apply(session.ended());
    hub.leave(this.#outbox);
    this.#options.ended(code);
  }
}

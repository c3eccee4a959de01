/** One open connection: carries inputs to its session and carries out what the session wants. */
import type { Socket } from "node:net";
import type { Hub } from "../../hub/hub.ts";
import type { Outbox } from "../../hub/outbox.ts";
import type { ConnectionFigures } from "../../ports/connections.ts";
import type { StoredBars } from "../../ports/dataset-reader.ts";
import type {
  ConnectionHandle,
  Session,
  SessionEffect,
  SessionInput,
} from "../../ports/dialect.ts";
import type { Unanswered } from "../../ports/history.ts";
import type { ClientListener, ClientSocket } from "./client-socket.ts";
import type { SentTap } from "./sent-tap.ts";
import { SocketTransport } from "./socket-transport.ts";

/** What the connection counts, shared by all connections. */
export interface ConnectionCounters {
  messagesIn: number;
  bytesIn: number;
}

/** Where connections live: what they all share. */
export interface ConnectionHost {
  readonly hub: Hub;
  readonly outboxBytesMax: number;
  readonly counters: ConnectionCounters;
  /** Shown what is sent. */
  readonly sent: SentTap;
  /** Time of `steadyMs`, for what sessions measure. */
  nowMs(): number;
  /** Wall time, for what listings show. */
  openedAtMs(): number;
  /** Called once when a connection is gone. */
  ended(connection: Connection, code: number): void;
}

/** Options of a connection. There are many of them, so each holds little more than this. */
export interface ConnectionOptions {
  readonly socket: Socket;
  readonly webSocket: ClientSocket;
  readonly session: Session;
  /** Name of the protocol. */
  readonly dialect: string;
  /** Tells connections apart; the next one has the next number. */
  readonly number: number;
}

/** The session's side of an open WebSocket. */
export class Connection implements ConnectionHandle, ClientListener {
  readonly session: Session;
  readonly dialect: string;
  readonly number: number;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #webSocket: ClientSocket;
  readonly #outbox: Outbox;
  readonly #openedAtMs: number;
  #messagesIn = 0;
  /** Whether anything was heard from the client since the last ping. */
  #heard = true;
  #hasEnded = false;

  constructor(host: ConnectionHost, options: ConnectionOptions) {
    const { socket, webSocket, session, dialect, number } = options;
    this.#host = host;
    this.#socket = socket;
    this.#webSocket = webSocket;
    this.session = session;
    this.dialect = dialect;
    this.number = number;
    this.#openedAtMs = host.openedAtMs();
    this.#outbox = host.hub.join({
      transport: new SocketTransport(socket, webSocket, host.sent, number),
      bytesMax: host.outboxBytesMax,
      compresses: webSocket.extensions.includes("permessage-deflate"),
    });
    host.sent.connected({ number, dialect, owner: session.owner });
    webSocket.tell(this);
    socket.on("drain", () => host.hub.drained(this.#outbox));
  }

  /** What it has done so far, and what waits. */
  get figures(): ConnectionFigures {
    const { figures, audiences, bytes, behind } = this.#outbox;
    const { remoteAddress, remotePort, writableLength } = this.#socket;
    return {
      number: this.number,
      dialect: this.dialect,
      owner: this.session.owner,
      remote: remoteAddress === undefined ? "" : addressText(remoteAddress, remotePort),
      openedAtMs: this.#openedAtMs,
      subscriptions: audiences.size,
      messagesIn: this.#messagesIn,
      ...figures,
      waitingBytes: bytes + writableLength,
      behind,
    };
  }

  /** Whether the socket takes no more at present. */
  get behind(): boolean {
    return this.#outbox.behind;
  }

  /** Tells the session that the handshake is done. */
  start(): void {
    this.#apply(this.session.started(this.#host.nowMs()));
  }

  /** Tells the session when its deadline has come. */
  checkDeadline(nowMs: number): void {
    if (nowMs >= this.session.deadlineMs) this.inject({ kind: "deadline" });
  }

  inject(input: SessionInput): void {
    this.#apply(this.session.receive(input, this.#host.nowMs()));
  }

  /** Sends a ping, or ends the connection and returns false when nothing was heard since the last one. */
  probe(): boolean {
    if (!this.#heard) {
      this.#webSocket.terminate();
      return false;
    }
    this.#heard = false;
    this.#webSocket.ping();
    return true;
  }

  close(code: number, reason: string): void {
    this.#outbox.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  message(data: Buffer, isBinary: boolean): void {
    this.#heard = true;
    const byteLength = data.length;
    this.#messagesIn += 1;
    this.#host.counters.messagesIn += 1;
    this.#host.counters.bytesIn += byteLength;
    this.inject(
      isBinary
        ? { kind: "binary", byteLength }
        : { kind: "text", text: data.toString("utf8"), byteLength },
    );
  }

  #apply(effects: readonly SessionEffect[]): void {
    const { hub } = this.#host;
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
        case "resume": {
          const { subscriptions, since: from, answered } = effect;
          hub.resume(this.#outbox, subscriptions, {
            from,
            answered: (resumed) => this.#apply(answered(resumed)),
          });
          break;
        }
        case "ask":
          void effect.bars().then((answer) => this.#answer(answer));
          break;
        case "close":
          this.close(effect.code, effect.reason);
          break;
      }
    }
  }

  /** Who has gone meanwhile is not told. */
  #answer(answer: StoredBars | Unanswered): void {
    if (!this.#hasEnded) this.inject({ kind: "bars", answer });
  }

  ping(): void {
    this.#heard = true;
    this.inject({ kind: "ping" });
  }

  pong(): void {
    this.#heard = true;
  }

  ended(code: number): void {
    this.#hasEnded = true;
    this.session.ended();
    this.#host.hub.leave(this.#outbox);
    this.#host.sent.ended(this.number, code);
    this.#host.ended(this, code);
  }
}

function addressText(address: string, port = 0): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The writing end of a WebSocket: ready frames go straight to the TCP socket, one write a flush.
 * `ws` keeps what it is best at, the handshake, the parsing of what clients send, and closing.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Allocate, Transport, Written } from "../../ports/transport.ts";
import type { SentTap } from "./sent-tap.ts";

/** Memory that a socket writes as it is. */
export const allocate: Allocate = (bytes) => Buffer.allocUnsafeSlow(bytes);

/** A transport over one upgraded socket. */
export class SocketTransport implements Transport {
  readonly #socket: Duplex;
  readonly #webSocket: WebSocket;
  /** A socket that encrypts reads what it was given at some later time. */
  readonly #isEncrypted: boolean;

  readonly #tap: SentTap;
  readonly #number: number;

  /** Of the connection of a number. */
  constructor(socket: Duplex, webSocket: WebSocket, tap: SentTap, number: number) {
    this.#socket = socket;
    this.#webSocket = webSocket;
    this.#tap = tap;
    this.#number = number;
    this.#isEncrypted = "encrypted" in socket;
  }

  write(bytes: Uint8Array): Written {
    // After a close frame nothing may follow it.
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return "sent";
    if (this.#tap.isOn) this.#tap.wrote(this.#number, bytes);
    // What has to wait behind other bytes would keep all of the memory that it is only a part of.
    const copies = this.#isEncrypted || this.#socket.writableLength > 0;
    const takesMore = this.#socket.write(copies ? Buffer.from(bytes) : bytes);
    // The kernel took all of it, whatever the stream thinks of the amount.
    if (this.#socket.writableLength === 0) return "sent";
    if (!takesMore) return "full";
    return copies ? "sent" : "kept";
  }

  close(code: number, reason: string): void {
    this.#tap.closed(this.#number, code, reason);
    this.#webSocket.close(code, reason);
  }
}

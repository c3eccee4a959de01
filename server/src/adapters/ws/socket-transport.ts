/**
 * The writing end of a WebSocket: ready frames go straight to the TCP socket, one write a flush.
 * `ws` keeps what it is best at, the handshake, the parsing of what clients send, and closing.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Transport } from "../../ports/transport.ts";

/** A transport over one upgraded socket. */
export class SocketTransport implements Transport {
  readonly #socket: Duplex;
  readonly #webSocket: WebSocket;

  constructor(socket: Duplex, webSocket: WebSocket) {
    this.#socket = socket;
    this.#webSocket = webSocket;
  }

  write(frames: readonly Uint8Array[]): boolean {
    // After a close frame nothing may follow it.
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return true;
    const [first] = frames;
    if (first === undefined) return true;
    return this.#socket.write(frames.length === 1 ? first : Buffer.concat(frames));
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }
}

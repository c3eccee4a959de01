/**
 * The WebSocket class that `ws` makes for each client: it knows its connection, so that all of them
 * share their listeners. A closure for each event of each client would take a tenth of its memory.
 */
import { type RawData, WebSocket } from "ws";

/** What is told of a client. */
export interface ClientListener {
  message(data: Buffer, isBinary: boolean): void;
  ping(): void;
  pong(): void;
  /** Called once; nothing comes after it. */
  ended(code: number): void;
}

/** One client's WebSocket. */
export class ClientSocket extends WebSocket {
  listener: ClientListener | undefined;

  /** Tells a listener from now on; called once. */
  tell(listener: ClientListener): void {
    this.listener = listener;
    this.on("message", onMessage);
    this.on("ping", onPing);
    this.on("pong", onPong);
    // An error is followed by "close"; oversize and malformed frames are answered by ws itself.
    this.on("error", ignoreError);
    this.on("close", onClose);
  }
}

// ws hands over a Buffer unless told otherwise.
function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as ClientSocket).listener?.message(data as Buffer, isBinary);
}

function onPing(this: WebSocket): void {
  (this as ClientSocket).listener?.ping();
}

function onPong(this: WebSocket): void {
  (this as ClientSocket).listener?.pong();
}

function onClose(this: WebSocket, code: number): void {
  (this as ClientSocket).listener?.ended(code);
}

function ignoreError(): void {}

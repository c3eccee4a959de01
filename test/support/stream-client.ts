/** A WebSocket client that remembers what it was sent, so that tests can wait for a message. */
import { once } from "node:events";
import { WebSocket } from "ws";

/** A message, as text and as parsed JSON. */
export interface Received {
  readonly text: string;
  // Tests look at single fields of messages whose shape is what they test.
  readonly json: Record<string, unknown>;
  /** When it came, in milliseconds since 1970. */
  readonly atMs: number;
}

/** An open connection. */
export class StreamClient {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  /** Code and reason once the connection is closed. */
  readonly closed: Promise<readonly [number, string]>;
  #isClosed = false;
  #wake: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      const text = String(data);
      this.received.push({ text, json: JSON.parse(text), atMs: Date.now() });
      this.#wakeAll();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        resolve([code, String(reason)]);
        this.#isClosed = true;
        this.#wakeAll();
      });
    });
    socket.on("error", () => {});
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The first message from `from` on that fits; waits for it, and raises when the connection is closed before it came. */
  async until(fits: (message: Received) => boolean, from = 0): Promise<Received> {
    for (let at = from; ; at += 1) {
      while (at >= this.received.length) {
        if (this.#isClosed) await this.#raiseClosed();
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
      const message = this.received[at];
      if (message !== undefined && fits(message)) return message;
    }
  }

  /** Sends a message and resolves with the next control reply (not a bar). */
  async ask(message: unknown): Promise<string> {
    const from = this.received.length;
    this.send(message);
    return (await this.until(({ json }) => !("o" in json), from)).text;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #raiseClosed(): Promise<never> {
    const [code, reason] = await this.closed;
    const last = this.received.at(-1)?.text ?? "nothing";
    throw new Error(
      `the connection was closed with ${code} "${reason}" before what was waited for; last came ${last}`,
    );
  }
}

/** Opens a connection. */
export async function openStream(url: string): Promise<StreamClient> {
  const socket = new WebSocket(url);
  const client = new StreamClient(socket);
  await once(socket, "open");
  return client;
}

/** Tries to open a connection that is refused; resolves with the HTTP status and body. */
export async function refusedUpgrade(url: string): Promise<{ status: number; body: string }> {
  const socket = new WebSocket(url);
  const [, response] = await once(socket, "unexpected-response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body };
}

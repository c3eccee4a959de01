/**
 * Completes WebSocket handshakes with `ws` and sets up how it reads what the client will send: up to
 * which size, and whether compressed. It decides nothing about who may connect.
 */
import type { IncomingMessage } from "node:http";
import { type Server, WebSocketServer } from "ws";
import { ClientSocket } from "./client-socket.ts";

/** How long a client may take to answer a close frame, in milliseconds. */
const closeTimeoutMs = 5_000;

/** Most different settings for which a parser is kept ready. */
const parsersMax = 64;

/**
 * Each message is compressed for itself, in both directions: what is sent is then the same for all
 * clients, and between two messages nothing is kept for any of them (RFC 7692, 7.1.1).
 */
const withoutContext = { serverNoContextTakeover: true, clientNoContextTakeover: true } as const;

type Parser = Server<typeof ClientSocket>;

/** Handshakes of one listener. */
export class Handshakes {
  readonly #compression: boolean;
  readonly #parsers = new Map<string, Parser>();

  constructor(compression: boolean) {
    this.#compression = compression;
  }

  /** The open WebSocket, or undefined when the handshake was malformed and has been refused. */
  complete(
    request: IncomingMessage,
    head: Buffer,
    messageBytesMax: number,
  ): ClientSocket | undefined {
    const compresses = this.#compression && takesOurWindow(request);
    let opened: ClientSocket | undefined;
    // The callback runs before handleUpgrade returns, or never.
    this.#parser(messageBytesMax, compresses).handleUpgrade(
      request,
      request.socket,
      head,
      (webSocket) => {
        opened = webSocket;
      },
    );
    return opened;
  }

  #parser(messageBytesMax: number, compresses: boolean): Parser {
    const key = `${messageBytesMax} ${compresses}`;
    const known = this.#parsers.get(key);
    if (known !== undefined) return known;
    if (this.#parsers.size >= parsersMax) this.#parsers.clear();
    const settings = {
      noServer: true,
      WebSocket: ClientSocket,
      clientTracking: false,
      maxPayload: messageBytesMax,
      closeTimeout: closeTimeoutMs,
      perMessageDeflate: compresses && withoutContext,
    };
    const parser = new WebSocketServer(settings);
    this.#parsers.set(key, parser);
    return parser;
  }
}

/**
 * A client may ask for a smaller window than the one with which all are sent the same (RFC 7692,
 * 7.1.2.1). It is served without compression, which is always an answer to an offer.
 */
function takesOurWindow({ headers }: IncomingMessage): boolean {
  return !/server_max_window_bits\s*=/i.test(headers["sec-websocket-extensions"] ?? "");
}

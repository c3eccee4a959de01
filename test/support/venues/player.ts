/**
 * Plays a venue on this machine to clients that believe it is the real one: WebSocket and REST on one
 * port, recorded or made-up frames with their times moved to now, and all that goes wrong with venues.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** A trade as the venue tells it: prices and quantities as it writes them. */
export interface VenueTrade {
  readonly ticker: string;
  readonly id: string;
  readonly price: string;
  readonly quantity: string;
  /** Milliseconds since 1970, already moved. */
  readonly timeMs: number;
  readonly side: "buy" | "sell";
}

/** Something that the venue says at a time. */
export interface VenueFrame {
  /** Milliseconds after the beginning of the recording. */
  readonly afterMs: number;
  /** What has to be subscribed to, to be sent it. */
  readonly topic: string;
  readonly trades: readonly VenueTrade[];
  /** The text, with these trades in it. */
  text(trades: readonly VenueTrade[]): string;
}

/** How a venue talks. */
export interface Venue {
  /** As ccxt calls it. */
  readonly exchange: string;
  readonly frames: readonly VenueFrame[];
  /** When the recording begins, in milliseconds since 1970. */
  readonly beganMs: number;
  /** An answer over REST, as JSON; undefined where there is none. */
  rest(url: URL, traded: readonly VenueTrade[]): string | undefined;
  /** What is sent first to who subscribes to a topic, where that is something: the newest trades. */
  greeting?(topic: string, traded: readonly VenueTrade[]): readonly string[];
  /** What is answered to a client's message, and what it subscribes to. */
  heard(text: string): {
    readonly replies?: readonly string[];
    readonly topics?: readonly string[];
  };
  /** Makes a frame of a text. */
  pack(text: string): string | Buffer;
  /** What the venue sends by itself to show that it lives. */
  ping?(nowMs: number): string;
  /** What ccxt is told, so that it comes here. */
  settings(http: string, ws: string): Readonly<Record<string, unknown>>;
}

/** What REST answers to everything, in place of what it should. */
export interface RestFault {
  readonly status: number;
  readonly body: string;
}

/** Which part of a recording is played, and how fast. */
export interface Part {
  /** Milliseconds after the beginning of the recording. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** How many times as fast as it was recorded. */
  readonly speed: number;
}

/** How often a venue shows that it lives, in milliseconds. */
const pingMs = 1_000;

/** A venue that plays. */
export class VenuePlayer {
  /** All that was traded, in order, whoever was told. */
  readonly traded: VenueTrade[] = [];
  /** Messages of clients. */
  readonly heard: string[] = [];
  connections = 0;
  /** Whether new connections are refused. */
  isClosed = false;
  /** Whether REST has no past to tell. */
  hidesPast = false;
  restFault: RestFault | undefined;
  /** Questions over REST. */
  readonly asked: string[] = [];
  readonly #venue: Venue;
  readonly #http: Server;
  readonly #sockets = new Map<WebSocket, Set<string>>();
  readonly #silent = new WeakSet<WebSocket>();
  #cancels: (() => void)[] = [];
  /** What is played: since when on the machine's clock, from which moment of the recording on, how fast. */
  #playing:
    | { readonly startedMs: number; readonly fromMs: number; readonly speed: number }
    | undefined;

  static async open(venue: Venue): Promise<VenuePlayer> {
    const player = new VenuePlayer(venue);
    await new Promise<void>((resolve) => player.#http.listen(0, "127.0.0.1", resolve));
    return player;
  }

  private constructor(venue: Venue) {
    this.#venue = venue;
    const server = new WebSocketServer({ noServer: true });
    this.#http = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://venue.invalid");
      this.asked.push(url.pathname);
      const { restFault: fault } = this;
      const body = fault?.body ?? venue.rest(url, this.hidesPast ? [] : this.traded);
      const type = fault === undefined ? "application/json" : "text/html";
      response.writeHead(fault?.status ?? (body === undefined ? 404 : 200), {
        "content-type": type,
      });
      response.end(body ?? '{"error":"not found"}');
    });
    const pinging = setInterval(() => this.ping(), pingMs);
    this.#http.on("close", () => clearInterval(pinging));
    this.#http.on("upgrade", (request, socket, head) => {
      if (this.isClosed) {
        socket.destroy();
        return;
      }
      server.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
    });
  }

  /** What a dataset is given as `settings`. */
  get settings(): Readonly<Record<string, unknown>> {
    const { port } = this.#http.address() as AddressInfo;
    return this.#venue.settings(`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}`);
  }

  /** Topics that somebody is subscribed to. */
  get topics(): ReadonlySet<string> {
    return new Set([...this.#sockets.values()].flatMap((topics) => [...topics]));
  }

  /** Plays the frames of a part, all of them without one; resolves after the last one. */
  async play({ fromMs = 0, toMs = Number.POSITIVE_INFINITY, speed }: Part): Promise<void> {
    this.#playing = { startedMs: Date.now(), fromMs, speed };
    const frames = this.#venue.frames.filter(({ afterMs }) => afterMs >= fromMs && afterMs < toMs);
    await Promise.all(
      frames.map(
        (frame) =>
          new Promise<void>((resolve) => {
            const timer = setTimeout(
              () => {
                this.tell(frame);
                resolve();
              },
              (frame.afterMs - fromMs) / speed,
            );
            this.#cancels.push(() => {
              clearTimeout(timer);
              resolve();
            });
          }),
      ),
    );
  }

  /** Says a frame now. */
  tell(frame: VenueFrame): void {
    const trades = this.#moved(frame.trades);
    this.traded.push(...trades);
    this.#send(frame.topic, frame.text(trades));
  }

  /** Says trades again that were told. */
  repeat(frame: VenueFrame, trades: readonly VenueTrade[]): void {
    this.#send(frame.topic, frame.text(trades));
  }

  /** Something that is no message of the venue. */
  garble(): void {
    for (const socket of this.#sockets.keys()) socket.send(Buffer.from("no gzip, no JSON {"));
  }

  ping(): void {
    const text = this.#venue.ping?.(Date.now());
    if (text === undefined) return;
    for (const socket of this.#sockets.keys()) {
      if (!this.#silent.has(socket)) socket.send(this.#venue.pack(text));
    }
  }

  /** Ends all connections, as a venue does that is started anew. */
  drop(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  /** From now on nothing is sent on the connections that are open, and nothing is answered. */
  freeze(): void {
    for (const socket of this.#sockets.keys()) {
      this.#silent.add(socket);
      socket.pause();
    }
  }

  async close(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.drop();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #welcome(socket: WebSocket): void {
    this.connections += 1;
    const topics = new Set<string>();
    this.#sockets.set(socket, topics);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("message", (data) => {
      if (this.#silent.has(socket)) return;
      const text = String(data);
      this.heard.push(text);
      const { replies = [], topics: more = [] } = this.#venue.heard(text);
      for (const topic of more) topics.add(topic);
      const told = more.flatMap((topic) => this.#venue.greeting?.(topic, this.traded) ?? []);
      for (const reply of [...replies, ...told]) socket.send(this.#venue.pack(reply));
    });
  }

  /** The same trades at the time at which they are played. */
  #moved(trades: readonly VenueTrade[]): readonly VenueTrade[] {
    this.#playing ??= { startedMs: Date.now(), fromMs: 0, speed: 1 };
    const { startedMs, fromMs, speed } = this.#playing;
    const { beganMs } = this.#venue;
    return trades.map((trade) => ({
      ...trade,
      timeMs: Math.floor(startedMs + (trade.timeMs - beganMs - fromMs) / speed),
    }));
  }

  #send(topic: string, text: string): void {
    const frame = this.#venue.pack(text);
    for (const [socket, topics] of this.#sockets) {
      if (topics.has(topic) && !this.#silent.has(socket)) socket.send(frame);
    }
  }
}

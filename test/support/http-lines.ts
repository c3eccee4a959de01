/**
 * Calls to one server over bare HTTP/1.1 connections, one under way on each: a request is ready text, and an answer is not
 * looked at more than it takes to find its end. What becomes of each call is told, also where no server is there.
 */
import { connect, type Socket } from "node:net";

/** What became of a call. */
export type CallOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  /** There was no connection for it: no server has seen it. */
  | { readonly kind: "unsent" }
  /** The connection was lost, or no answer came in time. */
  | { readonly kind: "unanswered" };

type Done = (outcome: CallOutcome) => void;

/** How long a connection may take to come about, and a call to be answered, in milliseconds. */
const connectMs = 2_000;
const answerMs = 8_000;

/** A connection that nobody has used for so many milliseconds is closed, before its server does so. */
const idleMs = 2_000;
const sweepMs = 100;

const headEnd = "\r\n\r\n";

/** Connections to one server, as many as there are calls under way. */
export class HttpLines {
  readonly #host: string;
  readonly #port: number;
  /** Those used last are at the end. */
  #idle: Line[] = [];
  /** In the order in which they were sent. */
  readonly #busy = new Set<Line>();
  readonly #timer = setInterval(() => this.#sweep(), sweepMs);
  #heardMs = 0;

  /** `http` is an address such as `http://10.64.0.5:7001`. */
  constructor(http: string) {
    const { hostname, port } = new URL(http);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Calls that wait for their answers. */
  get underWay(): number {
    return this.#busy.size;
  }

  /** For how many milliseconds calls have been waiting without a word from the server. */
  get silentMs(): number {
    const [oldest] = this.#busy;
    if (oldest === undefined) return 0;
    return performance.now() - Math.max(oldest.sentMs, this.#heardMs);
  }

  /** Sends a whole request; `done` is called once, later. */
  call(request: string, done: Done): void {
    const line = this.#idle.pop() ?? this.#open();
    this.#busy.add(line);
    line.send(request, (outcome) => {
      this.#busy.delete(line);
      if (outcome.kind === "answered") {
        this.#heardMs = performance.now();
        this.#idle.push(line);
      }
      done(outcome);
    });
  }

  /** Closes all; whoever waits is told that no answer came. */
  close(): void {
    clearInterval(this.#timer);
    for (const line of [...this.#idle, ...this.#busy]) line.close();
  }

  #open(): Line {
    const line = new Line(connect({ host: this.#host, port: this.#port, noDelay: true }));
    line.whenClosed = () => {
      const at = this.#idle.indexOf(line);
      if (at >= 0) this.#idle.splice(at, 1);
    };
    return line;
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const line of [...this.#busy]) {
      const waitMs = nowMs - line.sentMs;
      if (waitMs < connectMs) break;
      if (waitMs >= answerMs || !line.isConnected) line.close();
    }
    const used = this.#idle.findIndex(({ sentMs }) => nowMs - sentMs < idleMs);
    for (const line of this.#idle.slice(0, used < 0 ? undefined : used)) line.close();
  }
}

/** One connection. */
class Line {
  whenClosed: () => void = () => {};
  isConnected = false;
  /** When the last request was sent. */
  sentMs = 0;
  readonly #socket: Socket;
  #received = "";
  #done: Done | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("connect", () => {
      this.isConnected = true;
    });
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", () => this.close());
    socket.on("close", () => this.close());
  }

  send(request: string, done: Done): void {
    this.sentMs = performance.now();
    this.#done = done;
    this.#socket.write(request, "latin1");
  }

  close(): void {
    this.#socket.destroy();
    this.whenClosed();
    this.#settle({ kind: this.isConnected ? "unanswered" : "unsent" });
  }

  #take(text: string): void {
    this.#received += text;
    const bodyAt = this.#received.indexOf(headEnd) + headEnd.length;
    if (bodyAt < headEnd.length) return;
    const head = this.#received.slice(0, bodyAt);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < bodyAt + length) return;
    const body = this.#received.slice(bodyAt);
    this.#received = "";
    this.#settle({ kind: "answered", status: Number(head.slice(9, 12)), body });
  }

  #settle(outcome: CallOutcome): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(outcome);
  }
}

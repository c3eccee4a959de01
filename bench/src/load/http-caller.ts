/**
 * A bare HTTP/1.1 caller for load generation: requests as ready bytes over kept-alive sockets, one
 * under way on each. It understands just the replies of our own server.
 */
import { connect, type Socket } from "node:net";

/** What a call was answered with. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

type Done = (reply: Reply) => void;

const headEnd = "\r\n\r\n";

/** A fixed number of connections, and a line of calls that wait for one. */
export class HttpCaller {
  readonly #lines: Line[];
  readonly #idle: Line[];
  readonly #waiting: { readonly request: string; readonly done: Done }[] = [];

  private constructor(lines: Line[]) {
    this.#lines = lines;
    this.#idle = [...lines];
  }

  /** Connects `count` times. */
  static async open(port: number, count: number): Promise<HttpCaller> {
    return new HttpCaller(await Promise.all(Array.from({ length: count }, () => Line.open(port))));
  }

  /** Calls that no connection was free for yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Sends a whole request; `done` is called with the reply. */
  call(request: string, done: Done): void {
    const line = this.#idle.pop();
    if (line === undefined) this.#waiting.push({ request, done });
    else this.#send(line, request, done);
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }

  #send(line: Line, request: string, done: Done): void {
    line.send(request, (reply) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(line);
      else this.#send(line, next.request, next.done);
      done(reply);
    });
  }
}

/** One connection. */
class Line {
  readonly #socket: Socket;
  #received = "";
  #done: Done | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#take(text));
  }

  static open(port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new Line(socket)));
      socket.on("error", reject);
    });
  }

  send(request: string, done: Done): void {
    this.#done = done;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const bodyAt = this.#received.indexOf(headEnd) + headEnd.length;
    if (bodyAt < headEnd.length) return;
    const head = this.#received.slice(0, bodyAt);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    // Replies of our server to orders are ASCII, so characters are bytes.
    if (this.#received.length < bodyAt + length) return;
    const reply = { status: Number(head.slice(9, 12)), body: this.#received.slice(bodyAt) };
    this.#received = "";
    const done = this.#done;
    this.#done = undefined;
    done?.(reply);
  }
}

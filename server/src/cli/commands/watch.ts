/** `watch`: a small client that subscribes to bars and prints what it is sent. */
import { WebSocket } from "ws";
import { dataFolder, readDemoKey } from "../../config/data-folder.ts";
import { endWithReader } from "./output.ts";
import { refusalText } from "./refused-upgrade.ts";

/** What `watch` was asked for. */
export interface WatchCommand {
  readonly tickers: readonly string[];
  readonly url: string;
  readonly key?: string;
  readonly data: string;
  readonly dataset: string;
  readonly frequency: string;
  readonly count?: number;
}

/** Connects, subscribes and prints until it is interrupted; resolves with the exit code. */
export function watch(command: WatchCommand): Promise<number> {
  const key = command.key ?? readDemoKey(dataFolder(command.data));
  const address = URL.parse("/v1", command.url);
  if (key === undefined || address === null) {
    const missing =
      address === null
        ? `${command.url} is not an address`
        : "give an API key with --key, or name the data folder of a demo with --data";
    process.stderr.write(`openbourse: ${missing}\n`);
    return Promise.resolve(2);
  }
  address.searchParams.set("apikey", key);
  return stream(new WebSocket(address), command);
}

function stream(socket: WebSocket, command: WatchCommand): Promise<number> {
  const { tickers, dataset, frequency } = command;
  const request = {
    event: "subscribe",
    dataset,
    tickers,
    channel: "bars",
    frequency,
    aggregation: "1m",
  };
  const watched = new Watched(command);
  let isInterrupted = false;
  endWithReader();
  return new Promise((resolve) => {
    socket.on("open", () => socket.send(JSON.stringify(request)));
    socket.on("message", (data) => {
      if (watched.isOver) return;
      watched.message(String(data));
      if (watched.isOver) socket.close(1000);
    });
    socket.on("unexpected-response", (_request, response) => {
      void refusalText(response).then((text) => {
        watched.failed(`the server refused the connection: ${text}`);
        socket.terminate();
      });
    });
    socket.on("error", (error) => watched.failed(connectFault(error, command.url)));
    const interrupt = () => {
      isInterrupted = true;
      socket.close(1000);
    };
    socket.on("close", (code, reason) => {
      process.off("SIGINT", interrupt);
      const said = `${code} ${reason}`.trim();
      if (code !== 1000) watched.failed(`the connection was closed: ${said}`);
      else if (!watched.isOver && !isInterrupted) watched.ended(said);
      if (watched.fault !== undefined) process.stderr.write(`openbourse: ${watched.fault}\n`);
      resolve(watched.fault === undefined ? 0 : 1);
    });
    process.once("SIGINT", interrupt);
  });
}

/** Why there is no connection, with what to do about it. */
function connectFault(error: Error, url: string): string {
  const { code } = error as NodeJS.ErrnoException;
  // An address with several numbers fails with one error for each of them and no message.
  const message = error.message === "" ? String(code) : error.message;
  return code === "ECONNREFUSED"
    ? `no server listens at ${url} (${message}): start one with \`openbourse serve\`, or name its address with --url`
    : message;
}

/** What the command looks at in a message. */
interface WatchedMessage {
  readonly status?: string;
  readonly code?: string;
  readonly message?: string;
}

/** What came so far, and whether that is all. */
class Watched {
  /** The first thing that went wrong; what follows from it is not worth saying. */
  fault: string | undefined;
  /** Whether no more bars follow although nothing went wrong. */
  #hasEnded = false;
  readonly #barsMax: number;
  readonly #tickers: number;
  #bars = 0;
  #errors = 0;
  #lastError = "";

  constructor({ tickers, count = Number.POSITIVE_INFINITY }: WatchCommand) {
    this.#barsMax = count;
    this.#tickers = tickers.length;
  }

  get isOver(): boolean {
    return this.fault !== undefined || this.#hasEnded || this.#bars >= this.#barsMax;
  }

  message(text: string): void {
    process.stdout.write(`${text}\n`);
    const message = JSON.parse(text) as WatchedMessage;
    // Bars are the only messages with an open price (docs/protocols/finazon).
    if ("o" in message) this.#bars += 1;
    if (message.code === "DATA_UNAVAILABLE" && this.#bars > 0) {
      this.#hasEnded = true;
      process.stderr.write(`openbourse: ${message.message}\n`);
    } else if (message.status === "error") {
      this.#errors += 1;
      this.#lastError = message.message ?? "";
    }
    if (this.#errors >= this.#tickers) {
      this.failed(`nothing could be subscribed to: ${this.#lastError}`);
    }
  }

  /** The server has closed in the ordinary way before all that was asked for had come. */
  ended(said: string): void {
    process.stderr.write(`openbourse: the server has ended the stream: ${said}\n`);
  }

  failed(reason: string): void {
    this.fault ??= reason;
  }
}

/** `watch`: a small client that subscribes to bars and prints what it is sent. */
import { WebSocket } from "ws";
import { dataFolder, readDemoKey } from "../data-folder.ts";
import { endWithReader } from "./output.ts";

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
      address === null ? `${command.url} is not an address` : "give an API key with --key";
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
  endWithReader();
  return new Promise((resolve) => {
    socket.on("open", () => socket.send(JSON.stringify(request)));
    socket.on("message", (data) => {
      if (watched.isOver) return;
      watched.message(String(data));
      if (watched.isOver) socket.close(1000);
    });
    socket.on("unexpected-response", (_request, response) => {
      watched.failed(`the server refused the connection (HTTP ${response.statusCode})`);
      response.resume();
      socket.terminate();
    });
    socket.on("error", (error) => watched.failed(error.message));
    socket.on("close", (code, reason) => {
      if (code !== 1000) watched.failed(`connection closed (${code} ${reason})`);
      if (watched.fault !== undefined) process.stderr.write(`openbourse: ${watched.fault}\n`);
      resolve(watched.fault === undefined ? 0 : 1);
    });
    process.once("SIGINT", () => socket.close(1000));
  });
}

/** What came so far, and whether that is all. */
class Watched {
  /** The first thing that went wrong; what follows from it is not worth saying. */
  fault: string | undefined;
  readonly #barsMax: number;
  readonly #tickers: number;
  #bars = 0;
  #errors = 0;

  constructor({ tickers, count = Number.POSITIVE_INFINITY }: WatchCommand) {
    this.#barsMax = count;
    this.#tickers = tickers.length;
  }

  get isOver(): boolean {
    return this.fault !== undefined || this.#bars >= this.#barsMax;
  }

  message(text: string): void {
    process.stdout.write(`${text}\n`);
    const message = JSON.parse(text) as { readonly status?: string };
    // Bars are the only messages with an open price (protocol section 2.6).
    if ("o" in message) this.#bars += 1;
    if (message.status === "error") this.#errors += 1;
    if (this.#errors >= this.#tickers) this.failed("nothing could be subscribed to");
  }

  failed(reason: string): void {
    this.fault ??= reason;
  }
}

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
  const { tickers, dataset, frequency, count = Number.POSITIVE_INFINITY } = command;
  const request = {
    event: "subscribe",
    dataset,
    tickers,
    channel: "bars",
    frequency,
    aggregation: "1m",
  };
  let bars = 0;
  let errors = 0;
  /** The first thing that went wrong; what follows from it is not worth saying. */
  let fault: string | undefined;
  endWithReader();
  return new Promise((resolve) => {
    socket.on("open", () => socket.send(JSON.stringify(request)));
    socket.on("message", (data) => {
      if (bars >= count) return;
      const text = String(data);
      process.stdout.write(`${text}\n`);
      bars += isBar(text) ? 1 : 0;
      errors += isError(text) ? 1 : 0;
      if (errors >= tickers.length) fault ??= "nothing could be subscribed to";
      if (bars >= count || fault !== undefined) socket.close(1000);
    });
    socket.on("unexpected-response", (_request, response) => {
      fault ??= `the server refused the connection (HTTP ${response.statusCode})`;
      response.resume();
      socket.terminate();
    });
    socket.on("error", (error) => {
      fault ??= error.message;
    });
    socket.on("close", (code, reason) => {
      if (code !== 1000) fault ??= `connection closed (${code} ${reason})`;
      if (fault !== undefined) process.stderr.write(`openbourse: ${fault}\n`);
      resolve(fault === undefined ? 0 : 1);
    });
    process.once("SIGINT", () => socket.close(1000));
  });
}

/** Bars are the only messages with an open price (protocol section 2.6). */
function isBar(text: string): boolean {
  return "o" in JSON.parse(text);
}

function isError(text: string): boolean {
  return (JSON.parse(text) as { readonly status?: string }).status === "error";
}

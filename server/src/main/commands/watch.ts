/** `watch`: a small client that subscribes to bars and prints what it is sent. */
import { WebSocket } from "ws";
import { dataFolder, readDemoKey } from "../data-folder.ts";

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
  let bars = 0;
  return new Promise((resolve) => {
    socket.on("open", () => {
      socket.send(
        JSON.stringify({
          event: "subscribe",
          dataset,
          tickers,
          channel: "bars",
          frequency,
          aggregation: "1m",
        }),
      );
    });
    socket.on("message", (data) => {
      if (bars >= count) return;
      const text = String(data);
      process.stdout.write(`${text}\n`);
      if ("o" in JSON.parse(text)) bars += 1;
      if (bars >= count) socket.close(1000);
    });
    socket.on("unexpected-response", (_request, response) => {
      process.stderr.write(
        `openbourse: the server refused the connection (HTTP ${response.statusCode})\n`,
      );
      response.resume();
      socket.terminate();
      resolve(1);
    });
    socket.on("error", (error) => {
      process.stderr.write(`openbourse: ${error.message}\n`);
      resolve(1);
    });
    socket.on("close", (code, reason) => {
      if (code !== 1000)
        process.stderr.write(`openbourse: connection closed (${code} ${reason})\n`);
      resolve(code === 1000 ? 0 : 1);
    });
    process.once("SIGINT", () => socket.close(1000));
  });
}

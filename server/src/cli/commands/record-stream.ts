/**
 * `record --url`: what a WebSocket sends, as it came: a line for each message with the time of its receipt, and
 * for what was sent to it. When the connection ends it connects again.
 */
import { WebSocket } from "ws";
import type { RecordedLines } from "../../recordings/recorded-lines.ts";
import { FeedRestarts } from "../../streams/feed-restarts.ts";
import { type Ended, keepRecording, nowUs } from "./keep-recording.ts";

/** What is sent first, and how long it is recorded. */
interface StreamCommand {
  readonly send: readonly string[];
  /** Whether it ends with the connection. */
  readonly isOnce: boolean;
}

/** The address; a text says what is wrong with it. */
export function streamAddress(url: string): URL | string {
  const address = URL.parse(url);
  if (address !== null && /^wss?:$/.test(address.protocol)) return address;
  return `${url} is no address of a WebSocket, as ws://127.0.0.1:8080/v1?apikey=KEY`;
}

/** Records until it is stopped; resolves with why it could not go on. */
export function recordStream(
  address: URL,
  { send, isOnce }: StreamCommand,
  lines: RecordedLines,
): Promise<{ readonly fault: string | undefined }> {
  const restarts = new FeedRestarts({
    seed: nowUs(),
    dataset: address.host,
    isRecording: false,
  });
  return keepRecording(lines, {
    isOnce,
    // A wrong address is found out at once.
    waitsForFirst: false,
    connect: (signal, begun) => connected({ address, send, lines }, signal, begun),
    pauseMs: ({ hasBegun, lastedMs }) => restarts.failed({ lastedMs, hasYielded: hasBegun }) ?? 0,
  });
}

interface Connection {
  readonly address: URL;
  readonly send: readonly string[];
  readonly lines: RecordedLines;
}

function connected(
  { address, send, lines }: Connection,
  signal: AbortSignal,
  begun: () => void,
): Promise<Ended> {
  const socket = new WebSocket(address, { handshakeTimeout: 10_000 });
  const end = () => socket.close(1000);
  signal.addEventListener("abort", end, { once: true });
  return new Promise((resolve) => {
    let fault: string | undefined;
    let isOpen = false;
    socket.on("open", () => {
      begun();
      isOpen = true;
      // A key may be in the query.
      lines.take("connect", nowUs(), { addr: `${address.origin}${address.pathname}` });
      for (const data of send) {
        lines.take("send", nowUs(), { data });
        socket.send(data);
      }
    });
    socket.on("message", (data: Buffer, isBinary) => {
      lines.take(
        "recv",
        nowUs(),
        isBinary ? { b64: data.toString("base64") } : { data: String(data) },
      );
    });
    socket.on("error", (error) => {
      fault ??=
        error.message === "" ? String((error as NodeJS.ErrnoException).code) : error.message;
    });
    socket.on("close", (code, reason) => {
      signal.removeEventListener("abort", end);
      const words = `${code} ${reason}`.trim();
      if (isOpen) lines.take("close", nowUs(), { data: words });
      if (code !== 1000) fault ??= `the connection was closed: ${words}`;
      resolve({ fault });
    });
  });
}

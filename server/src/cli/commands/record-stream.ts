/**
 * `record --url`: what a WebSocket sends, as it came: a line for each message with the time of its receipt, and
 * for what was sent to it. It connects once; who wants it back after an end starts it again.
 */
import { WebSocket } from "ws";
import type { RotatingFiles } from "../../recordings/rotating-files.ts";

/** What to connect to, and what is sent to it first. */
export interface StreamCommand {
  readonly url: string;
  /** What the files are called. */
  readonly name: string;
  readonly send: readonly string[];
}

/** Bytes that may wait to be written; with more the disk does not keep up, and the recording ends. */
const waitingBytesMax = 64 * 1024 ** 2;

/** How long messages wait for more of them before they are written as a block, in milliseconds. */
const gatheringMs = 1_000;

/** Connects, and records until the connection ends or the command is stopped; resolves with the exit code. */
export function recordStream(command: StreamCommand, files: RotatingFiles): Promise<number> {
  const address = URL.parse(command.url);
  if (address === null || !/^wss?:$/.test(address.protocol)) {
    process.stderr.write(
      `openbourse: ${command.url} is no address of a WebSocket, as ws://127.0.0.1:8080/v1?apikey=KEY\n`,
    );
    return Promise.resolve(2);
  }
  const writer = new LineWriter(files);
  const socket = new WebSocket(address, { handshakeTimeout: 10_000 });
  return new Promise((resolve) => {
    let fault: string | undefined;
    const end = () => socket.close(1000);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
    writer.failed = (message) => {
      fault ??= message;
      socket.terminate();
    };
    socket.on("open", () => {
      // A key may be in the query.
      writer.take({ t: "connect", addr: `${address.origin}${address.pathname}` });
      for (const data of command.send) {
        writer.take({ t: "send", data });
        socket.send(data);
      }
    });
    socket.on("message", (data: Buffer, isBinary) => {
      writer.take(
        isBinary ? { t: "recv", b64: data.toString("base64") } : { t: "recv", data: String(data) },
      );
    });
    socket.on("error", (error) => {
      fault ??=
        error.message === "" ? String((error as NodeJS.ErrnoException).code) : error.message;
    });
    socket.on("close", (code, reason) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, end);
      writer.take({ t: "close", data: `${code} ${reason}`.trim() });
      if (code !== 1000) fault ??= `the connection was closed: ${code} ${reason}`.trim();
      void writer.close().then(() => {
        process.stderr.write(
          `record: ${files.written.lines} lines${fault === undefined ? "" : `; ${fault}`}\n`,
        );
        resolve(fault === undefined ? 0 : 1);
      });
    });
  });
}

/** What is noted of one event. `ts` is added: the time in seconds since 1970. */
interface Noted {
  readonly t: "connect" | "send" | "recv" | "close";
  readonly addr?: string;
  readonly data?: string;
  readonly b64?: string;
}

/** Gathers lines and writes them, one block after another. */
class LineWriter {
  failed: (message: string) => void = () => undefined;
  readonly #files: RotatingFiles;
  #waiting: { readonly text: string; readonly us: number }[] = [];
  #waitingBytes = 0;
  #lastUs = 0;
  #writing: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(files: RotatingFiles) {
    this.#files = files;
    this.#timer = setInterval(() => this.#write(), gatheringMs);
  }

  take({ t, ...rest }: Noted): void {
    const us = Math.max(
      this.#lastUs,
      Math.round((performance.timeOrigin + performance.now()) * 1_000),
    );
    this.#lastUs = us;
    const ts = `${Math.floor(us / 1_000_000)}.${String(us % 1_000_000).padStart(6, "0")}`;
    const text = `{"t":"${t}","ts":${ts},${JSON.stringify(rest).slice(1)}\n`;
    this.#waiting.push({ text, us });
    this.#waitingBytes += text.length;
    if (this.#waitingBytes > waitingBytesMax) this.failed("the disk does not keep up");
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write();
    await this.#files.close().catch((error: Error) => this.failed(error.message));
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll()
      .catch((error: Error) => this.failed(error.message))
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { text, us } of lines) {
      this.#files.add(text, us);
      if (this.#files.isFull) await this.#files.cut();
    }
    await this.#files.cut();
  }
}

/**
 * A proxy between a client and a server on real TCP that spoils what passes: messages of a stream are dropped, doubled,
 * held back behind later ones or cut off, answers of REST are lost on their way. What it does, the test decides.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What becomes of a message of the stream. `late` lets it pass behind the next one. */
export type FrameFate = "pass" | "drop" | "twice" | "late" | "cut";

/** What becomes of a request: its answer is lost, or the server never sees it. */
export type RequestFate = "pass" | "lose-answer" | "lose-request";

const upgrade = /^upgrade: websocket/im;
const isRequest = /^[A-Z]+ \/\S* HTTP/;
const headEnd = "\r\n\r\n";
const textFrame = 0x81;

/** See the head of the file. */
export class FaultyProxy {
  /** Decides over each text that the server sends on a stream. */
  onFrame: (text: string) => FrameFate = () => "pass";
  /** Decides over each HTTP request, by its first line. */
  onRequest: (line: string) => RequestFate = () => "pass";
  /** Whether new connections are refused. */
  isDown = false;
  /** Whether nothing passes in either direction, while connections stay open. */
  isSilent = false;
  /** How many streams were opened through it. */
  streams = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port, for what is to go to another one. */
  static async open(targetPort: number): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server);
    server.on("connection", (client) => proxy.#connect(client, targetPort));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #connect(client: Socket, port: number): void {
    if (this.isDown) {
      client.destroy();
      return;
    }
    const server = connect(port, "127.0.0.1");
    let frames: FrameSpoiler | undefined;
    let isAnswerLost = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (bytes: Buffer) => {
      if (this.isSilent) return;
      const text = bytes.toString("latin1");
      const fate =
        frames === undefined && isRequest.test(text) ? this.onRequest(lineOf(text)) : "pass";
      if (fate === "lose-request") {
        client.destroy();
        return;
      }
      isAnswerLost ||= fate === "lose-answer";
      if (frames === undefined && upgrade.test(text)) {
        this.streams += 1;
        frames = new FrameSpoiler((message) => this.onFrame(message), client);
      }
      server.write(bytes);
    });
    server.on("data", (bytes: Buffer) => {
      if (this.isSilent) return;
      if (isAnswerLost) client.destroy();
      else if (frames === undefined) client.write(bytes);
      else frames.take(bytes);
    });
  }
}

function lineOf(text: string): string {
  return text.slice(0, text.indexOf("\r\n"));
}

/** Takes a server's bytes apart into frames, and passes on what is left of them. */
class FrameSpoiler {
  readonly #decide: (text: string) => FrameFate;
  readonly #client: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #isHeadPassed = false;
  #late: Buffer[] = [];

  constructor(decide: (text: string) => FrameFate, client: Socket) {
    this.#decide = decide;
    this.#client = client;
  }

  take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#isHeadPassed) {
      const end = this.#rest.indexOf(headEnd);
      if (end < 0) return;
      this.#client.write(this.#rest.subarray(0, end + headEnd.length));
      this.#rest = this.#rest.subarray(end + headEnd.length);
      this.#isHeadPassed = true;
    }
    for (let length = frameLength(this.#rest); length > 0; length = frameLength(this.#rest)) {
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#pass(frame);
    }
  }

  #pass(frame: Buffer): void {
    const text = frame.subarray(headerLength(frame)).toString("utf8");
    const fate = frame[0] === textFrame ? this.#decide(text) : "pass";
    if (fate === "cut") {
      // A piece of the message arrives, as when a cable is pulled.
      this.#client.write(frame.subarray(0, frame.length >> 1));
      this.#client.destroy();
      return;
    }
    if (fate === "late") {
      this.#late.push(frame);
      return;
    }
    if (fate === "drop") return;
    this.#client.write(frame);
    if (fate === "twice") this.#client.write(frame);
    for (const late of this.#late.splice(0)) this.#client.write(late);
  }
}

function headerLength(bytes: Buffer): number {
  const length = (bytes[1] ?? 0) & 0x7f;
  return length === 126 ? 4 : length === 127 ? 10 : 2;
}

/** Bytes of the first frame; 0 when it has not come as a whole. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 2) return 0;
  const header = headerLength(bytes);
  if (bytes.length < header) return 0;
  const short = (bytes[1] ?? 0) & 0x7f;
  const content =
    short === 126
      ? bytes.readUInt16BE(2)
      : short === 127
        ? Number(bytes.readBigUInt64BE(2))
        : short;
  return bytes.length < header + content ? 0 : header + content;
}

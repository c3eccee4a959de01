/**
 * What those do who mean a server harm, each from one machine with few sockets: programs with which
 * testers have stopped it, or made others wait. They go on until they are told to stop.
 */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { CryptomusUser } from "./cryptomus-client.ts";

/** Where the server is, and whose keys the attacker has. */
export interface Target {
  readonly port: number;
  /** A user without money. */
  readonly poor: CryptomusUser;
  /** A user with thousands of open orders. */
  readonly busy: CryptomusUser;
  /** A key of a workspace, for streams. */
  readonly streamKey: string;
}

/** One kind of attack; starts at once. */
type Attack = (target: Target, field: Field) => void;

/** Where an attack goes on. */
class Field {
  isOver = false;
  readonly #sockets = new Set<Socket>();

  /** Connects, and again whenever the server ends the connection. */
  keepOpen(count: number, port: number, use: (socket: Socket) => void): void {
    for (let number = 0; number < count; number += 1) this.#open(port, use, reconnectMs);
  }

  /** Connects for each request again. */
  churn(count: number, port: number, request: string): void {
    const use = (socket: Socket) => {
      socket.write(request);
      socket.once("data", () => socket.destroy());
    };
    for (let number = 0; number < count; number += 1) this.#open(port, use, 0);
  }

  end(): void {
    this.isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(port: number, use: (socket: Socket) => void, againMs: number): void {
    if (this.isOver) return;
    const socket = connect(port, "127.0.0.1", () => use(socket));
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      setTimeout(() => this.#open(port, use, againMs), againMs);
    });
  }
}

/** Starts attacks by their names; the returned function ends them. */
export function startAttacks(names: readonly string[], target: Target): () => void {
  const field = new Field();
  for (const name of names) attacks[name]?.(target, field);
  return () => field.end();
}

const ordersPath = "/v2/user-api/exchange/orders";
const tokenPath = "/v2/user-api/exchange/account/web-socket/token";
const reconnectMs = 50;
const dripMs = 500;

const attacks: Readonly<Record<string, Attack>> = {
  "pipelined requests, nothing read": ({ port }, field) =>
    field.keepOpen(170, port, (socket) => writeAndDrip(socket, get("/metrics").repeat(980))),
  "pipelined requests, all read": ({ port }, field) =>
    field.keepOpen(20, port, (socket) => flood(socket, get("/metrics").repeat(200))),
  "bodies that never end": ({ port }, field) =>
    field.keepOpen(300, port, (socket) => writeAndDrip(socket, endlessBody)),
  "new connections for each request": ({ port }, field) => field.churn(30, port, get("/docs")),
  "bad signatures over large bodies": ({ port }, field) => {
    const stranger = { userId: "3e9e2f5b-8592-4efa-b25d-97aaaee71fff", apiKey: "x" };
    const request = signed("POST", ordersPath, { user: stranger, body: "x".repeat(4_096) });
    field.keepOpen(50, port, (socket) => ask(socket, request));
  },
  "orders without money": ({ port, poor }, field) => {
    const body = JSON.stringify({
      market: "BTC_USDT",
      direction: "buy",
      quantity: "1",
      price: "100000",
      tag: "poor",
    });
    const request = signed("POST", ordersPath, { user: poor, body });
    field.keepOpen(20, port, (socket) => ask(socket, request));
  },
  "tokens that nobody uses": ({ port, poor }, field) => {
    const request = signed("GET", tokenPath, { user: poor });
    field.keepOpen(20, port, (socket) => ask(socket, request));
  },
  "lists of thousands of open orders": ({ port, busy }, field) => {
    const request = signed("GET", `${ordersPath}?limit=100`, { user: busy });
    field.keepOpen(8, port, (socket) => ask(socket, request));
  },
  "streams that are not read": ({ port, streamKey }, field) =>
    field.keepOpen(60, port, (socket) => unreadStream(socket, streamKey)),
};

/** The names of all attacks. */
export const attackNames: readonly string[] = Object.keys(attacks);

const endlessBody = `POST ${ordersPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{`;

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** A request as bytes, signed by the protocol's own scheme. */
export function signed(
  method: string,
  path: string,
  { user, body = "" }: { readonly user: CryptomusUser; readonly body?: string },
): string {
  const base64 = Buffer.from(body).toString("base64");
  const sign = createHash("md5")
    .update(base64 + user.apiKey)
    .digest("hex");
  const heads = [
    `${method} ${path} HTTP/1.1`,
    "Host: x",
    `userId: ${user.userId}`,
    `sign: ${sign}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${heads.join("\r\n")}\r\n\r\n${body}`;
}

/** Writes, then a byte now and then, and reads nothing; without the bytes an end would not be noticed. */
function writeAndDrip(socket: Socket, bytes: string): void {
  socket.pause();
  socket.write(bytes);
  const drip = setInterval(() => socket.write(" "), dripMs);
  socket.on("close", () => clearInterval(drip));
}

/** Writes the same again as soon as the system has taken it, and reads everything. */
function flood(socket: Socket, bytes: string): void {
  socket.resume();
  const again = (error?: Error | null) => {
    // A socket that fails is not destroyed yet when it says so, and would say so of each further write, without end.
    if (!error && !socket.destroyed) socket.write(bytes, again);
  };
  again();
}

/** Asks again as soon as there is an answer. */
function ask(socket: Socket, request: string): void {
  socket.setNoDelay(true);
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
    const bodyAt = received.indexOf("\r\n\r\n") + 4;
    if (bodyAt < 4) return;
    const length = Number(/content-length: (\d+)/i.exec(received.slice(0, bodyAt))?.[1] ?? 0);
    if (received.length < bodyAt + length) return;
    received = "";
    socket.write(request);
  });
  socket.write(request);
}

/** Opens a stream, then sends pings and requests and reads nothing. */
function unreadStream(socket: Socket, key: string): void {
  const head = [
    `GET /v1?apikey=${key} HTTP/1.1`,
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.once("data", () => {
    socket.pause();
    const request = frame(1, '{"event":"heartbeat","request_id":"x"}');
    const ping = frame(9, "x".repeat(125));
    const bytes = Buffer.concat([request, ...Array.from({ length: 100 }, () => ping)]);
    const again = () => {
      if (!socket.destroyed) socket.write(bytes, () => setTimeout(again, 10));
    };
    again();
  });
}

/** A frame of up to 125 bytes as a client sends it, under a mask that changes nothing. */
function frame(opcode: number, text: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x80 | opcode, 0x80 | text.length, 0, 0, 0, 0]),
    Buffer.from(text),
  ]);
}

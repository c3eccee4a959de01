/**
 * A TCP connection on which a test writes the bytes of the WebSocket protocol itself, right or wrong,
 * and in the pieces that it chooses.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";

/** Frame types (RFC 6455, 5.2). */
export const opcodes = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as it is written; what is left out is as a good client has it. */
export interface FrameShape {
  readonly opcode?: number;
  readonly payload?: string | Uint8Array;
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
}

/** A frame as it came. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
}

/** The bytes of a frame. */
export function frame(shape: FrameShape): Buffer {
  const { opcode = opcodes.text, isFinal = true, isMasked = true } = shape;
  const payload = Buffer.from(shape.payload ?? "");
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(0);
  const masked = isMasked ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload;
  const head = [(isFinal ? 0x80 : 0) | opcode];
  const maskBit = isMasked ? 0x80 : 0;
  if (payload.length < 126) head.push(maskBit | payload.length);
  else head.push(maskBit | 126, payload.length >> 8, payload.length & 0xff);
  return Buffer.concat([Buffer.from(head), mask, masked]);
}

/** An upgrade request as a good client writes it; a header of `changes` replaces or, undefined, removes. */
export function upgradeRequest(
  target: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const headers: Record<string, string | undefined> = {
    host: "127.0.0.1",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** A connection, and what came over it. */
export class RawSocket {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    for (const event of ["end", "close", "error"]) {
      socket.on(event, () => {
        this.#isEnded = true;
        this.#wake();
      });
    }
  }

  /** Writes bytes in one piece; resolves when the system has them. */
  write(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Status and head of the HTTP answer. */
  async answer(): Promise<{ readonly status: number; readonly head: string }> {
    await this.#until(() => this.#bytes.includes("\r\n\r\n"));
    const end = this.#bytes.indexOf("\r\n\r\n") + 4;
    const head = this.#take(end).toString("latin1");
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head };
  }

  /** The next frame. */
  async frame(): Promise<ReceivedFrame> {
    await this.#until(() => this.#bytes.length >= 2);
    const second = this.#bytes[1] ?? 0;
    const isLong = (second & 0x7f) === 126;
    await this.#until(() => this.#bytes.length >= (isLong ? 4 : 2));
    const length = isLong ? this.#bytes.readUInt16BE(2) : second & 0x7f;
    const start = isLong ? 4 : 2;
    await this.#until(() => this.#bytes.length >= start + length);
    const bytes = this.#take(start + length);
    const opcode = (bytes[0] ?? 0) & 0x0f;
    return { opcode, isMasked: (second & 0x80) !== 0, payload: bytes.subarray(start) };
  }

  /** The next text message. */
  async text(): Promise<string> {
    const { opcode, payload } = await this.frame();
    if (opcode !== opcodes.text) throw new Error(`a frame of type ${opcode} came`);
    return payload.toString("utf8");
  }

  /** Code and reason of the close frame, which has to be the next frame. */
  async closing(): Promise<readonly [number, string]> {
    const { opcode, payload } = await this.frame();
    if (opcode !== opcodes.close) throw new Error(`a frame of type ${opcode} came: ${payload}`);
    return [payload.readUInt16BE(0), payload.subarray(2).toString("utf8")];
  }

  close(): void {
    this.socket.destroy();
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#isEnded) throw new Error(`the connection ended with "${this.#bytes}" left`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** What has to be known of a server to connect. */
export interface RawAddress {
  readonly port: number;
  readonly isSecure: boolean;
}

/** Connects. */
export async function openRawSocket({ port, isSecure }: RawAddress): Promise<RawSocket> {
  const address = { port, host: "127.0.0.1", noDelay: true };
  const socket = isSecure ? connectSecurely(address) : connect(address);
  await once(socket, isSecure ? "secureConnect" : "connect");
  return new RawSocket(socket);
}

/** Connects and upgrades; the frames that follow come from {@link RawSocket.frame}. */
export async function openRawStream(server: RawAddress, target: string): Promise<RawSocket> {
  const socket = await openRawSocket(server);
  await socket.write(upgradeRequest(target));
  const { status, head } = await socket.answer();
  if (status !== 101) throw new Error(`the upgrade was refused: ${head}`);
  return socket;
}

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { SentTap } from "./sent-tap.ts";
import { allocate, SocketTransport } from "./socket-transport.ts";

/** More than the kernel takes for a reader that has stopped. */
const floodBytes = 32 * 1_048_576;

const listener = createServer();
let writer: Socket;
let reader: Socket;
/** All that is looked at of a WebSocket. */
let handshake: { readyState: number; readonly OPEN: number };

beforeEach(async () => {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  reader = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  reader.pause();
  [writer] = (await accepted) as [Socket];
  handshake = { readyState: WebSocket.OPEN, OPEN: WebSocket.OPEN };
});
afterEach(async () => {
  reader.destroy();
  writer.destroy();
  listener.close();
  await once(listener, "close");
});

const tap = new SentTap(new VirtualClock(0), () => []);
const transportOf = (socket: Socket) => new SocketTransport(socket, handshake as WebSocket, tap, 1);

/** Memory in which every byte is the same. */
function filled(bytes: number, value: number): Uint8Array {
  return allocate(bytes).fill(value);
}

describe("what is written to a socket", () => {
  it("is sent when the kernel takes all of it, and its memory is free again", async () => {
    const bytes = filled(1_000, 1);
    expect(transportOf(writer).write(bytes)).toBe("sent");
    bytes.fill(9);
    reader.resume();
    const [received] = await once(reader, "data");
    expect(received).toEqual(Buffer.alloc(1_000, 1));
  });

  it("is kept when the kernel takes a part of it: the client is behind", async () => {
    const transport = transportOf(writer);
    expect(transport.write(filled(floodBytes, 1))).toBe("full");
    expect(writer.writableLength).toBe(floodBytes);
  });

  it("is copied when it waits behind other bytes, so that it keeps no more than itself", async () => {
    const transport = transportOf(writer);
    transport.write(filled(floodBytes, 1));
    const bytes = filled(1_000, 2);
    expect(transport.write(bytes)).not.toBe("kept");
    bytes.fill(9);

    const chunks: Buffer[] = [];
    reader.on("data", (chunk: Buffer) => chunks.push(chunk)).resume();
    writer.end();
    await once(reader, "end");
    const received = Buffer.concat(chunks);
    expect(received.length).toBe(floodBytes + 1_000);
    expect(received.subarray(floodBytes).every((value) => value === 2)).toBe(true);
  });

  it("is dropped once the closing handshake has begun, as nothing may follow a close frame", () => {
    handshake.readyState = WebSocket.CLOSING;
    expect(transportOf(writer).write(filled(10, 1))).toBe("sent");
    expect(writer.bytesWritten).toBe(0);
  });
});

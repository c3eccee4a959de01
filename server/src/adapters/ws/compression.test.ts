import { once } from "node:events";
import { connect } from "node:net";
import { constants, deflateRawSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { Hub } from "../../hub/hub.ts";
import type { Dialect, Encoding } from "../../ports/dialect.ts";
import type { Frame } from "../../ports/transport.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { compressedBytesMin, frameText } from "./frame.ts";
import { Gateway } from "./gateway.ts";
import { listenFor } from "./listening.fixture.ts";
import { allocate } from "./socket-transport.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const messageBytesMax = 100_000;
const topic = { kind: "last-price", market: "BTC_USDT" } as const;
const history = { kind: "history" } as const;
const update = { kind: "last-price", priceText: "1" };

/** What the next update is written as. */
let updateText = "";
const encoding: Encoding = { name: "any", encode: () => updateText };

/** Subscribes everybody to one topic, and answers each text with the same text. */
const echo: Dialect = {
  name: "echo",
  accepts: () => true,
  open: () => ({
    kind: "accepted",
    session: {
      owner: "somebody",
      messageBytesMax,
      deadlineMs: Number.POSITIVE_INFINITY,
      started: () => [{ kind: "subscribe", topic, encoding }],
      receive: (input) => (input.kind === "text" ? [{ kind: "send", text: input.text }] : []),
      ended: () => [],
    },
  }),
};

async function start(compression: boolean) {
  const frames: Frame[] = [];
  const hub = new Hub({
    allocate,
    frameText(text) {
      const frame = frameText(text);
      frames.push(frame);
      return frame;
    },
    schedule: (task) => setImmediate(task),
  });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const gateway = new Gateway({
    dialects: [echo],
    hub,
    clock: new VirtualClock(0),
    log,
    connectionsMax: 10,
    outboxBytesMax: 1_000_000,
    pingIntervalMs: 25_000,
    compression,
  });
  const port = await listenFor(gateway, closers);
  const open = async (options: ClientOptions = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, options);
    // An error of the connection shows in how it is closed.
    socket.on("error", () => {});
    await once(socket, "open");
    return socket;
  };
  const publish = (text: string) => {
    updateText = text;
    const at = { sequence: 1, tick: 0, ordinal: 0 };
    hub.publish(topic, { position: at, previous: at, update: update as never }, history);
  };
  return { gateway, frames, open, port, publish };
}

async function nextMessage(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, "message");
  return String(data);
}

/** Bytes that the client's socket has received since. */
function bytesCounter(socket: WebSocket): () => number {
  const tcp = (socket as unknown as { _socket: { bytesRead: number } })._socket;
  const before = tcp.bytesRead;
  return () => tcp.bytesRead - before;
}

/** Opens a connection by hand; resolves with the head of the answer. */
async function rawUpgrade(port: number, extensions: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: ${extensions}\r\n\r\n`,
  );
  const [data] = await once(socket, "data");
  socket.destroy();
  return String(data);
}

const bar = (index: number) => `{"s":"BTC/USDT","t":${1_700_000_000 + index},"o":100.5,"c":101.25}`;
const long = Array.from({ length: 400 }, (_, index) => bar(index)).join();

describe("the offer of compression", () => {
  it("is taken without context in either direction, so that one frame is good for all", async () => {
    const { port } = await start(true);
    const answer = await rawUpgrade(port, "permessage-deflate; client_max_window_bits");
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    const [line = ""] = /^Sec-WebSocket-Extensions: .*$/m.exec(answer) ?? [];
    expect(line).toContain("permessage-deflate");
    expect(line).toContain("server_no_context_takeover");
    expect(line).toContain("client_no_context_takeover");
    expect(line).not.toContain("window_bits");
  });

  it.each([
    "permessage-deflate; server_max_window_bits=10",
    'permessage-deflate; Server_Max_Window_Bits = "9"',
    "x-unknown",
  ])("%s is not taken, and the connection is served without", async (offer) => {
    const { port } = await start(true);
    const answer = await rawUpgrade(port, offer);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toContain("Sec-WebSocket-Extensions");
  });

  it("is not taken where the server does not compress", async () => {
    const { open } = await start(false);
    const socket = await open();
    expect(socket.extensions).toBe("");
    const told = nextMessage(socket);
    socket.send(long);
    expect(await told).toBe(long);
  });
});

describe("an update", () => {
  it("has the same content for clients with and without compression, and is written once", async () => {
    const { open, publish, frames } = await start(true);
    const sockets = [
      await open(),
      await open({ perMessageDeflate: false }),
      await open(),
      await open({ perMessageDeflate: { clientMaxWindowBits: 10 } }),
    ];
    expect(sockets.map(({ extensions }) => extensions !== "")).toEqual([true, false, true, true]);
    const bytes = sockets.map(bytesCounter);
    for (const text of [bar(1), long, "", "é".repeat(40_000)]) {
      const told = Promise.all(sockets.map(nextMessage));
      publish(text);
      expect(await told).toEqual(sockets.map(() => text));
    }
    // One frame for all of them, of which each form is made once: see frame.test.ts.
    expect(frames).toHaveLength(4);
    const [compressed = 0, plain = 0] = bytes.map((read) => read());
    expect(plain).toBeGreaterThan(long.length);
    expect(compressed).toBeLessThan(plain / 10);
  });

  it("comes in order with replies, compressed or too small for it, also when many are due at once", async () => {
    const { open, publish } = await start(true);
    const sockets = [await open(), await open({ perMessageDeflate: false })];
    const texts = Array.from({ length: 50 }, (_, index) => bar(index).repeat(1 + (index % 4)));
    for (const socket of sockets) {
      const got: string[] = [];
      const all = new Promise<void>((resolve) => {
        socket.on("message", (data) => {
          got.push(String(data));
          if (got.length === texts.length + 1) resolve();
        });
      });
      for (const text of texts) publish(text);
      socket.send(long);
      await all;
      expect(got).toEqual([...texts, long]);
      socket.removeAllListeners("message");
    }
  });
});

describe("a message of a client", () => {
  it.each([0, 1, compressedBytesMin, 5_000, messageBytesMax])(
    "of %d compressed characters is read, and answered",
    async (length) => {
      const { open } = await start(true);
      const socket = await open({ perMessageDeflate: { threshold: 0 } });
      const told = nextMessage(socket);
      socket.send("x".repeat(length));
      expect(await told).toBe("x".repeat(length));
    },
  );

  it("in compressed fragments is put together", async () => {
    const { open } = await start(true);
    const socket = await open({ perMessageDeflate: { threshold: 0 } });
    const told = nextMessage(socket);
    socket.send("first, ", { fin: false });
    socket.send("second", { fin: true });
    expect(await told).toBe("first, second");
  });

  it("that is small on the wire and too large when inflated closes with 1009", async () => {
    const { open, gateway } = await start(true);
    const socket = await open({ perMessageDeflate: { threshold: 0 } });
    const bomb = Buffer.alloc(50_000_000);
    expect(deflateRawSync(bomb).length).toBeLessThan(messageBytesMax);
    socket.send(bomb, { binary: false });
    const [code] = await once(socket, "close");
    expect(code).toBe(1009);
    await expect.poll(() => gateway.connections).toBe(0);
    expect(gateway.counters.messagesIn).toBe(0);
  });

  it("that is no deflate stream ends the connection and no other", async () => {
    const { open } = await start(true);
    const [bad, good] = [await open(), await open()];
    const garbage = Buffer.from([0xc1, 0x84, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    (bad as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(garbage);
    const [code] = await once(bad, "close");
    expect(code).toBe(1007);
    const told = nextMessage(good);
    good.send("here");
    expect(await told).toBe("here");
  });
});

describe("a compressed frame", () => {
  it("ends where the flush tail would begin, as RFC 7692, 7.2.1 wants it", () => {
    const payload = Buffer.from(long);
    const whole = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
    expect([...whole.subarray(-4)]).toEqual([0, 0, 0xff, 0xff]);
    const { compressed } = frameText(long);
    expect(Buffer.from(compressed.subarray(4))).toEqual(whole.subarray(0, -4));
  });
});

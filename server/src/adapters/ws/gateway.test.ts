import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Hub } from "../../hub/hub.ts";
import type { Dialect, SessionEffect } from "../../ports/dialect.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { frameText } from "./frame.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { listenFor } from "./listening.fixture.ts";
import { allocate } from "./socket-transport.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const pingIntervalMs = 25_000;

/** When the session `hurried` wants to be told. */
const hurriedDeadlineMs = 5_500;

/** What the dialect answers a client without a name. */
const whoAreYou = { status: 401, body: '{"who":"are you"}', headers: { "retry-after": "7" } };

/** A dialect that answers each text with the same text, and knows a few words. */
function echoDialect(ended: string[]): Dialect {
  return {
    name: "echo",
    accepts: (path) => path === "/echo",
    open(request) {
      const name = request.query("name");
      if (name === undefined) return { kind: "refused", ...whoAreYou };
      return {
        kind: "accepted",
        session: {
          owner: name,
          messageBytesMax: 1_000,
          deadlineMs: name === "hurried" ? hurriedDeadlineMs : Number.POSITIVE_INFINITY,
          started(): readonly SessionEffect[] {
            return name === "welcome" ? [{ kind: "send", text: "welcome" }] : [];
          },
          receive(input): readonly SessionEffect[] {
            if (input.kind !== "text") return [{ kind: "send", text: input.kind }];
            if (input.text === "close me")
              return [
                { kind: "send", text: "bye" },
                { kind: "close", code: 1008, reason: "as you wish" },
              ];
            return [{ kind: "send", text: input.text }];
          },
          ended() {
            ended.push(name);
            return [];
          },
        },
      };
    },
  };
}

async function start(more: Partial<GatewayOptions> = {}) {
  const ended: string[] = [];
  const clock = new VirtualClock(0);
  const hub = new Hub({ frameText, allocate, schedule: (task) => setImmediate(task) });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const gateway = new Gateway({
    dialects: [echoDialect(ended)],
    hub,
    clock,
    log,
    connectionsMax: 3,
    outboxBytesMax: 1_000_000,
    pingIntervalMs,
    ...more,
  });
  const port = await listenFor(gateway, closers);
  const open = async (name: string) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo?name=${name}`);
    await once(socket, "open");
    return socket;
  };
  return { gateway, clock, ended, port, open };
}

async function nextMessage(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, "message");
  return String(data);
}

/** Sends raw bytes of an upgrade and collects the answer. */
async function rawUpgrade(
  port: number,
  target: string,
  headers: readonly string[],
): Promise<[Socket, string]> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`,
  );
  const [data] = await once(socket, "data");
  return [socket, String(data)];
}

/** A frame of up to 65,535 bytes as a client sends it, under a mask that changes nothing. */
function maskedText(text: string): Buffer {
  const head = Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.from(text)]);
}

const handshake = ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

describe("an upgrade", () => {
  it("is refused with the dialect's status, headers and body", async () => {
    const { port, gateway } = await start();
    const [, answer] = await rawUpgrade(port, "/echo", handshake);
    expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(answer).toMatch(/\r\nretry-after: 7\r\n(?:.+\r\n)*\r\n\{"who":"are you"\}$/);
    expect(gateway.counters.refused).toBe(1);
  });

  it("by a page of another origin is refused, unless that is listed; programs name none", async () => {
    const statusFor = async (origin: string, origins?: readonly string[]) => {
      const { port } = await start(origins === undefined ? {} : { origins });
      const [, answer] = await rawUpgrade(port, "/echo", [...handshake, `Origin: ${origin}`]);
      return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    };
    // The dialect refuses whoever has no name with 401: those were let in to it.
    expect(await statusFor("http://x")).toBe(401);
    expect(await statusFor("https://x")).toBe(401);
    for (const other of ["http://x:81", "https://x.example", "null", "file://", ""])
      expect(await statusFor(other), other).toBe(403);
    expect(await statusFor("https://app.example", ["https://app.example"])).toBe(401);
    expect(await statusFor("https://app.example", ["http://app.example"])).toBe(403);
    expect(await statusFor("null", ["*"])).toBe(401);
  });

  it("to a path that nobody serves is refused with 404", async () => {
    const { port } = await start();
    for (const target of ["/other?name=a", "//", "/%", "*"]) {
      const [, answer] = await rawUpgrade(port, target, handshake);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    }
  });

  it("with a malformed handshake is refused and gives back what the session held", async () => {
    const { port, ended, gateway } = await start();
    const [, answer] = await rawUpgrade(port, "/echo?name=a", ["Sec-WebSocket-Version: 13"]);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(ended).toEqual(["a"]);
    expect(gateway.connections).toBe(0);
  });

  it("beyond the server's limit is refused with 503", async () => {
    const { port, open } = await start();
    await Promise.all(["a", "b", "c"].map(open));
    const [, answer] = await rawUpgrade(port, "/echo?name=d", handshake);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  });
});

describe("an open connection", () => {
  it("carries messages both ways, fragmented and pipelined ones too", async () => {
    const { open, gateway } = await start();
    const socket = await open("a");
    const got: string[] = [];
    const three = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        got.push(String(data));
        if (got.length === 3) resolve();
      });
    });
    socket.send("one");
    socket.send("tw", { fin: false });
    socket.send("o", { fin: true });
    socket.send(Buffer.from([1, 2]));
    await three;
    expect(got).toEqual(["one", "two", "binary"]);
    expect(gateway.counters.messagesIn).toBe(3);
  });

  it("answers a ping with the identical payload", async () => {
    const { open } = await start();
    const socket = await open("a");
    const payload = Buffer.from([0, 255, 1, 2, 3]);
    socket.ping(payload);
    const [echoed] = await once(socket, "pong");
    expect(echoed).toEqual(payload);
  });

  it("is ended when its client pings and does not read the pongs", async () => {
    const { gateway, port } = await start();
    const [socket] = await rawUpgrade(port, "/echo?name=a", handshake);
    socket.on("error", () => {});
    socket.pause();
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const pings = Buffer.alloc(ping.length * 1_000, ping);
    // More than the system takes for one that does not read.
    const flood = (error?: Error | null) => {
      // One that fails is not destroyed yet when it says so.
      if (!error && !socket.destroyed && socket.bytesWritten < 100_000_000)
        socket.write(pings, flood);
    };
    flood();
    await expect.poll(() => gateway.connections).toBe(0);
  });

  it("is closed with 1009 by a message that is too large, at any limit and not before", async () => {
    const { open } = await start();
    const socket = await open("a");
    const fits = nextMessage(socket);
    socket.send("x".repeat(1_000));
    expect((await fits).length).toBe(1_000);
    socket.send("x".repeat(1_001));
    const [code] = await once(socket, "close");
    expect(code).toBe(1009);
  });

  it("is closed with 1007 by text that is not UTF-8", async () => {
    const { open } = await start();
    const socket = await open("a");
    socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    const [code] = await once(socket, "close");
    expect(code).toBe(1007);
  });

  it("is sent what was queued before it is closed", async () => {
    const { open, ended } = await start();
    const socket = await open("a");
    const bye = nextMessage(socket);
    const closed = once(socket, "close");
    socket.send("close me");
    expect(await bye).toBe("bye");
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1008, "as you wish"]);
    await expect.poll(() => ended).toEqual(["a"]);
  });
});

describe("a session", () => {
  it("is started before anything else, and may speak first", async () => {
    const { port } = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo?name=welcome`);
    expect(await nextMessage(socket)).toBe("welcome");
  });

  it("is told of its deadline within a second after it, and not before", async () => {
    const { clock, open } = await start();
    const [calm, hurried] = [await open("calm"), await open("hurried")];
    clock.advanceBy(5_000_000);
    // What it was told before the echo would come before it.
    const echoed = nextMessage(hurried);
    hurried.send("echo");
    expect(await echoed).toBe("echo");
    const told = nextMessage(hurried);
    clock.advanceBy(1_000_000);
    expect(await told).toBe("deadline");
    const calmly = nextMessage(calm);
    calm.send("still calm");
    expect(await calmly).toBe("still calm");
  });

  it("does not notice that the wall clock was set", async () => {
    const { clock, open } = await start();
    const hurried = await open("hurried");
    clock.stepWallBy(86_400_000_000);
    clock.advanceBy(4_000_000);
    clock.stepWallBy(-2 * 86_400_000_000);
    const told = nextMessage(hurried);
    hurried.send("still open");
    expect(await told).toBe("still open");
    const deadline = nextMessage(hurried);
    clock.advanceBy(2_000_000);
    expect(await deadline).toBe("deadline");
  });

  it("hears of the client's pings", async () => {
    const { open } = await start();
    const socket = await open("a");
    const told = nextMessage(socket);
    socket.ping();
    expect(await told).toBe("ping");
  });
});

describe("the list of connections", () => {
  it("tells what each has done, and nothing secret", async () => {
    const { gateway, open } = await start();
    const socket = await open("first");
    await open("second");
    for (const text of ["one", "two"]) {
      const echoed = nextMessage(socket);
      socket.send(text);
      await echoed;
    }
    const [first, second] = gateway.list(10);
    expect(first).toEqual({
      number: 1,
      dialect: "echo",
      owner: "first",
      remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      openedAtMs: 0,
      subscriptions: 0,
      messagesIn: 2,
      framesOut: 2,
      bytesOut: 10,
      conflated: 0,
      waitingBytes: 0,
      behind: false,
    });
    expect(second).toMatchObject({ number: 2, owner: "second", messagesIn: 0 });
    expect(gateway.list(1)).toEqual([first]);
  });

  it("begins with those that are behind, and forgets those that are gone", async () => {
    const { gateway, open, port } = await start();
    const calm = await open("calm");
    const [slow] = await rawUpgrade(port, "/echo?name=slow", handshake);
    slow.pause();
    // More than the system's buffers hold, echoed to somebody who does not read.
    const message = maskedText("x".repeat(1_000));
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => message));
    await expect
      .poll(() => {
        slow.write(many);
        return gateway.list(1)[0];
      })
      .toMatchObject({ owner: "slow", behind: true });
    expect(gateway.list(1)[0]?.waitingBytes).toBeGreaterThan(0);
    expect(gateway.list(2).map(({ owner }) => owner)).toEqual(["slow", "calm"]);
    slow.destroy();
    await expect.poll(() => gateway.list(2).map(({ owner }) => owner)).toEqual(["calm"]);
    calm.close();
    await expect.poll(() => gateway.list(2)).toEqual([]);
  });
});

describe("a dead connection", () => {
  it("is found by the second ping that it does not answer; a live one stays", async () => {
    const { clock, gateway, port, open, ended } = await start();
    const live = await open("live");
    // A raw socket that completed the handshake and then never answers anything.
    const [ghost] = await rawUpgrade(port, "/echo?name=ghost", handshake);
    expect(gateway.connections).toBe(2);
    const gone = once(ghost, "close");
    const pinged = once(live, "ping");
    clock.advanceBy(pingIntervalMs * 1_000);
    await pinged;
    // The pong is on its way when the next message arrives after it.
    const echoed = nextMessage(live);
    live.send("here");
    await echoed;
    clock.advanceBy(pingIntervalMs * 1_000);
    await gone;
    expect(ended).toEqual(["ghost"]);
    expect(gateway.connections).toBe(1);
    expect(gateway.counters.dead).toBe(1);
  });
});

describe("stopping", () => {
  it("closes every connection with 1001 and takes no new one", async () => {
    const { gateway, open, port } = await start();
    const sockets = await Promise.all(["a", "b"].map(open));
    const codes = Promise.all(sockets.map(async (socket) => (await once(socket, "close"))[0]));
    const stopped = gateway.stop(60_000);
    const [, answer] = await rawUpgrade(port, "/echo?name=c", handshake);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(await codes).toEqual([1001, 1001]);
    await stopped;
  });

  it("ends connections that do not answer the close when the grace is over", async () => {
    const { gateway, clock, port } = await start();
    const [ghost] = await rawUpgrade(port, "/echo?name=ghost", handshake);
    const gone = once(ghost, "close");
    const stopped = gateway.stop(2_000);
    clock.advanceBy(2_000_000);
    await Promise.all([gone, stopped]);
    expect(gateway.connections).toBe(0);
  });
});

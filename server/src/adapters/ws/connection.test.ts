/** One connection between a real WebSocket and a session whose answers the test writes. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Hub } from "../../hub/hub.ts";
import type { SessionEffect, SessionInput } from "../../ports/dialect.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { ClientSocket } from "./client-socket.ts";
import { Connection } from "./connection.ts";
import { frameText } from "./frame.ts";
import { SentTap } from "./sent-tap.ts";
import { allocate } from "./socket-transport.ts";

/** What the session was told, and what it answers everything with. */
let told: (SessionInput | "ended")[];
let effects: readonly SessionEffect[];
let counters: { messagesIn: number; bytesIn: number };
let hub: Hub;
let gone: number[];
let connection: Connection;
let client: WebSocket;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  told = [];
  effects = [];
  gone = [];
  counters = { messagesIn: 0, bytesIn: 0 };
  hub = new Hub({ frameText, allocate, schedule: (task) => setImmediate(task) });
  const session = {
    owner: "ann",
    messageBytesMax: 1_000,
    deadlineMs: 5_000,
    started: () => effects,
    receive(input: SessionInput) {
      told.push(input);
      return effects;
    },
    ended: () => void told.push("ended"),
  };
  const sent = new SentTap(new VirtualClock(0), () => []);
  const host = {
    ...{ hub, outboxBytesMax: 1_000_000, counters, sent, nowMs: () => 0, openedAtMs: () => 7 },
    ended: (_: Connection, code: number) => gone.push(code),
  };
  const upgrades = new WebSocketServer({ noServer: true, WebSocket: ClientSocket });
  const server = createServer();
  const made = new Promise<Connection>((resolve) => {
    server.on("upgrade", (request, socket, head) =>
      upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        const parts = { socket: socket as Socket, webSocket, session };
        resolve(new Connection(host, { ...parts, dialect: "test", number: 3 }));
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  closers.push(() => server.close());
  connection = await made;
  if (client.readyState !== WebSocket.OPEN) await once(client, "open");
});
afterEach(async () => {
  client.terminate();
  // What is told of its end must not reach the next test.
  await expect.poll(() => gone.length).toBe(1);
  for (const close of closers.splice(0)) close();
});

const isTold = (count: number) => expect.poll(() => told.length).toBe(count);

describe("a connection", () => {
  it("hands each message to its session, and counts it", async () => {
    client.send("hello");
    client.send(Buffer.from([1, 2, 3]));
    await isTold(2);
    expect(told).toEqual([
      { kind: "text", text: "hello", byteLength: 5 },
      { kind: "binary", byteLength: 3 },
    ]);
    expect(counters).toEqual({ messagesIn: 2, bytesIn: 8 });
    expect(connection.figures).toMatchObject({ number: 3, owner: "ann", messagesIn: 2 });
  });

  it("carries out what the session wants, in its order", async () => {
    effects = [
      { kind: "send", text: "one" },
      { kind: "send", text: "two" },
      { kind: "close", code: 1008, reason: "enough" },
    ];
    const heard: string[] = [];
    client.on("message", (data) => heard.push(String(data)));
    const closed = once(client, "close");
    connection.start();
    const [code, reason] = await closed;
    expect(heard).toEqual(["one", "two"]);
    expect([code, String(reason)]).toEqual([1008, "enough"]);
  });

  it("tells its session what it has asked, unless it is gone by then", async () => {
    const answer = { bars: [], unknown: [] };
    const first = Promise.withResolvers<typeof answer>();
    const second = Promise.withResolvers<typeof answer>();
    effects = [
      { kind: "ask", bars: () => first.promise },
      { kind: "ask", bars: () => second.promise },
    ];
    connection.start();
    effects = [];
    first.resolve(answer);
    await isTold(1);
    expect(told).toEqual([{ kind: "bars", answer }]);

    client.close(1000);
    await isTold(2);
    second.resolve(answer);
    await second.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.slice(1)).toEqual(["ended"]);
  });

  it("tells its session of its deadline when that has come, and not before", () => {
    connection.checkDeadline(4_999);
    expect(told).toEqual([]);
    connection.checkDeadline(5_000);
    expect(told).toEqual([{ kind: "deadline" }]);
  });

  it("is ended at the second probe when nothing was heard since the first", async () => {
    client.send("hello");
    await isTold(1);
    client.pause();
    expect([connection.probe(), connection.probe()]).toEqual([true, false]);
    await expect.poll(() => gone).toEqual([1006]);
  });

  it("is gone once, with its session and its subscriptions", async () => {
    const topic = { kind: "trades", market: "BTC_USDT" } as const;
    const encoding = { name: "test", encode: () => "" };
    effects = [{ kind: "subscribe", topic, encoding }];
    connection.start();
    expect(hub.hasAudience(topic)).toBe(true);
    client.close(1000);
    await isTold(1);
    expect([told, gone]).toEqual([["ended"], [1000]]);
    expect(hub.hasAudience(topic)).toBe(false);
  });
});

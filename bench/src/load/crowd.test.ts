import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { buildCProgram } from "../harness/c-program.ts";
import { markedMessage } from "../peers/fanout/fanout-program.ts";
import { Crowd } from "./crowd.ts";

const timeoutMs = 60_000;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const title =
  buildCProgram("load/socket-crowd") === undefined
    ? "a crowd (skipped: there is no C compiler)"
    : "a crowd";

describe.skipIf(title !== "a crowd")(title, () => {
  async function start(onOpen: (socket: WebSocket, target: string) => void = () => {}) {
    const server = new WebSocketServer({
      port: 0,
      host: "127.0.0.1",
      verifyClient: ({ req }: { req: IncomingMessage }) => req.url !== "/refused",
    });
    server.on("connection", (socket, request) => onOpen(socket, request.url ?? ""));
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const crowd = new Crowd(port);
    closers.push(
      () => server.close(),
      () => crowd.stop(),
    );
    const sendAll = (message: string | Buffer) => {
      for (const socket of server.clients) socket.send(message);
    };
    return { server, crowd, sendAll };
  }

  const marked = () => markedMessage(7, String(process.hrtime.bigint()).padStart(16, "0"), 143);

  it("is ready when each client has said its own and has been answered", async () => {
    const heard: string[] = [];
    const { crowd } = await start((socket, target) => {
      socket.on("message", (data, isBinary) => {
        heard.push(`${target} ${isBinary} ${data}`);
        socket.send("yes");
      });
    });

    const opening = await crowd.open({
      count: 3,
      scripts: [
        { target: "/a", messages: ["one", "x".repeat(300)] },
        { target: "/b", messages: ["1", "2"], isBinary: true },
      ],
      readyFrames: 2,
    });

    expect([opening.ready, opening.refused]).toEqual([3, 0]);
    expect(heard.sort()).toEqual(
      ["one", "x".repeat(300)]
        .flatMap((text) => [`/a false ${text}`, `/a false ${text}`])
        .concat("/b true 1", "/b true 2")
        .sort(),
    );
  });

  it("counts every frame and every mark, whatever the length of a message", async () => {
    const { crowd, sendAll } = await start();
    await crowd.open({ count: 4, scripts: [{ target: "/", messages: [] }], readyFrames: 0 });

    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 300_000]) {
      sendAll("x".repeat(length));
    }
    sendAll(marked());
    const report = await crowd.wait(4, timeoutMs);

    expect(report).toMatchObject({
      ready: 4,
      frames: 36,
      marked: 4,
      framesLeast: 9,
      framesMost: 9,
    });
    expect((await crowd.report()).frames).toBe(0);
  });

  it("measures from the time in a message to its arrival", async () => {
    const { crowd, sendAll } = await start();
    await crowd.open({ count: 1, scripts: [{ target: "/", messages: [] }], readyFrames: 0 });
    const ageNs = 3_000_000_000;
    const sent = process.hrtime.bigint() - BigInt(ageNs);

    sendAll(markedMessage(0, String(sent).padStart(16, "0"), 143));
    const { latency, worstNs } = await crowd.wait(1, timeoutMs);

    expect(latency).toHaveLength(1);
    expect(latency[0]?.[1]).toBe(1);
    expect(worstNs).toBeGreaterThanOrEqual(ageNs);
    expect(worstNs).toBeLessThan(ageNs + timeoutMs * 1e6);
    expect(latency[0]?.[0]).toBeGreaterThanOrEqual(worstNs);
  });

  it("answers pings and does not count them", async () => {
    const { crowd, server, sendAll } = await start();
    await crowd.open({ count: 1, scripts: [{ target: "/", messages: [] }], readyFrames: 0 });
    const [socket] = server.clients;
    const pong = once(socket!, "pong");

    socket!.ping("payload");
    sendAll(marked());

    expect(String((await pong)[0])).toBe("payload");
    expect((await crowd.wait(1, timeoutMs)).frames).toBe(1);
  });

  it("counts who is refused and who is closed", async () => {
    const { crowd, server } = await start();
    const opening = await crowd.open({
      count: 4,
      scripts: [
        { target: "/", messages: [] },
        { target: "/refused", messages: [] },
      ],
      readyFrames: 0,
    });
    const [socket] = server.clients;

    const gone = once(socket!, "close");
    socket!.terminate();
    await gone;

    expect([opening.ready, opening.refused]).toEqual([2, 2]);
    await expect.poll(async () => (await crowd.report()).ready).toBe(1);
  });

  it("reads nothing on a paused connection until it is to read again", async () => {
    const { crowd, sendAll } = await start();
    await crowd.open({ count: 3, scripts: [{ target: "/", messages: [] }], readyFrames: 0 });

    await crowd.pause(1);
    sendAll(marked());
    expect(await crowd.wait(2, timeoutMs)).toMatchObject({ marked: 2, framesLeast: 1 });
    await crowd.pause(0);
    expect((await crowd.wait(1, timeoutMs)).marked).toBe(1);
  });

  it("comes back after it was closed", async () => {
    const { crowd, server } = await start();
    const plan = { count: 20, scripts: [{ target: "/", messages: [] }], readyFrames: 0 };
    await crowd.open(plan);

    expect((await crowd.close()).ready).toBe(0);
    expect((await crowd.open({ ...plan, spreadMs: 20 })).ready).toBe(20);
    await expect.poll(() => server.clients.size).toBe(20);
  });
});

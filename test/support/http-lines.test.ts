import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { freePorts } from "./free-ports.ts";
import { type CallOutcome, HttpLines } from "./http-lines.ts";
import { untilTrue } from "./until.ts";

const sockets: Socket[] = [];
let server: Server | undefined;
let lines: HttpLines | undefined;
afterEach(() => {
  lines?.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

/** A server that does what it is told with each request. */
async function serve(answer: (socket: Socket, request: string) => void): Promise<HttpLines> {
  const [port] = await freePorts(1);
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (bytes) => answer(socket, String(bytes)));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server?.listen(port, "127.0.0.1", resolve));
  lines = new HttpLines(`http://127.0.0.1:${port}`);
  return lines;
}

const call = (to: HttpLines, request: string) =>
  new Promise<CallOutcome>((resolve) => to.call(request, resolve));

it("gives each answer to its call, over as few connections as it takes", async () => {
  const to = await serve((socket, request) => {
    const text = `HTTP/1.1 200 OK\r\ncontent-length: ${request.length}\r\n\r\n${request}`;
    socket.write(text.slice(0, 20));
    socket.write(text.slice(20));
  });
  const both = await Promise.all([call(to, "one"), call(to, "two")]);
  expect(both).toEqual(["one", "two"].map((body) => ({ kind: "answered", status: 200, body })));
  expect(await call(to, "three")).toMatchObject({ body: "three" });
  expect(sockets).toHaveLength(2);
  expect(to.silentMs).toBe(0);
});

it("tells what was certainly not sent from what nobody answered", async () => {
  const to = await serve((socket, request) => {
    if (request === "lost") socket.destroy();
  });
  expect(await call(to, "lost")).toEqual({ kind: "unanswered" });
  const held = call(to, "held");
  await untilTrue(() => to.silentMs > 0 && sockets.length === 2);
  to.close();
  expect(await held).toEqual({ kind: "unanswered" });
  server?.close();
  await untilTrue(() => server?.listening === false);
  expect(await call(to, "late")).toEqual({ kind: "unsent" });
});

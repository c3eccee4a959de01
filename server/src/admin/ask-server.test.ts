import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { askServer } from "./ask-server.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-ask-"));
const path = join(folder, "admin.sock");

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await closed(server);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Answers requests at the socket with `listener`. */
async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

const ask = (patienceMs = 5_000) =>
  askServer(path, { name: "list-markets", request: {}, patienceMs });

const good: RequestListener = (_, response) => response.end('{"kind":"done","result":[]}');
const stopping: RequestListener = (_, response) =>
  response.writeHead(503).end('{"kind":"stopping"}');

describe("asking the server of a data folder", () => {
  it("has no answer, without waiting, where there is no socket, or something else", async () => {
    expect(await ask(60_000)).toBeUndefined();
    writeFileSync(path, "");
    expect(await ask(60_000)).toBeUndefined();
    rmSync(path);
  });

  it("has no answer of a server without an exchange", async () => {
    await serve((_, response) => response.writeHead(421).end('{"kind":"no-exchange"}'));
    expect(await ask(60_000)).toBeUndefined();
  });

  it("asks again while somebody is there and hangs up", async () => {
    let asked = 0;
    await serve((request, response) => {
      asked += 1;
      if (asked < 4) request.socket.destroy();
      else good(request, response);
    });
    expect(await ask()).toEqual({ kind: "done", result: [] });
    expect(asked).toBe(4);
  });

  it("follows a server that was restarted in the meantime", async () => {
    const first = await serve((request) => {
      void closed(first).then(() => serve(good));
      request.socket.destroy();
    });
    // Between the two nobody is there, and whoever asks just then is told so.
    expect([undefined, { kind: "done", result: [] }]).toContainEqual(await ask());
  });

  it("waits for one that stops, and has no answer once it is gone", async () => {
    let asked = 0;
    const server = await serve((request, response) => {
      asked += 1;
      stopping(request, response);
      if (asked === 3) void closed(server);
    });
    expect(await ask(60_000)).toBeUndefined();
    expect(asked).toBe(3);
  });

  it.each<[string, RequestListener, string]>([
    ["hangs up", (request) => request.socket.destroy(), "does not answer as openbourse does"],
    [
      "is no openbourse",
      (_, response) => response.end("<html></html>"),
      "does not answer as openbourse does",
    ],
    [
      "says yes and nothing more",
      (_, response) => response.end('{"kind":"done"}'),
      "does not answer as openbourse does",
    ],
    [
      "sends away",
      (_, response) => response.writeHead(307, { location: "/" }).end(),
      "does not answer as openbourse does",
    ],
    ["does not come to an end of its stop", stopping, "is stopping"],
  ])("gives up on one that %s, and says what to do", async (_what, listener, why) => {
    await serve(listener);
    expect(await ask(120)).toEqual({
      kind: "unavailable",
      message: `the server at ${path} ${why}: try again, or stop the process that listens there`,
    });
  });
});

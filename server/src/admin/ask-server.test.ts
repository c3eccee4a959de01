import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { removeAdminFile, writeAdminFile } from "./admin-file.ts";
import { askServer, isServed } from "./ask-server.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-ask-"));
const file = join(folder, "admin.json");
const token = "0".repeat(64);
/** A process that is alive and is not this one. */
const livePid = process.ppid;
/** More than any system gives out. */
const deadPid = 2 ** 31 - 1;

const servers: Server[] = [];
afterEach(async () => {
  removeAdminFile(file);
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers requests with `listener` and writes the file of a process `pid` that is said to do so. */
async function serve(pid: number, listener: RequestListener, exchange = true): Promise<void> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  writeAdminFile(file, { url: `http://127.0.0.1:${port}`, token, pid, exchange });
}

const ask = (patienceMs = 5_000) =>
  askServer(file, { name: "list-markets", request: {}, patienceMs });

const good: RequestListener = (_, response) => response.end('{"kind":"done","result":[]}');

describe("a file", () => {
  it.each([
    ["of a process that is alive", livePid, true],
    ["of a process that is gone", deadPid, false],
  ])("%s names a server: %s", async (_, pid, isThere) => {
    expect(isServed(file)).toBe(false);
    await serve(pid, good, false);
    expect(isServed(file)).toBe(isThere);
  });
});

describe("asking the server of a data folder", () => {
  it("has no answer where no file names one", async () => {
    expect(await ask()).toBeUndefined();
  });

  it("has no answer, without waiting, when the process of the file is gone", async () => {
    await serve(deadPid, (request) => request.socket.destroy());
    expect(await ask(60_000)).toBeUndefined();
  });

  it("takes no process of its own number for the server", async () => {
    await serve(process.pid, (request) => request.socket.destroy());
    expect(await ask(60_000)).toBeUndefined();
  });

  it("has no answer of a server without an exchange, unless any server will do", async () => {
    await serve(livePid, good, false);
    expect(await ask()).toBeUndefined();
    const question = { name: "list-sessions", request: {}, ofAnyServer: true };
    expect(await askServer(file, question)).toEqual({ kind: "done", result: [] });
  });

  it("asks again while the process is alive and hangs up", async () => {
    let asked = 0;
    await serve(livePid, (request, response) => {
      asked += 1;
      if (asked < 4) request.socket.destroy();
      else good(request, response);
    });
    expect(await ask()).toEqual({ kind: "done", result: [] });
    expect(asked).toBe(4);
  });

  it("follows a server that was started anew in the meantime", async () => {
    await serve(livePid, (request) => {
      void serve(livePid, good).then(() => request.socket.destroy());
    });
    expect(await ask()).toEqual({ kind: "done", result: [] });
  });

  it("waits for one that has removed its file and is not gone yet", async () => {
    let asked = 0;
    await serve(livePid, (request, response) => {
      asked += 1;
      removeAdminFile(file);
      if (asked < 3) request.socket.destroy();
      else good(request, response);
    });
    expect(await ask()).toEqual({ kind: "done", result: [] });
  });

  it.each<[string, RequestListener]>([
    ["hangs up", (request) => request.socket.destroy()],
    ["does not know the token", (_, response) => response.writeHead(401).end("{}")],
    ["is no openbourse", (_, response) => response.end("<html></html>")],
  ])("gives up on a live process that %s, and says what to do", async (_what, listener) => {
    await serve(livePid, listener);
    expect(await ask(120)).toEqual({
      kind: "unavailable",
      message: expect.stringMatching(
        new RegExp(`^the server does not answer at http://\\S+: .* if process ${livePid} is no`),
      ),
    });
  });
});

/** `watch` against servers that refuse and end in every way that a client can meet. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { watch } from "./watch.ts";

let http: Server;
let said: string;
beforeEach(async () => {
  said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  http = createServer();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  vi.restoreAllMocks();
  http.close();
});

const url = () => `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;

async function watched(): Promise<{ readonly code: number; readonly said: string }> {
  const command = { tickers: ["BTC/USDT"], key: "k", data: "none", dataset: "huobi" };
  const code = await watch({ ...command, url: url(), frequency: "1s" });
  return { code, said };
}

function refuseWith(status: string, body: string): void {
  http.on("upgrade", (_request, socket) => {
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
}

/** Takes the connection and does this with it once something was asked for. */
function whenAsked(act: (socket: WebSocket) => void): void {
  new WebSocketServer({ server: http }).on("connection", (socket) => {
    socket.on("message", () => act(socket));
  });
}

describe("watch says why it was refused", () => {
  it.each([
    ["401 Unauthorized", '{"error":{"message":"unknown API key"}}', "unknown API key"],
    ["429 Too Many Requests", '{"message":"too many connections"}', "too many connections"],
    ["502 Bad Gateway", "<html>\n  nobody there\n</html>", "<html> nobody there </html>"],
  ])("with %s and the body %s", async (status, body, reason) => {
    refuseWith(status, body);
    expect(await watched()).toEqual({
      code: 1,
      said: `openbourse: the server refused the connection: HTTP ${status}: ${reason}\n`,
    });
  });

  it("with an error for what it asked for", async () => {
    whenAsked((socket) => socket.send('{"status":"error","message":"unknown ticker","code":404}'));
    const { code, said: text } = await watched();
    expect({ code, text }).toEqual({
      code: 1,
      text: "openbourse: nothing could be subscribed to: unknown ticker\n",
    });
  });

  it("where nobody listens, with the remedy", async () => {
    const gone = url();
    await new Promise((resolve) => http.close(resolve));
    const command = { tickers: ["X"], key: "k", data: "none", dataset: "huobi", frequency: "1s" };
    expect(await watch({ ...command, url: gone })).toBe(1);
    expect(said).toContain(`no server listens at ${gone}`);
    expect(said).toContain("openbourse serve");
  });
});

describe("watch says why it ended", () => {
  it("with the close code and the reason", async () => {
    whenAsked((socket) => socket.close(1008, "key revoked"));
    expect(await watched()).toEqual({
      code: 1,
      said: "openbourse: the connection was closed: 1008 key revoked\n",
    });
  });

  it("also when that was in order", async () => {
    whenAsked((socket) => socket.close(1000, "recording finished"));
    expect(await watched()).toEqual({
      code: 0,
      said: "openbourse: the server has ended the stream: 1000 recording finished\n",
    });
  });
});

/** A broadcast as the documentation of `ws` has it: `send` to each client, of bytes made once. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { obeyCommands, topicsOf } from "./fanout-program.ts";

const clients = Array.from({ length: Number(process.argv[2]) }, () => new Set<WebSocket>());
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", backlog: 1_024 });
server.on("connection", (client, request) => {
  const asked = new URL(request.url ?? "/", "ws://host").searchParams.get("topics");
  const mine = topicsOf(asked, clients.length);
  for (const topic of mine) clients[topic]?.add(client);
  client.on("close", () => {
    for (const topic of mine) clients[topic]?.delete(client);
  });
});
await once(server, "listening");
await obeyCommands((server.address() as AddressInfo).port, (messages) => {
  for (const { topic, text } of messages) {
    const bytes = Buffer.from(text);
    for (const client of clients[topic] ?? []) client.send(bytes, { binary: false });
  }
});

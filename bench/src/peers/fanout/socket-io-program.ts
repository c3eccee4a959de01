/** Socket.IO over its WebSocket transport: a room for each topic, one `emit` for each message. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { obeyCommands, topicsOf } from "./fanout-program.ts";

const rooms = topicsOf(undefined, Number(process.argv[2])).map((topic) => `topic/${topic}`);
const http = createServer();
const server = new Server(http, { transports: ["websocket"], pingInterval: 3_600_000 });
server.on("connection", (socket) => {
  void socket.join(rooms);
});
http.listen(0, "127.0.0.1", 1_024);
await once(http, "listening");
await obeyCommands((http.address() as AddressInfo).port, (messages) => {
  for (const { topic, text } of messages) server.to(`topic/${topic}`).emit("m", text);
});

/** A gateway behind a real HTTP server on a free port, for its tests. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gateway } from "./gateway.ts";

/** Listens for a gateway; what it takes to end both is added to `closers`. */
export async function listenFor(gateway: Gateway, closers: (() => unknown)[]): Promise<number> {
  const server = createServer();
  server.on("upgrade", (request, socket, head) => gateway.upgrade(request, socket, head));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(
    () => gateway.stop(0),
    () => server.close(),
  );
  return (server.address() as AddressInfo).port;
}

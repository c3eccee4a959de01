/** How many connections are taken, and where the server listens: what can be wrong is told with its remedy. */

import type { HttpServer } from "../../adapters/http/http-server.ts";
import { isAddressOrRange } from "../../adapters/peers/address.ts";
import type { Config } from "../../config/schema.ts";
import type { Log } from "../../ports/log.ts";
import { StartError } from "../../ports/start-error.ts";
import { boundsWithin, type ConnectionBounds, fewConnections, openFilesMax } from "./open-files.ts";

/** The most connections of each kind: what is configured, cut to what fits. */
export function connectionBounds({ server }: Config, log: Log): ConnectionBounds {
  const wrong = server.trustedProxies.find((proxy) => !isAddressOrRange(proxy));
  if (wrong !== undefined) {
    throw new StartError(
      `server.trustedProxies: ${wrong} is neither an address nor a range such as 10.0.0.0/8`,
    );
  }
  const files = openFilesMax() - grpcConnectionsMax({ server });
  const configured = {
    connectionsMax: server.connectionsMax,
    httpConnectionsMax: server.http.connectionsMax,
  };
  const bounds = boundsWithin(files, configured);
  if (bounds.connectionsMax < Math.min(fewConnections, server.connectionsMax)) {
    log.warn("this process may open few files, so few connections fit", { files, ...bounds });
  }
  return bounds;
}

/** The most connections of gRPC: what is configured, a quarter of the files that may be open at most. */
export function grpcConnectionsMax({ server }: Pick<Config, "server">): number {
  return Math.min(server.grpc?.connectionsMax ?? 0, Math.floor(openFilesMax() / 4));
}

/** Starts to listen; resolves with the port that was taken. */
export async function listen(http: HttpServer, host: string, port: number): Promise<number> {
  try {
    return await http.listen(host, port);
  } catch (error) {
    throw listenError(error, host, port, "--port");
  }
}

/** What the operator has to do where a port cannot be had; `setting` is where it is chosen. */
export function listenError(error: unknown, host: string, port: number, setting: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return new StartError(
        `port ${port} of ${host} is in use: choose another one with ${setting}`,
      );
    case "EACCES":
      return new StartError(`port ${port} of ${host} may not be opened: choose one above 1023`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new StartError(`${host} is not an address of this machine: choose one with --host`);
    default:
      return error;
  }
}

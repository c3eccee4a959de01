/** What an operator should know who lets others than this machine reach the server. */
import { isIP } from "node:net";
import type { Config } from "../../config/schema.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { servedProtocols } from "../configuration.ts";

/** What is open to whoever reaches the port and should not be, a sentence with its remedy each. */
export function exposureWarnings(
  config: Config,
  protocols: readonly Protocol[],
): readonly string[] {
  const { server, demo } = config;
  const { host } = server;
  if (isLoopback(host)) return [];
  const isTraded = servedProtocols(config, protocols).some(({ needs }) => needs.exchange);
  const hasDemoUsers = demo.users === true && isTraded;
  return [
    ...(server.tls === undefined
      ? [
          `whoever is on the way to ${host} reads keys and tokens, because there is no TLS: set server.tls, or put a proxy with TLS in front and listen on 127.0.0.1`,
        ]
      : []),
    ...(hasDemoUsers
      ? [
          `${host} is reached by others, and the demo users' keys were printed, and are told to whoever opens the page: switch them off with --set demo.users=false`,
        ]
      : []),
    ...(demo.key === true
      ? [
          `${host} is reached by others, and the demo API key is good: switch it off with --set demo.key=false`,
        ]
      : []),
  ];
}

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase();
  if (address === "localhost" || address.endsWith(".localhost")) return true;
  if (isIP(address) === 4) return address.startsWith("127.");
  return address === "::1" || address === "0:0:0:0:0:0:0:1" || address.startsWith("::ffff:127.");
}

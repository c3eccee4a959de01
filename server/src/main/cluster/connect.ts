/** The connection of a node to its NATS servers, as it is configured. */
import { NatsLink } from "../../adapters/nats/link.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import { StartError } from "../../ports/start-error.ts";

/** Connects, as a node of this name. A `StartError` says why that cannot be. */
export function connect(config: ClusterConfig, name: string): Promise<NatsLink> {
  const { servers, tls } = config;
  return NatsLink.open({
    servers,
    credentials: credentialsOf(config),
    tls: tls && { caFile: tls.ca, certFile: tls.cert, keyFile: tls.key },
    name: `openbourse ${config.name} ${name}`,
  });
}

/** Name of the stream that is a cluster's log. */
export function logStreamOf({ name }: ClusterConfig): string {
  return `${name}_commands`;
}

function credentialsOf(config: ClusterConfig) {
  const { user, password, token, credentialsFile } = config;
  const given = [user, token, credentialsFile].filter((text) => text !== undefined);
  if (given.length > 1) {
    throw new StartError("cluster: give one of user, token and credentialsFile");
  }
  if (credentialsFile !== undefined) return { kind: "file", path: credentialsFile } as const;
  if (token !== undefined) return { kind: "token", token } as const;
  if (user === undefined) return undefined;
  if (password === undefined) throw new StartError("cluster.user needs cluster.password");
  return { kind: "password", user, password } as const;
}

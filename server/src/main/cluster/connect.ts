/** The connection of a node to its NATS servers, as it is configured. */
import { NatsLink } from "../../adapters/nats/link.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import { credentialsOf } from "./credentials.ts";

/** Connects, as a node of this name. A `StartError` says why that cannot be. */
export function connect(config: ClusterConfig, name: string): Promise<NatsLink> {
  const { servers, tls } = config;
  return NatsLink.open({
    servers,
    credentials: credentialsOf(config),
    tls: tls && { caFile: tls.ca, certFile: tls.cert, keyFile: tls.key },
    name: `openbourse ${config.name} ${name}`,
    // So that what one user is answered can be kept from others.
    inbox: config.user ?? config.role,
  });
}

/** Name of the stream that is a cluster's log. */
export function logStreamOf({ name }: ClusterConfig): string {
  return `${name}_commands`;
}

/** Finds out whether this server is a node of a cluster, and makes it one. */
import { hostname } from "node:os";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import type { Config } from "../../config/schema.ts";
import { StartError } from "../../ports/start-error.ts";
import type { Site } from "../site.ts";
import type { ClusterNode } from "./node.ts";

/** The packages that a node needs besides those that every server has. */
const packages = "npm install @nats-io/transport-node @nats-io/jetstream";

/** Connects to the cluster that is configured; undefined where none is. A `StartError` says what is wrong. */
export async function openCluster(
  site: Site,
  withExchange: boolean,
): Promise<ClusterNode | undefined> {
  const { config, start } = site;
  const { cluster } = config;
  return await start.step(
    "cluster",
    async () => {
      if (cluster === undefined) return undefined;
      refuse(config, cluster, withExchange);
      const { ClusterNode } = await withPackages(() => import("./node.ts"));
      return await ClusterNode.open(cluster, nameOf(cluster), site);
    },
    (node) => node?.close(),
  );
}

/** Loads what needs packages that are not installed for everybody. A `StartError` says how to install them. */
export async function withPackages<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new StartError(`cluster needs packages that are not installed: ${packages}`);
  }
}

function refuse({ exchange }: Config, cluster: ClusterConfig, withExchange: boolean): void {
  if (cluster.replicas % 2 === 0) throw new StartError("cluster.replicas: use 1, 3 or 5");
  if (!withExchange && cluster.role !== "feed") {
    throw new StartError(
      "cluster: what nodes share is an exchange, but this server has none: say exchange.enabled: true, and switch on a protocol that trades",
    );
  }
  const { participants, mirrors, days } = exchange;
  const own = [
    ...(participants.enabled === true ? ["exchange.participants.enabled"] : []),
    ...(mirrors.length > 0 ? ["exchange.mirrors"] : []),
    ...(days.length > 0 ? ["exchange.days"] : []),
  ];
  if (own.length === 0) return;
  throw new StartError(
    `${own.join(", ")}: simulated traders belong to one server and would trade once for each node of a cluster; leave them out, or trade over the protocols of a gateway`,
  );
}

/** The machine's name as far as a node may have it. */
function nameOf({ node }: ClusterConfig): string {
  if (node !== undefined) return node;
  const name = hostname()
    .replaceAll(/[^A-Za-z0-9_-]/g, "-")
    .slice(0, 32);
  if (name === "") throw new StartError("cluster.node: name this node, the machine has no name");
  return name;
}

/** Finds out whether this server is a node of a cluster, and makes it one. */
import { hostname } from "node:os";
import { epochOfLog } from "../../adapters/sqlite/log/file.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { Config } from "../../config/schema.ts";
import { StartError } from "../../ports/start-error.ts";
import type { Site } from "../site.ts";
import { engineFiles } from "../stores/engine-files.ts";
import { credentialsOf, refuseUnreadable } from "./credentials.ts";
import type { ClusterNode } from "./node.ts";

/** The packages that a node needs besides those that every server has. */
export const clusterPackages = "npm install @nats-io/transport-node @nats-io/jetstream";

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
      const own = ownEpoch(config, cluster);
      const { ClusterNode } = await withPackages(() => import("./node.ts"));
      return await ClusterNode.open(cluster, nameOf(cluster), { ...site, own });
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
    throw new StartError(`cluster needs packages that are not installed: ${clusterPackages}`);
  }
}

/** What keeps a node from starting whatever the NATS servers say; undefined where nothing does. */
export function clusterFault(config: Config, withExchange: boolean): string | undefined {
  const { cluster } = config;
  if (cluster === undefined) return undefined;
  try {
    refuse(config, cluster, withExchange);
    ownEpoch(config, cluster);
    return undefined;
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
}

/** Identity of the exchange whose log is in the data folder; undefined where there is none. Who keeps none must find none. */
function ownEpoch({ data }: Config, { role }: ClusterConfig): string | undefined {
  const { log } = engineFiles(dataFolder(data).engineFolder);
  const own = epochOfLog(log);
  if (own === undefined || role === "all" || role === "engine") return own;
  throw new StartError(
    `the data folder ${data} has the log of an exchange, and a node of role ${role} keeps none: name another folder with --data, or start it with --role engine`,
  );
}

function refuse(
  { exchange, datasets }: Config,
  cluster: ClusterConfig,
  withExchange: boolean,
): void {
  if (cluster.replicas % 2 === 0) throw new StartError("cluster.replicas: use 1, 3 or 5");
  credentialsOf(cluster);
  refuseUnreadable(cluster);
  if (cluster.role === "feed" && !datasets.some(({ feed }) => feed !== undefined)) {
    throw new StartError(
      "cluster.role: feed runs the feeds of datasets, but none is configured: name them in datasets",
    );
  }
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

/** `cluster add` and `cluster remove`: who belongs to a cluster. */
import { basename } from "node:path";
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import { clusterPackages } from "../../main/cluster/open.ts";
import type { NodeSettings } from "../../ports/cluster-control.ts";
import { askAndPrint } from "./administration.ts";
import { askNode } from "./cluster.ts";

/** What a node can be. */
export type NodeRole = "all" | "engine" | "gateway" | "feed";

/** Options of `cluster add`. */
export interface ClusterAddOptions {
  readonly node: string;
  readonly role: NodeRole;
  readonly json?: true | undefined;
}

/** Lets a node come, and prints the configuration that it needs. */
export function clusterAddCommand(
  input: ConfigInput,
  { node, role, json }: ClusterAddOptions,
): Promise<number> {
  return askAndPrint(input, json === true, {
    ask: (config) =>
      askNode<NodeSettings>(config, { name: "cluster-add", request: { node, role } }),
    say: settingsLines,
  });
}

/** Takes a node out. */
export function clusterRemoveCommand(
  input: ConfigInput,
  { node, json }: { readonly node: string; readonly json?: true | undefined },
): Promise<number> {
  return askAndPrint(input, json === true, {
    ask: (config) => {
      const question = { name: "cluster-remove", request: { node } } as const;
      return askNode<{ readonly node: string }>(config, question);
    },
    say: ({ node: gone }) => [
      `${gone} is no node of the cluster any more: where it runs it stops within seconds. openbourse cluster add ${gone} lets it in again.`,
    ],
  });
}

function settingsLines(settings: NodeSettings): readonly string[] {
  const { node, role, name, servers, monitors, replicas, allowUnsynced, ca } = settings;
  const list = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text)).join(", ");
  const user = role === "all" ? "engine" : role;
  return [
    `# ${node} may come, as ${role}. It needs:`,
    `# - the packages of a node: ${clusterPackages}`,
    `# - a data folder of its own, ${role === "gateway" || role === "feed" ? "with no exchange in it" : "empty: the exchange comes from the log of the cluster"}`,
    `# - in that folder the file ${basename(dataFolder(".").masterKeyFile)}, a copy of an engine's, or the same OPENBOURSE_MASTER_KEY`,
    `# - a user at the NATS servers that may do what a node of role ${user} does (docs/operating/nats-server.conf)`,
    "# - the configuration of the other nodes, with this section in it:",
    "cluster:",
    `  role: ${role}`,
    `  node: ${node}`,
    `  name: ${name}`,
    `  servers: [${list(servers)}]`,
    ...(monitors.length === 0 ? [] : [`  monitors: [${list(monitors)}]`]),
    ...(allowUnsynced ? ["  allowUnsynced: true"] : []),
    `  replicas: ${replicas}`,
    ...(ca === undefined
      ? []
      : ["  tls:", `    ca: ${JSON.stringify(ca)} # the same file at that machine`]),
    `  # user: ${user}, and its password; or token, or credentialsFile`,
  ];
}

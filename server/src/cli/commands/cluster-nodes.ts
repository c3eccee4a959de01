/** `cluster add` and `cluster remove`: who belongs to a cluster. */
import type { ConfigInput } from "../../config/load.ts";
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

function settingsLines({ node, role, name, servers, monitors, replicas }: NodeSettings) {
  const list = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text)).join(", ");
  return [
    `# ${node} may come. What its configuration needs, with a data folder of its own, the cluster's exchange settings,`,
    "# and the master key of the other nodes (the file master-key of an engine's data folder, or OPENBOURSE_MASTER_KEY):",
    "cluster:",
    `  role: ${role}`,
    `  node: ${node}`,
    `  name: ${name}`,
    `  servers: [${list(servers)}]`,
    ...(monitors.length === 0 ? [] : [`  monitors: [${list(monitors)}]`]),
    `  replicas: ${replicas}`,
    "  # and who it is for the NATS servers: user and password, token, or credentialsFile",
  ];
}

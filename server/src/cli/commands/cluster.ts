/** `cluster`: how the node of a cluster on this data folder and all the others are doing, and making it the one that leads. */
import { type AdminAnswer, unavailable } from "../../admin/answer.ts";
import { askServer } from "../../admin/ask-server.ts";
import { dataFolder, existingExchange } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { withPackages } from "../../main/cluster/open.ts";
import { engineFiles } from "../../main/stores/engine-files.ts";
import type {
  ClusterNodeView,
  ClusterStatus,
  SharedDatasetStatus,
  SharedLogStatus,
} from "../../ports/cluster-control.ts";
import { askAndPrint } from "./administration.ts";
import { configOrExitCode } from "./config.ts";
import { print, refuse } from "./key-store.ts";

/** Options of both commands. */
export interface ClusterOptions {
  readonly json?: true | undefined;
  readonly hash?: true | undefined;
}

/** Tells how the node is doing. */
export function clusterStatusCommand(
  input: ConfigInput,
  { json, hash }: ClusterOptions,
): Promise<number> {
  return askAndPrint(input, json === true, {
    ask: (config) =>
      askNode<ClusterStatus>(config, { name: "cluster-status", request: { hash: hash === true } }),
    say: (status) => [
      ...lines(status),
      ...(hash === true && status.stateHash === undefined ? [hashNotTaken] : []),
    ],
  });
}

const hashNotTaken =
  "hash      not taken: commands came faster than it could be made; ask again, or ask a node that follows";

/** Has the node lead. */
export function clusterTakeoverCommand(
  input: ConfigInput,
  { json }: ClusterOptions,
): Promise<number> {
  return askAndPrint(input, json === true, {
    ask: (config) => askNode<ClusterStatus>(config, { name: "cluster-takeover", request: {} }),
    say: lines,
  });
}

/** Puts the log of this data folder into the cluster's stream. Nothing may run on the folder meanwhile. */
export async function clusterRefillCommand(
  input: ConfigInput,
  { json }: ClusterOptions,
): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  if (config.cluster === undefined) {
    return refuse("no cluster is configured: cluster.servers has to name its NATS servers");
  }
  const files = engineFiles(existingExchange(config.data).engineFolder);
  const { refillStream } = await withPackages(() => import("../../main/cluster/refill.ts"));
  const { lastSequence, term } = await refillStream(config.cluster, files);
  const { name } = config.cluster;
  const told = `the log of the cluster ${name} has all commands up to ${lastSequence}`;
  print(json === true ? JSON.stringify({ cluster: name, lastSequence, term }) : told);
  return 0;
}

/** Asks the server and nobody else: without one there is no node. */
export async function askNode<Result>(
  config: Config,
  question: Parameters<typeof askServer>[1],
): Promise<AdminAnswer<Result>> {
  const answer = await askServer(dataFolder(config.data).adminSocket, question);
  if (answer === undefined) {
    return unavailable(
      `no server runs on the data folder ${config.data}: name its own with --data`,
    );
  }
  // It comes from the operation of this name, and was written by the same program.
  return answer as AdminAnswer<Result>;
}

function lines(status: ClusterStatus): readonly string[] {
  const datasets = (status.datasets ?? []).map(datasetLine);
  if (status.role === "feed") {
    return [
      `cluster   ${status.cluster}, datasets ${status.epoch}`,
      `node      ${status.node}, role ${status.role}`,
      ...datasets,
      ...nodeLines(status.nodes),
    ];
  }
  const { lagMs, lagCommands, isStale, copyFault, stateHash } = status;
  const behind = lagCommands === undefined ? "the log cannot be asked" : `${lagCommands} commands`;
  return [
    `cluster   ${status.cluster}, log ${status.epoch}`,
    `node      ${status.node}, role ${status.role}`,
    `state     ${status.state}${isStale ? ", stale: nothing is heard of the log" : ""}`,
    `leader    ${status.leader ?? "not known"}, term ${status.term}`,
    `sequence  ${status.sequence}`,
    `behind    ${behind}, ${lagMs} ms`,
    ...(status.log === undefined ? [] : [logLine(status.log)]),
    ...(status.underWay === 0 ? [] : [`under way ${status.underWay} commands`]),
    ...(copyFault === undefined ? [] : [`own copy  ${copyFault}`]),
    ...(stateHash === undefined ? [] : [`hash      ${stateHash}`]),
    ...datasets,
    ...nodeLines(status.nodes),
  ];
}

function logLine({ begins, bytes, heldBy, leftBehind }: SharedLogStatus): string {
  const size = `${Math.ceil(bytes / (1_024 * 1_024))} MiB`;
  const held = heldBy === undefined ? "" : `; kept: ${heldBy}`;
  const left = leftBehind.length === 0 ? "" : `; not kept for ${leftBehind.join(", ")}`;
  return `log       begins behind command ${begins}, ${size}${held}${left}`;
}

function nodeLines(nodes: readonly ClusterNodeView[] | undefined): readonly string[] {
  if (nodes === undefined) return ["nodes     the NATS servers do not tell which there are"];
  const rows = nodes.map((node) => [
    node.node,
    node.role,
    `${node.state}${node.isStale ? ", stale" : ""}`,
    String(node.sequence ?? "-"),
    node.lagMs === undefined ? "-" : `${node.lagMs} ms`,
    String(node.term ?? "-"),
    node.version === "" ? "-" : node.version,
    node.heardMsAgo === undefined ? "never" : `${agoWords(node.heardMsAgo)} ago`,
  ]);
  const heads = ["node", "role", "state", "sequence", "lag", "term", "version", "heard"];
  const table = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return [
    "",
    ...table.map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    ),
  ];
}

function agoWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function datasetLine(of: SharedDatasetStatus): string {
  const runs = of.leads ? "run here" : `run by ${of.leader ?? "nobody that is known"}`;
  const heard = of.silentMs === undefined ? "nothing heard" : `heard ${of.silentMs} ms ago`;
  const failure = of.failure === undefined ? "" : `: ${of.failure}`;
  const refused = of.refused === undefined ? "" : `; not to be run here: ${of.refused}`;
  return `dataset   ${of.dataset}: ${of.state}${failure}, ${runs}, term ${of.term}, message ${of.at}, ${heard}${refused}`;
}

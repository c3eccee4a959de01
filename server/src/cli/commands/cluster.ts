/** `cluster`: how the node of a cluster on this data folder is doing, and making it the one that leads. */
import { type AdminAnswer, unavailable } from "../../admin/answer.ts";
import { askServer } from "../../admin/ask-server.ts";
import { dataFolder, existingExchange } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { engineFiles } from "../../main/stores/engine-files.ts";
import type { ClusterStatus } from "../../ports/cluster-control.ts";
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
    ask: (config) => ask(config, { name: "cluster-status", request: { hash: hash === true } }),
    say: lines,
  });
}

/** Has the node lead. */
export function clusterTakeoverCommand(
  input: ConfigInput,
  { json }: ClusterOptions,
): Promise<number> {
  return askAndPrint(input, json === true, {
    ask: (config) => ask(config, { name: "cluster-takeover", request: {} }),
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
  const { refillStream } = await import("../../main/cluster/refill.ts");
  const { lastSequence, term } = await refillStream(config.cluster, files);
  const { name } = config.cluster;
  const told = `the log of the cluster ${name} has all commands up to ${lastSequence}`;
  print(json === true ? JSON.stringify({ cluster: name, lastSequence, term }) : told);
  return 0;
}

/** Asks the server and nobody else: without one there is no node. */
async function ask(
  config: Config,
  question: Parameters<typeof askServer>[1],
): Promise<AdminAnswer<ClusterStatus>> {
  const answer = await askServer(dataFolder(config.data).adminSocket, question);
  if (answer === undefined) {
    return unavailable(
      `no server runs on the data folder ${config.data}: name its own with --data`,
    );
  }
  // It comes from the operation of this name, and was written by the same program.
  return answer as AdminAnswer<ClusterStatus>;
}

function lines(status: ClusterStatus): readonly string[] {
  const { lagMs, lagCommands, isStale, copyFault, stateHash } = status;
  const behind = lagCommands === undefined ? "the log cannot be asked" : `${lagCommands} commands`;
  return [
    `cluster   ${status.cluster}, log ${status.epoch}`,
    `node      ${status.node}, role ${status.role}`,
    `state     ${status.state}${isStale ? ", stale: nothing is heard of the log" : ""}`,
    `leader    ${status.leader ?? "not known"}, term ${status.term}`,
    `sequence  ${status.sequence}`,
    `behind    ${behind}, ${lagMs} ms`,
    ...(status.underWay === 0 ? [] : [`under way ${status.underWay} commands`]),
    ...(copyFault === undefined ? [] : [`own copy  ${copyFault}`]),
    ...(stateHash === undefined ? [] : [`hash      ${stateHash}`]),
  ];
}

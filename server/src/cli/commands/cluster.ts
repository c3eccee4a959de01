/** `cluster`: how the node of a cluster on this data folder is doing, and making it the one that leads. */
import { type AdminAnswer, unavailable } from "../../admin/answer.ts";
import { askServer } from "../../admin/ask-server.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { ClusterStatus } from "../../ports/cluster-control.ts";
import { askAndPrint } from "./administration.ts";

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

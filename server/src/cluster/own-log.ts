/** What a node looks at in its own log before it follows the one that all share. */
import type { CommandBatch, CommandLog } from "../ports/command-log.ts";
import type { Log } from "../ports/log.ts";
import type { SharedLog } from "../ports/shared-log.ts";
import { StartError } from "../ports/start-error.ts";
import { type FillingParts, fillOwnLog } from "./log-filling.ts";
import { toldByLog } from "./log-told.ts";

/** A node's own log, as it was opened. */
export interface OwnLog extends CommandLog {
  /** Checksum of all batches that were in it then. */
  readonly chainAtStart: number;
}

/** How often the shared log may be shortened again while a node gets what it lacks. */
const roundsMax = 16;

/** What a log is compared with, and filled from. */
export interface OwnLogParts extends Pick<FillingParts, "line" | "cluster" | "clock"> {
  readonly own: OwnLog;
  readonly shared: SharedLog;
  readonly log: Log;
  /** The checksum after one more batch. */
  chainAfter(chain: number, batch: CommandBatch): number;
}

/**
 * Makes the own log reach to where the shared one begins: what that does not have any more is asked of other engines.
 * Raises a `StartError` where the own log is not the beginning of the shared one, or cannot be brought so far.
 */
export async function reachShared(parts: OwnLogParts): Promise<void> {
  const { own, shared, log } = parts;
  refuseOtherEpoch(own.epoch, shared.epoch);
  await refuseLostEnd(own, shared);
  let chain = own.chainAtStart;
  for (let round = 0; round < roundsMax; round += 1) {
    const { lastSequence: begin } = await toldByLog(shared.start());
    if (own.lastSequence >= begin) break;
    const fields = { fromCommand: own.lastSequence + 1, toCommand: begin };
    log.info("this node's own log is filled from another engine", fields);
    chain = await fillOwnLog({ ...parts, epoch: own.epoch, chain }, begin);
  }
  await refuseOtherChain(own, chain, shared);
}

/** Raises a `StartError` where a folder's log is another exchange's than that of the cluster. */
export function refuseOtherEpoch(own: string, shared: string): void {
  if (own === shared) return;
  throw new StartError(
    `this node's own log is ${own}, but the log of the cluster is ${shared}: the node belongs to another cluster, or the cluster's log was lost and made anew; give the node an empty data folder, or put its log into an empty stream with openbourse cluster refill`,
  );
}

async function refuseLostEnd(own: OwnLog, shared: SharedLog): Promise<void> {
  const { lastSequence } = own;
  if (lastSequence === 0) return;
  const end = await toldByLog(shared.end());
  if (end.lastSequence >= lastSequence) return;
  throw new StartError(
    `lost-end: the log of the cluster ends at command ${end.lastSequence}, but this node's own log at ${lastSequence}: the last commands of the cluster's log are gone; stop all nodes, and put the longest log of a node into an empty stream with openbourse cluster refill`,
  );
}

async function refuseOtherChain(own: OwnLog, expected: number, shared: SharedLog): Promise<void> {
  const { lastSequence } = own;
  if (lastSequence === 0) return;
  const chain = await toldByLog(shared.chainAfter(lastSequence));
  if (chain === expected) return;
  throw new StartError(
    `corrupt: up to command ${lastSequence} this node's own log is not what the cluster's log holds${chain === undefined ? ", in which no batch ends there" : ""}: one of them was changed or put back from elsewhere; compare with the other nodes, and give the one that differs an empty data folder`,
  );
}

/** What a node looks at in its own log before it follows the one that all share. */
import type { CommandLog } from "../ports/command-log.ts";
import type { SharedLog } from "../ports/shared-log.ts";
import { StartError } from "../ports/start-error.ts";
import { toldByLog } from "./log-told.ts";

/** A node's own log, as it was opened. */
export interface OwnLog extends CommandLog {
  /** Checksum of all its batches. */
  readonly chainAtStart: number;
}

/** Raises a `StartError` where a folder's log is another exchange's than that of the cluster. */
export function refuseOtherEpoch(own: string, shared: string): void {
  if (own === shared) return;
  throw new StartError(
    `this node's own log is ${own}, but the log of the cluster is ${shared}: the node belongs to another cluster, or the cluster's log was lost and made anew; give the node an empty data folder, or put its log into an empty stream with openbourse cluster refill`,
  );
}

/** Raises a `StartError` where the own log is not the beginning of the shared one. */
export async function refuseOtherLog(own: OwnLog, shared: SharedLog): Promise<void> {
  const { epoch, lastSequence, chainAtStart } = own;
  refuseOtherEpoch(epoch, shared.epoch);
  if (lastSequence === 0) return;
  const end = await toldByLog(shared.end());
  if (end.lastSequence < lastSequence) {
    throw new StartError(
      `lost-end: the log of the cluster ends at command ${end.lastSequence}, but this node's own log at ${lastSequence}: the last commands of the cluster's log are gone; stop all nodes, and put the longest log of a node into an empty stream with openbourse cluster refill`,
    );
  }
  const chain = await toldByLog(shared.chainAfter(lastSequence));
  if (chain === chainAtStart) return;
  throw new StartError(
    `corrupt: up to command ${lastSequence} this node's own log is not what the cluster's log holds${chain === undefined ? ", in which no batch ends there" : ""}: one of them was changed or put back from elsewhere; compare with the other nodes, and give the one that differs an empty data folder`,
  );
}

/**
 * The shared log as a node without a log of its own recovers from it: as far as it went when the node was
 * started. What comes later is followed.
 */
import type { CommandLog, LogDamage, LogEntry } from "../ports/command-log.ts";
import type { SharedLog } from "../ports/shared-log.ts";
import { type PageSource, pageAfter } from "./log-filling.ts";
import { toldByLog } from "./log-told.ts";

/**
 * A log that can be read and never written. A `StartError` says why it cannot be read. `pages` are where the beginning is
 * asked for that the shared log does not have any more.
 */
export async function viewOf(
  shared: SharedLog,
  pages?: Pick<PageSource, "line" | "cluster">,
): Promise<CommandLog> {
  const end = await toldByLog(shared.end());
  const { lastSequence } = end;
  return {
    epoch: shared.epoch,
    lastSequence,
    damage: undefined,
    largestBatch: shared.largestBatch,
    term: end.term,
    stall: undefined,
    failure: undefined,
    onTrouble() {},
    nextDue: () => undefined,
    append: () => Promise.resolve({ kind: "failure", fault: "failed", message: "it is only read" }),
    firstSequence: async () => (await toldByLog(shared.start())).lastSequence + 1,
    begunUs: async () => {
      const { lastSequence: begin } = await toldByLog(shared.start());
      if (begin === 0 || pages === undefined) return undefined;
      const page = await pageAfter({ ...pages, epoch: shared.epoch }, 0, 1);
      return typeof page === "string" ? undefined : page[0]?.timeUs;
    },
    read: (fromSequence) => readTo(shared, fromSequence, lastSequence),
    follow: () => readTo(shared, 1, 0),
    close: () => Promise.resolve(),
  };
}

/** What this node has to be helped with that has no log of its own to go on from. */
function notReached(damage: LogDamage): LogDamage {
  const { sequence } = damage;
  const message = `command ${sequence} is needed and the cluster's log was shortened to begin later, and no snapshot of the cluster that this release can read reaches it: start an engine, and this node again once that has made a snapshot; or stop all nodes, delete the stream, and put the whole log back with openbourse cluster refill`;
  return { ...damage, message };
}

async function* readTo(
  shared: SharedLog,
  fromSequence: number,
  lastSequence: number,
): AsyncGenerator<LogEntry> {
  if (fromSequence > lastSequence) return;
  for await (const entry of shared.read(fromSequence)) {
    yield entry.kind === "damage" && entry.fault === "shortened" ? notReached(entry) : entry;
    if (entry.kind === "damage" || entry.firstSequence + entry.count > lastSequence) return;
  }
}

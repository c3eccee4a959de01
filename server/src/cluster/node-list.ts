/** All nodes of a cluster, put together of who belongs to it and who is heard of. */
import type { ClusterNodeView } from "../ports/cluster-control.ts";
import type { CommandsKnown } from "../sequencer/command-codec.ts";
import type { Beat, NodeRecord } from "./node-messages.ts";

/** Nodes by their names: what is known of each. */
export interface KnownNodes {
  readonly records: ReadonlyMap<string, NodeRecord>;
  /** Of those that are alive. */
  readonly beats: ReadonlyMap<string, Beat>;
}

/** What operators see of all nodes, in the order of their names. */
export function viewsOf({ records, beats }: KnownNodes, nowMs: number): readonly ClusterNodeView[] {
  return [...new Set([...records.keys(), ...beats.keys()])].sort().map((node) => {
    const record = records.get(node);
    const beat = beats.get(node);
    const { role = "", version = "" } = beat ?? record ?? {};
    const heardMs = beat?.saidMs ?? record?.goneMs ?? 0;
    return {
      ...{ node, role, version },
      state: stateOf(record, beat),
      isStale: beat?.isStale ?? false,
      sequence: beat?.sequence,
      term: beat?.term,
      lagMs: beat?.lagMs,
      has: beat === undefined ? record?.has : beat.has,
      heardMsAgo: heardMs === 0 ? undefined : Math.max(0, nowMs - heardMs),
    };
  });
}

function stateOf(record: NodeRecord | undefined, beat: Beat | undefined): string {
  if (record?.standing === "removed") return "removed";
  if (beat !== undefined) return beat.state;
  return record?.standing === "expected" ? "expected" : "gone";
}

/**
 * For each kind of commands that a node which follows the log does not know, why it is not let in. `kinds` are those
 * of this release.
 */
export function unknownKinds(
  { records, beats }: KnownNodes,
  own: CommandsKnown,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [node, told] of [...records, ...beats]) {
    if (records.get(node)?.standing === "removed" || !followsLog(told)) continue;
    // What a node says now counts, and not what it was.
    const { knows, version } = beats.get(node) ?? told;
    const isOld = knows.codec < own.codec || knows.rules < own.rules;
    for (const kind of own.kinds) {
      if (!isOld && knows.kinds.includes(kind)) continue;
      found.set(
        kind,
        `the node ${node} (openbourse ${version}) does not know the command ${kind}: upgrade it, or take it out with openbourse cluster remove ${node}`,
      );
    }
  }
  return found;
}

function followsLog(told: NodeRecord | Beat): boolean {
  return told.role !== "feed" && !("standing" in told && told.standing === "expected");
}

/**
 * The stores of a node that keeps nothing: its exchange comes from the newest snapshot that all nodes share
 * and from the log behind it, and its past is asked of engines.
 */
import type { EngineStores } from "../engine/engine.ts";
import type { RequestLine } from "../ports/request-line.ts";
import type { SharedLog } from "../ports/shared-log.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { viewOf } from "./log-view.ts";
import { remoteHistory } from "./remote-history.ts";

/** What a node without files reads. */
export interface GatewayStoresParts {
  readonly shared: SharedLog;
  readonly snapshots: SnapshotStore;
  /** Over which engines are asked about the past. */
  readonly line: RequestLine;
  /** Name of the cluster. */
  readonly cluster: string;
}

/** Stores that are read and never written. */
export function gatewayStores({
  shared,
  snapshots,
  line,
  cluster,
}: GatewayStoresParts): EngineStores {
  return {
    openLog: () => viewOf(shared, { line, cluster }),
    openSnapshots: () =>
      Promise.resolve({ ...readOnly(snapshots), write: () => Promise.resolve("stored") }),
    snapshotMaker: () => ({
      make: () => Promise.resolve({ kind: "stored" }),
      stop: () => Promise.resolve(),
    }),
    openHistory: (log) => Promise.resolve(remoteHistory({ line, cluster, log })),
  };
}

function readOnly(snapshots: SnapshotStore): Pick<SnapshotStore, "list" | "read"> {
  return { list: () => snapshots.list(), read: (sequence) => snapshots.read(sequence) };
}

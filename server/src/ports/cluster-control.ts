/** A node of a cluster as operators see it. */

/** How a node is doing. */
export interface ClusterStatus {
  /** Name of the cluster. */
  readonly cluster: string;
  readonly node: string;
  /** What it was started as: `engine`, `gateway` or `all`. */
  readonly role: string;
  /** Whether it writes the log, follows it, or has to be started again. */
  readonly state: "leading" | "following" | "stopped";
  /** Who writes the log, as far as it knows. */
  readonly leader: string | undefined;
  readonly term: number;
  readonly epoch: string;
  /** Last command that it shows. */
  readonly sequence: number;
  /** How old its state is, in milliseconds; 0 where it leads. */
  readonly lagMs: number;
  /** Commands of the log that it has not applied; undefined where the log cannot be asked. */
  readonly lagCommands: number | undefined;
  /** Whether nothing was heard of the log for so long that it answers no orders. */
  readonly isStale: boolean;
  /** Commands that were asked of another node and have no result yet. */
  readonly underWay: number;
  /** Why its own copy of the log is not written; undefined while it is, or where it has none. */
  readonly copyFault: string | undefined;
  /** Digest of its whole state after `sequence`, the same at all nodes; undefined where it was not asked for. */
  readonly stateHash: string | undefined;
}

/** What operators do with a node. */
export interface ClusterControl {
  /** With `hash` the state is digested, which takes as long as its size makes it; nothing else is done meanwhile. */
  status(hash: boolean): Promise<ClusterStatus>;
  /** Makes this node the one that leads; resolves with why that cannot be. */
  takeOver(): Promise<string | undefined>;
}

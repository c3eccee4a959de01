/** A node of a cluster as operators see it. */

/** How a dataset that nodes share is doing: as its feed says; `waiting` before there is one, `stale` while nothing is heard of it. */
export type SharedDatasetState =
  | "waiting"
  | "running"
  | "restarting"
  | "finished"
  | "stopped"
  | "failed"
  | "stale";

/** A dataset that nodes share, as one of them sees it. */
export interface SharedDatasetStatus {
  readonly dataset: string;
  readonly state: SharedDatasetState;
  /** Why its feed failed last. */
  readonly failure: string | undefined;
  /** The node that runs its feed, as far as this one knows. */
  readonly leader: string | undefined;
  /** Whether this node runs it. */
  readonly leads: boolean;
  /** How often it was taken over. */
  readonly term: number;
  /** Number of the last message that was folded; 0 before the first. */
  readonly at: number;
  /** How long ago that was heard, in milliseconds; undefined before the first. */
  readonly silentMs: number | undefined;
  /** Bytes that this node has to tell the others. */
  readonly waitingBytes: number;
  /** Why this node may not run its feed. */
  readonly refused: string | undefined;
}

/** How long the log of a cluster is. */
export interface SharedLogStatus {
  /** It has what comes behind this command. */
  readonly begins: number;
  /** What it takes at the NATS servers. */
  readonly bytes: number;
  /** What keeps it from beginning later; undefined at a node that does not know the others. */
  readonly heldBy: string | undefined;
  /** Nodes that lack commands and are not waited for any more. */
  readonly leftBehind: readonly string[];
}

/** How a node is doing. */
export interface ClusterStatus {
  /** Name of the cluster. */
  readonly cluster: string;
  readonly node: string;
  /** What it was started as: `engine`, `gateway`, `feed` or `all`. */
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
  /** Undefined before it was looked at, and at a node that does not follow the log of commands. */
  readonly log?: SharedLogStatus | undefined;
  /** Commands that were asked of another node and have no result yet. */
  readonly underWay: number;
  /** Why its own copy of the log is not written; undefined while it is, or where it has none. */
  readonly copyFault: string | undefined;
  /**
   * Digest of its whole state after `sequence`, the same at all nodes; undefined where it was not asked for, or
   * commands came faster than it could be made.
   */
  readonly stateHash: string | undefined;
  /** All nodes of the cluster; undefined where the NATS servers do not tell. */
  readonly nodes: readonly ClusterNodeView[] | undefined;
  /** Datasets that it follows; none where it serves none. */
  readonly datasets?: readonly SharedDatasetStatus[];
}

/** A node as the others know it. */
export interface ClusterNodeView {
  readonly node: string;
  readonly role: string;
  /** Of its program; empty before it has come. */
  readonly version: string;
  /** What it does; `gone` where it is not heard of, `expected` before it has come, `removed` where it may not come. */
  readonly state: string;
  readonly isStale: boolean;
  /** As it said last; undefined where it is not heard of. */
  readonly sequence: number | undefined;
  readonly term: number | undefined;
  readonly lagMs: number | undefined;
  /** Last command that it does not need the cluster's log for any more; undefined where it has not said. */
  readonly has: number | undefined;
  /** Since it was heard of last, by the machines' clocks; undefined where it never was. */
  readonly heardMsAgo: number | undefined;
}

/** What the configuration of a new node has to say, besides its password. */
export interface NodeSettings {
  readonly node: string;
  readonly role: string;
  readonly name: string;
  readonly servers: readonly string[];
  readonly monitors: readonly string[];
  readonly allowUnsynced: boolean;
  readonly replicas: number;
  /** PEM file of who vouches for the NATS servers, as the node has it that was asked. */
  readonly ca: string | undefined;
}

/** What operators do with a node. */
export interface ClusterControl {
  /** With `hash` the state is digested in parts; a node that follows applies nothing meanwhile. */
  status(hash: boolean): Promise<ClusterStatus>;
  /** Makes this node the one that leads; resolves with why that cannot be. */
  takeOver(): Promise<string | undefined>;
  /** Lets a node come that is new or was removed; resolves with the configuration that it needs, or with why not. */
  add(node: string, role: string): Promise<NodeSettings | string>;
  /** Takes a node out until it is added again; resolves with why that is not done. */
  remove(node: string): Promise<string | undefined>;
}

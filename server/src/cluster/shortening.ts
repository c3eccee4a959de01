/** Up to where the log that nodes share is shortened: what nobody needs any more who is waited for. */

/** A node, and what it does not need the shared log for any more. */
export interface NodeNeed {
  readonly node: string;
  readonly role: string;
  /** What it does; `gone`, `expected` and `removed` are nodes that are not there. */
  readonly state: string;
  /** Last command that it has: an engine durably in its own log, another node in its state. Undefined where it has not said so. */
  readonly has: number | undefined;
}

/** What is known when the log is looked at. */
export interface LogNeeds {
  /** Last command that is durable in the own log of the engine that leads. */
  readonly own: number;
  /** Sequence of the newest snapshot that all nodes can start from. */
  readonly snapshot: number | undefined;
  /** The other nodes. */
  readonly nodes: readonly NodeNeed[];
  /** Size of the log, and up to which nodes are waited for. */
  readonly bytes: number;
  readonly waitBytesMax: number;
}

/** Up to where a log may be shortened. */
export interface Shortening {
  /** Last command that need not be kept; 0 where all have to be. */
  readonly sequence: number;
  /** What keeps the commands behind it, for the operator. */
  readonly heldBy: string;
  /** Nodes that are not waited for any more, although they lack commands that are not kept. */
  readonly leftBehind: readonly string[];
}

/** Decides. Time is not looked at here: what is too young is kept besides. */
export function shorteningOf({ own, snapshot, nodes, bytes, waitBytesMax }: LogNeeds): Shortening {
  if (snapshot === undefined) {
    return { sequence: 0, heldBy: "there is no snapshot to start from yet", leftBehind: [] };
  }
  let sequence = snapshot;
  let heldBy = `the newest snapshot is of command ${snapshot}`;
  if (own < sequence) {
    sequence = own;
    heldBy = `the engine that leads has up to command ${own} in its own log`;
  }
  const behind = nodes.filter((node) => isWaitedFor(node) && (node.has ?? 0) < sequence);
  if (bytes > waitBytesMax) {
    return { sequence, heldBy, leftBehind: behind.map(({ node }) => node) };
  }
  for (const { node, state, has } of behind) {
    if ((has ?? 0) >= sequence) continue;
    sequence = has ?? 0;
    heldBy = `${node} (${state}) ${has === undefined ? "does not say what it has" : `has up to command ${has}`}`;
  }
  return { sequence, heldBy, leftBehind: [] };
}

/** A gateway that is gone starts from a snapshot, where its release can begin behind the first command. */
function isWaitedFor({ role, state, has }: NodeNeed): boolean {
  if (role === "feed" || state === "removed" || state === "expected") return false;
  return !(role === "gateway" && state === "gone" && has !== undefined);
}

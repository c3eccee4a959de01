/** Looking at a cluster from one of its nodes, making that the one that leads, letting nodes in and taking them out. */
import Type, { type Static } from "typebox";
import type { ClusterStatus, NodeSettings } from "../ports/cluster-control.ts";
import { type AdminAnswer, done, refused, unavailable } from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** What is told of a node. */
export const clusterStatusRequest = Type.Object(
  { hash: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);

const nodeName = Type.String({ pattern: "^[A-Za-z0-9_-]{1,32}$" });

/** Which node is to come. */
export const clusterAddRequest = Type.Object(
  { node: nodeName, role: Type.Enum(["all", "engine", "gateway", "feed"]) },
  { additionalProperties: false },
);

/** Which node is to go. */
export const clusterRemoveRequest = Type.Object(
  { node: nodeName },
  { additionalProperties: false },
);

const noCluster = "this server is no node of a cluster: its configuration has no cluster";

/** Tells how the node is doing. */
export async function clusterStatus(
  { hash = false }: Static<typeof clusterStatusRequest>,
  { cluster }: AdminTarget,
): Promise<AdminAnswer<ClusterStatus>> {
  return cluster === undefined ? unavailable(noCluster) : done(await cluster.status(hash));
}

/** Has the node lead. */
export async function clusterTakeover(
  _: object,
  { cluster }: AdminTarget,
): Promise<AdminAnswer<ClusterStatus>> {
  if (cluster === undefined) return unavailable(noCluster);
  const reason = await cluster.takeOver();
  return reason === undefined ? done(await cluster.status(false)) : refused(reason);
}

/** Lets a node come, and tells what it has to be configured with. */
export async function clusterAdd(
  { node, role }: Static<typeof clusterAddRequest>,
  { cluster }: AdminTarget,
): Promise<AdminAnswer<NodeSettings>> {
  if (cluster === undefined) return unavailable(noCluster);
  const added = await cluster.add(node, role);
  return typeof added === "string" ? refused(added) : done(added);
}

/** Takes a node out. */
export async function clusterRemove(
  { node }: Static<typeof clusterRemoveRequest>,
  { cluster }: AdminTarget,
): Promise<AdminAnswer<{ readonly node: string }>> {
  if (cluster === undefined) return unavailable(noCluster);
  const reason = await cluster.remove(node);
  return reason === undefined ? done({ node }) : refused(reason);
}

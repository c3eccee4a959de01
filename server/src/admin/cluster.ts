/** Looking at a node of a cluster, and making it the one that leads. */
import Type, { type Static } from "typebox";
import type { ClusterStatus } from "../ports/cluster-control.ts";
import { type AdminAnswer, done, refused, unavailable } from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** What is told of a node. */
export const clusterStatusRequest = Type.Object(
  { hash: Type.Optional(Type.Boolean()) },
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

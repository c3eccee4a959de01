/** Figures of a node of a cluster, for Prometheus. */
import type { Meter } from "../../ports/meter.ts";
import { follow, oneAfterAnother } from "../follow.ts";
import type { ClusterNode } from "./node.ts";

/** Registers them; the returned task brings them up to date. */
export function clusterFigures(
  meter: Meter,
  node: Pick<ClusterNode, "member" | "shared" | "logStatus"> | undefined,
): () => void {
  const member = node?.member;
  if (node === undefined || member === undefined) return () => {};
  const passedOver = meter.counter(
    "openbourse_cluster_void_messages_total",
    "Messages of writers that were taken over from which this node has passed over in the cluster's log.",
  );
  const leads = meter.gauge(
    "openbourse_cluster_leads",
    "1 while this node writes the cluster's log.",
  );
  const stale = meter.gauge(
    "openbourse_cluster_stale",
    "1 while nothing is heard of the cluster's log, so that no orders are answered.",
  );
  const term = meter.gauge(
    "openbourse_cluster_term",
    "How often the writing of the cluster's log was taken over, as far as this node knows.",
  );
  const sequence = meter.gauge(
    "openbourse_cluster_sequence",
    "Last command of the cluster's log that this node shows.",
  );
  const lag = meter.gauge(
    "openbourse_cluster_lag_seconds",
    "Age of the last message of the cluster's log that this node has applied; 0 where it leads.",
  );
  const underWay = meter.gauge(
    "openbourse_cluster_orders_under_way",
    "Commands that this node has asked of the one that leads and that have no result yet.",
  );
  const copy = meter.gauge(
    "openbourse_cluster_copy_failing",
    "1 while this node's own copy of the cluster's log is not written.",
  );
  const begins = meter.gauge(
    "openbourse_cluster_log_begins",
    "Last command that the cluster's log does not have any more; 0 where it has all.",
  );
  const bytes = meter.gauge(
    "openbourse_cluster_log_bytes",
    "What the cluster's log takes at the NATS servers.",
  );
  const leftBehind = meter.gauge(
    "openbourse_cluster_log_left_behind",
    "Nodes that lack commands for which the cluster's log is not kept any longer.",
  );
  return oneAfterAnother([
    () => begins.set(node.logStatus?.begins ?? 0),
    () => bytes.set(node.logStatus?.bytes ?? 0),
    () => leftBehind.set(node.logStatus?.leftBehind.length ?? 0),
    () => leads.set(member.state === "leading" ? 1 : 0),
    () => stale.set(member.isStale ? 1 : 0),
    () => term.set(member.term),
    () => sequence.set(member.durableSequence),
    () => lag.set(member.lagMs / 1_000),
    () => underWay.set(member.ordersUnderWay),
    () => copy.set(member.copyFault === undefined ? 0 : 1),
    follow(passedOver, () => node.shared.voidMessages),
  ]);
}

/** Figures of the datasets that the nodes of a cluster share, for Prometheus. */
import type { Meter } from "../../ports/meter.ts";
import type { NodeDatasets } from "./datasets.ts";

/** Registers them; the returned task brings them up to date. */
export function datasetFigures(meter: Meter, datasets: NodeDatasets | undefined): () => void {
  if (datasets === undefined || datasets.statuses.length === 0) return () => {};
  const labels = ["dataset"] as const;
  const runs = meter.gauge(
    "openbourse_dataset_runs",
    "1 while this node runs the feed of the dataset for the others.",
    [...labels],
  );
  const term = meter.gauge(
    "openbourse_dataset_term",
    "How often the feed of the dataset was taken over.",
    [...labels],
  );
  const message = meter.gauge(
    "openbourse_dataset_message",
    "Last message of the stream of datasets that was folded here.",
    [...labels],
  );
  const silence = meter.gauge(
    "openbourse_dataset_silence_seconds",
    "How long nothing was heard of the dataset; who runs its feed tells something each second.",
    [...labels],
  );
  const waiting = meter.gauge(
    "openbourse_dataset_waiting_bytes",
    "Bytes that this node has to tell the others.",
    [...labels],
  );
  return () => {
    for (const status of datasets.statuses) {
      const of = { dataset: status.dataset };
      runs.set(status.leads ? 1 : 0, of);
      term.set(status.term, of);
      message.set(status.at, of);
      silence.set((status.silentMs ?? 0) / 1_000, of);
      waiting.set(status.waitingBytes, of);
    }
  };
}

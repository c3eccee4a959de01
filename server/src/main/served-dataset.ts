/** What is known of a dataset before it is connected. */
import type { DatasetConfig } from "../config/schema.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { OpenedFeed } from "../ports/feed-kind.ts";

/** A dataset and its opened feed. */
export interface ServedDataset {
  readonly dataset: Dataset;
  /** As it was configured; undefined for the exchange's own trades. */
  readonly config: DatasetConfig | undefined;
  /** Undefined where only what was imported is served. */
  readonly opened: OpenedFeed | undefined;
}

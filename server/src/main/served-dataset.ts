/** What is known of a dataset before it is connected. */
import type { DatasetConfig } from "../config/schema.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { StoredPosition } from "../ports/dataset-store.ts";
import type { OpenedFeed } from "../ports/feed-kind.ts";

/** A dataset whose feed is run by one node of a cluster for all of them. */
export interface SharedDataset {
  /** Identity of its positions. */
  readonly epoch: string;
  readonly latenessUs: number;
  readonly unchangedBars: boolean;
  /** Whether bars of a minute can be shown here. */
  isWhole(startUs: number): boolean;
  /** Finds out from where it is told: so many trades of what `source` names have been told by then. */
  begin(
    position: StoredPosition | undefined,
  ): Promise<{ readonly source: string; readonly trades: number }>;
}

/** A dataset and its opened feed. */
export interface ServedDataset {
  readonly dataset: Dataset;
  /** As it was configured; undefined for the exchange's own trades. */
  readonly config: DatasetConfig | undefined;
  /** Undefined where only what was imported is served. */
  readonly opened: OpenedFeed | undefined;
  /** Undefined where this server runs its feed by itself. */
  readonly shared?: SharedDataset | undefined;
}

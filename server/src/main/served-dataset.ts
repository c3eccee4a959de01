/** What is known of a dataset before it is connected. */
import type { DatasetConfig } from "../config/schema.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { StoredPosition } from "../ports/dataset-store.ts";
import type { OpenedFeed } from "../ports/feed-kind.ts";

/** A dataset of which all nodes of a cluster are told the same, by one of them that runs its feed or by the log. */
export interface SharedDataset {
  /** Identity of its positions. */
  readonly epoch: string;
  readonly latenessUs: number;
  readonly unchangedBars: boolean;
  /** Whether others have told all up to where this node begins. Default: no. */
  readonly isReplica?: boolean;
  /** Whether bars of a minute can be shown here. */
  isWhole(startUs: number): boolean;
  /**
   * Finds out from where it is told: so many trades of what `source` names have been told by then. Left out where
   * nothing is stored of it.
   */
  begin?(
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

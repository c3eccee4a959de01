/**
 * Which calls workspaces have made in the running minute: all together, and those about one dataset by
 * their kind. They are counted where the limit is counted, whether they were answered well or not.
 */
import type { Awaitable } from "../../ports/awaitable.ts";
import type { Quota } from "../../ports/quota.ts";

/** Kinds of calls that are counted apart. */
export const usageKinds = ["time_series", "trades", "reference", "snapshots", "price"] as const;

/** One of {@link usageKinds}. */
export type UsageKind = (typeof usageKinds)[number];

/** A call as it is counted. */
export interface CountedCall {
  readonly workspace: string;
  /** The dataset that it is about; undefined where it is about none, or not about one that is served. */
  readonly dataset: string | undefined;
  readonly kind: UsageKind;
}

/** Counts calls; see above. */
export class Usage {
  readonly #counts: Quota;

  /** `counts` holds a number for each workspace, and one for each kind and dataset that it asked for. */
  constructor(counts: Quota) {
    this.#counts = counts;
  }

  add({ workspace, dataset, kind }: CountedCall, nowMs: number): void {
    void this.#counts.take(caller(workspace), undefined, nowMs);
    if (dataset !== undefined) {
      void this.#counts.take(caller(workspace, kind, dataset), undefined, nowMs);
    }
  }

  /** All calls of a workspace in this minute. */
  all(workspace: string, nowMs: number): Awaitable<number> {
    return this.#counts.count(caller(workspace), nowMs);
  }

  /** Those of one kind that were about a dataset. */
  about({ workspace, dataset, kind }: CountedCall, nowMs: number): Awaitable<number> {
    return this.#counts.count(caller(workspace, kind, dataset), nowMs);
  }

  refresh(nowMs: number): void {
    this.#counts.refresh(nowMs);
  }
}

/** The workspace comes last, because its name may be any text. */
function caller(workspace: string, kind = "", dataset = ""): string {
  return `${dataset} ${kind} ${workspace}`;
}

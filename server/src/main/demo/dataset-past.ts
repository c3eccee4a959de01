/**
 * The past that a simulated dataset begins with where nothing of it is stored: made up as its prices are, so that
 * whoever asks at once for candles sees some. What keeps it from being made keeps nothing else.
 */
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import { type DatasetStore, isStorageFailure } from "../../ports/dataset-store.ts";
import type { OpenedFeed } from "../../ports/feed-kind.ts";
import type { Log } from "../../ports/log.ts";

/** What it is made with. */
export interface DatasetPastParts {
  readonly dataset: string;
  readonly store: DatasetStore;
  readonly log: Log;
  readonly nowUs: number;
  /** How long it is; 0 for none. */
  readonly hours: number;
  readonly keepsTrades: boolean;
}

/** Makes the past of a dataset that begins now, and stores it: all of it or nothing. */
export async function makeDatasetPast(opened: OpenedFeed, parts: DatasetPastParts): Promise<void> {
  const { dataset, store, log, nowUs, hours, keepsTrades } = parts;
  if (opened.inventPast === undefined || hours === 0) return;
  // The minute that is running belongs to the feed.
  const untilUs = nowUs - (nowUs % barIntervalUs);
  const fromUs = untilUs - hours * 60 * barIntervalUs;
  const past = opened.inventPast({ fromUs, untilUs, keepsTrades });
  const outcome = await store.import({ dataset, ...past });
  if (isStorageFailure(outcome)) {
    log.warn("the dataset begins without a past", { dataset, reason: outcome.message });
    return;
  }
  log.info("the dataset begins with a past that is made up", { dataset, hours });
}

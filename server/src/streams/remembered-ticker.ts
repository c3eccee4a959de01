/** Up to where a ticker is stored: what a live feed goes on from after a start. */

import type { DatasetReader } from "../ports/dataset-reader.ts";
import { type RememberedTicker, recentTradesMax } from "../ports/feed.ts";
import { isUnanswered } from "../ports/history.ts";

/** Reads it; undefined where nothing is known of the ticker, or where it cannot be read. */
export async function rememberedTicker(
  store: DatasetReader,
  dataset: string,
  ticker: string,
): Promise<RememberedTicker | undefined> {
  const all = { dataset, ticker, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const coverage = await store.coverage(all);
  if (isUnanswered(coverage)) return undefined;
  const told = [...coverage.known, ...coverage.gaps];
  if (told.length === 0) return undefined;
  const trades = await store.trades({ ...all, order: "newest-first", limit: recentTradesMax });
  if (isUnanswered(trades)) return undefined;
  return {
    knownUntilUs: told.reduce((latest, { toUs }) => Math.max(latest, toUs), 0),
    recent: trades.toReversed(),
  };
}

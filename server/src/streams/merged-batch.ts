/** Makes one batch of two that wait to be stored, and takes out of a batch what there is no room for. */
import { mergedSpans, uncoveredSpans } from "../marketdata/bars/span.ts";
import type { Gap } from "../ports/dataset-reader.ts";
import { batchBarsMax, type DatasetBatch, type TickerBar } from "../ports/dataset-store.ts";

/** Two batches that follow each other as one; bars beyond {@link batchBarsMax} are given up as gaps. */
export function mergedBatch(older: DatasetBatch, newer: DatasetBatch): DatasetBatch {
  const bars = new Map<string, TickerBar>();
  for (const each of [...older.bars, ...newer.bars]) {
    bars.set(`${each.bar.startUs} ${each.ticker}`, each);
  }
  const all = [...bars.values()];
  const lost = all.splice(0, Math.max(0, all.length - batchBarsMax));
  const merged = {
    ...newer,
    follows: older.follows,
    trades: [...older.trades, ...newer.trades],
    bars: all,
    known: mergedSpans([...older.known, ...newer.known]),
    gaps: mergedGaps([...older.gaps, ...newer.gaps]),
  };
  if (lost.length === 0) return merged;
  return withGap(merged, {
    fromUs: Math.min(...lost.map(({ bar }) => bar.startUs)),
    toUs: Math.max(...lost.map(({ bar }) => bar.lastUs + 1)),
    reason: "bars came faster than they were stored",
  });
}

/** A batch that says of a time why it is not known. */
export function withGap(batch: DatasetBatch, gap: Gap): DatasetBatch {
  return { ...withoutKnown(batch, gap), gaps: mergedGaps([...batch.gaps, gap]) };
}

/** A batch that does not say that a time is known. */
export function withoutKnown(batch: DatasetBatch, gap: Gap): DatasetBatch {
  return { ...batch, known: batch.known.flatMap((span) => uncoveredSpans(span, [gap])) };
}

function mergedGaps(gaps: readonly Gap[]): readonly Gap[] {
  const byReason = Map.groupBy(gaps, ({ reason }) => reason);
  return [...byReason].flatMap(([reason, some]) =>
    mergedSpans(some).map((span) => ({ ...span, reason })),
  );
}

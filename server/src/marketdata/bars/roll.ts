/** The one exact roll-up: bars of a short interval become bars of a longer one. */
import { assert } from "../../core/assert.ts";
import type { Bar, StoredBar } from "./bar.ts";
import { BarFold } from "./fold.ts";
import { type BarInterval, intervalStart } from "./interval.ts";

/**
 * Bars of an interval from those of a shorter one that divides it, both oldest first. The result equals
 * folding all trades; a revision of a part counts as one of the whole. What one part does not tell is not
 * known of the whole.
 */
export function rollUp(bars: Iterable<Bar>, interval: BarInterval): Generator<Bar, void>;
export function rollUp(
  bars: Iterable<StoredBar>,
  interval: BarInterval,
): Generator<StoredBar, void>;
export function* rollUp(
  bars: Iterable<StoredBar>,
  interval: BarInterval,
): Generator<StoredBar, void> {
  let fold: BarFold | undefined;
  let revision = 0;
  let lastStartUs = Number.NEGATIVE_INFINITY;
  for (const bar of bars) {
    assert(bar.startUs > lastStartUs, "bars are rolled up oldest first");
    lastStartUs = bar.startUs;
    const startUs = intervalStart(interval, bar.startUs);
    if (fold?.startUs !== startUs) {
      if (fold !== undefined) yield fold.toStoredBar(revision);
      revision = 0;
      const { priceScale, volumeScale } = bar;
      fold = new BarFold({ startUs, priceScale, quantityScale: volumeScale });
    }
    fold.join(bar);
    revision += bar.revision;
  }
  if (fold !== undefined) yield fold.toStoredBar(revision);
}

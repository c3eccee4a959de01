/**
 * Figures that do not depend on what else was asked for. A fold that never quite forgets where it began gives other last
 * digits when it begins elsewhere, so where it begins may depend on nothing but the bar: some bars are anchors, by their time
 * alone, and the figures from an anchor to the next one are those of a fold that began a warm-up before it.
 */
import { assert } from "../../core/assert.ts";
import {
  type BarInterval,
  intervalStart,
  monthsInterval,
  secondsInterval,
  weekInterval,
} from "../bars/interval.ts";
import type { Indicator, PriceBar } from "./indicator.ts";

/** How many bars there are to an anchor, on average. */
const anchorSpacing = 256;

/**
 * Bars before a warm-up among which there is an anchor, but for one time in 10^17. Where there is
 * none, the fold begins here.
 */
const anchorReach = 40 * anchorSpacing;

/**
 * Longest warm-up. Those of averages of averages over hundreds of bars would be longer, and are cut: an anchor may show in
 * their figures, and they are the same on all pages nevertheless.
 */
const warmUpMax = 10_000;

function warmUpOf({ lookBack, warmUp }: Indicator): number {
  assert(lookBack <= warmUpMax, "the longest warm-up reaches the first figure");
  return Math.min(warmUp, warmUpMax);
}

/** Whether figures begin anew at a bar, by its start and that of the bar before it. */
export type IsAnchor = (startUs: number, beforeUs: number | undefined) => boolean;

/** Anchors of indicators that forget where they began. They fall as if by chance, so no trading hours avoid them. */
export const scatteredAnchors: IsAnchor = (startUs) => {
  const seconds = Math.floor(startUs / 1_000_000);
  let bits = Math.imul(seconds ^ Math.floor(seconds / 2 ** 32), 0x9e37_79b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0 < 2 ** 32 / anchorSpacing;
};

/** Most bars that a sum without end is counted over. */
const originBarsMax = 10_080;

const dayUs = 86_400 * 1_000_000;

/**
 * Anchors of sums without end (OBV): the first bar of each week, month or year (UTC), whichever is the longest
 * that has at most {@link originBarsMax} intervals. Days and longer intervals count from their first bar on.
 */
export function periodicAnchors(interval: BarInterval): IsAnchor {
  if (interval.kind === "months" || interval.lengthUs >= dayUs) return () => false;
  const bars = (days: number) => (days * dayUs) / interval.lengthUs;
  const year = bars(366) <= originBarsMax ? monthsInterval(12) : undefined;
  const month = bars(31) <= originBarsMax ? monthsInterval(1) : undefined;
  const period =
    year ?? month ?? (bars(7) <= originBarsMax ? weekInterval : secondsInterval(86_400));
  return (startUs, beforeUs) =>
    beforeUs !== undefined && intervalStart(period, startUs) !== intervalStart(period, beforeUs);
}

/**
 * Whether bars reach back far enough for the figures from index `at` on: a warm-up beyond an anchor. There is nothing more
 * to read either when they begin with the first bar that there is, or are more than {@link barsBeforeMax}.
 */
export function reachesBack(
  bars: readonly PriceBar[],
  at: number,
  indicator: Indicator,
  isAnchor: IsAnchor,
): boolean {
  const anchor = anchorBefore(bars, at, isAnchor);
  return anchor !== undefined && anchor >= warmUpOf(indicator);
}

/** Most bars that are read before the first one whose figures are asked for. */
export function barsBeforeMax(indicator: Indicator): number {
  return warmUpOf(indicator) + anchorReach;
}

/** Index of the last anchor up to `at`; undefined where there is none. The first bar is looked at as well. */
function anchorBefore(
  bars: readonly PriceBar[],
  at: number,
  isAnchor: IsAnchor,
): number | undefined {
  for (let index = at; index >= 0; index -= 1) {
    if (isAnchor(bars[index]!.startUs, bars[index - 1]?.startUs)) return index;
  }
  return undefined;
}

/** Bars that are folded in one go: a millisecond's work of the heaviest indicator. */
export const foldedAtOnce = 4_096;

/**
 * The figures of all bars from index `from` on, undefined where there are too few before one. `bars` are oldest first; they reach
 * back a warm-up beyond an anchor at or before `from`, or begin with the first bar that there is. It yields after every
 * {@link foldedAtOnce} bars, for others to have their turn, and returns with the figures.
 */
export function* anchoredFigures<Figures extends readonly number[]>(
  indicator: Indicator<Figures>,
  bars: readonly PriceBar[],
  from: number,
  isAnchor: IsAnchor,
): Generator<void, (Figures | undefined)[]> {
  const figures: (Figures | undefined)[] = [];
  const warmUp = warmUpOf(indicator);
  let folded = 0;
  let start = anchorBefore(bars, Math.min(from, bars.length - 1), isAnchor) ?? 0;
  while (start < bars.length) {
    const end = nextAnchor(bars, start + 1, isAnchor);
    const fold = indicator.begin();
    for (let index = Math.max(0, start - warmUp); index < end; index += 1) {
      const figure = fold.add(bars[index]!);
      if (index >= start && index >= from) figures.push(figure);
      folded += 1;
      if (folded % foldedAtOnce === 0) yield;
    }
    start = end;
  }
  return figures;
}

function nextAnchor(bars: readonly PriceBar[], from: number, isAnchor: IsAnchor): number {
  for (let index = from; index < bars.length; index += 1) {
    if (isAnchor(bars[index]!.startUs, bars[index - 1]?.startUs)) return index;
  }
  return bars.length;
}

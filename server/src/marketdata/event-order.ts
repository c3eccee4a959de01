/** Puts trades into the order of their event times, for sources that send or store them in another. */
import type { Trade } from "./trade.ts";

type Ordered = Pick<Trade, "eventTimeUs" | "id">;

/** What a trade is of; a file of many tickers may hold them one after another. */
type TickerOf<T> = (trade: T) => string | undefined;

/** How the trades of each ticker follow each other in a source. */
export type SourceOrder = "oldest-first" | "newest-first" | "mixed";

/**
 * Trades by event time, the same array where they are so already. Where the trades of each ticker came
 * by time, or all newest first, equal times keep that order; else they are ordered by their ids where
 * all of the moment are numbers.
 */
export function inEventOrder<T extends Ordered>(
  trades: readonly T[],
  tickerOf: TickerOf<T>,
): readonly T[] {
  if (isByTime(trades)) return trades;
  const order = sourceOrder(trades, tickerOf);
  // Sorting is stable, so what is turned round first stays so where times are equal.
  const sorted = (order === "newest-first" ? trades.toReversed() : trades.slice()).sort(byTime);
  if (order === "mixed") orderMoments(sorted);
  return sorted;
}

/**
 * Trades of a live venue by event time, and those of one moment by their ids where all of these are numbers:
 * venues count as they trade, whatever the order in which they tell it. Else a moment keeps its order.
 */
export function inVenueOrder<T extends Ordered>(trades: readonly T[]): readonly T[] {
  const sorted = trades.toSorted(byTime);
  orderMoments(sorted);
  return sorted;
}

/** How the trades of each ticker follow each other. */
export function sourceOrder<T extends Ordered>(
  trades: readonly T[],
  tickerOf: TickerOf<T>,
): SourceOrder {
  const lastUs = new Map<string | undefined, number>();
  let ascents = 0;
  let descents = 0;
  for (const trade of trades) {
    const ticker = tickerOf(trade);
    const step = trade.eventTimeUs - (lastUs.get(ticker) ?? trade.eventTimeUs);
    if (step > 0) ascents += 1;
    else if (step < 0) descents += 1;
    lastUs.set(ticker, trade.eventTimeUs);
  }
  if (descents === 0) return "oldest-first";
  return ascents === 0 ? "newest-first" : "mixed";
}

function isByTime(trades: readonly Ordered[]): boolean {
  for (let at = 1; at < trades.length; at += 1) {
    if (trades[at]!.eventTimeUs < trades[at - 1]!.eventTimeUs) return false;
  }
  return true;
}

function byTime(left: Ordered, right: Ordered): number {
  return left.eventTimeUs - right.eventTimeUs;
}

/** Orders what is of one moment by id. Moments are taken whole: an id that is no number has no place among numbers. */
function orderMoments(sorted: Ordered[]): void {
  for (let from = 0, end = 0; from < sorted.length; from = end) {
    const us = sorted[from]!.eventTimeUs;
    while (end < sorted.length && sorted[end]!.eventTimeUs === us) end += 1;
    if (end - from === 1) continue;
    const moment = sorted.slice(from, end);
    if (!moment.every(hasNumber)) continue;
    moment.sort((left, right) => left.id - right.id);
    for (let at = from; at < end; at += 1) sorted[at] = moment[at - from]!;
  }
}

function hasNumber(trade: Ordered): trade is Ordered & { readonly id: number } {
  return typeof trade.id === "number";
}

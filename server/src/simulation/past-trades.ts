/**
 * An invented past of one market, up to a moment at which its price is where it starts. The model runs
 * away from that moment, and what it tells is laid out backwards: what happens from then on goes on
 * from there, and the same seed gives the same past.
 */
import type { Random } from "./random.ts";
import { type ModelParameters, type ModelTrade, TradeModel } from "./trade-model.ts";

/** The last hours are told closely, of what was before them one trade in so many, as much larger. */
const closeUs = 2 * 3_600_000_000;
const thinning = 3;

/** How much of a past is told closely, once it is thinned: the same number of trades takes so long, in microseconds. */
export function closeLengthUs(lengthUs: number): number {
  const recentUs = Math.min(lengthUs, closeUs);
  return recentUs + (lengthUs - recentUs) / thinning;
}

/** Of which time a past is told, and how closely. Times are microseconds since 1970. */
export interface PastOptions {
  readonly fromUs: number;
  /** The last trade is before it. */
  readonly untilUs: number;
  /**
   * Share of the market's trades that are told of the last hours, more than 0 and at most 1. They are larger in
   * return, so that as much changes hands in an hour as in a market that is told wholly.
   */
  readonly share: number;
  /** The oldest trades beyond so many are left out. */
  readonly tradesMax: number;
}

/** The trades of a market's past, oldest first. */
export function pastTrades(
  market: ModelParameters,
  random: Random,
  { fromUs, untilUs, share, tradesMax }: PastOptions,
): readonly ModelTrade[] {
  const sparse = {
    ...market,
    tradesPerSecond: market.tradesPerSecond * share,
    medianLots: Math.round(market.medianLots / share),
  };
  const model = new TradeModel(sparse, random, 0);
  const trades: ModelTrade[] = [];
  while (trades.length < tradesMax) {
    const trade = model.next();
    const timeUs = untilUs - 1 - trade.timeUs;
    if (timeUs < fromUs) break;
    const isClose = timeUs >= untilUs - closeUs;
    if (isClose) trades.push({ ...trade, timeUs });
    else if (random.chance(1 / thinning)) {
      trades.push({ ...trade, timeUs, quantityLots: trade.quantityLots * thinning });
    }
  }
  return trades.reverse();
}

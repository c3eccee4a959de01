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
function closeLengthUs(lengthUs: number): number {
  const recentUs = Math.min(lengthUs, closeUs);
  return recentUs + (lengthUs - recentUs) / thinning;
}

/**
 * How closely the pasts of markets are told so that all of them together have about so many trades at most,
 * whatever their length in microseconds; gives what that means for a market.
 */
export function closeness(
  markets: readonly Pick<ModelParameters, "tradesPerSecond">[],
  lengthUs: number,
  tradesUsual: number,
): (market: Pick<ModelParameters, "tradesPerSecond">) => Pick<PastOptions, "share" | "tradesMax"> {
  const perSecond = markets.reduce((sum, { tradesPerSecond }) => sum + tradesPerSecond, 0);
  const expected = (perSecond * closeLengthUs(lengthUs)) / 1_000_000;
  const share = Math.min(1, tradesUsual / Math.max(expected, 1));
  // Busy spells may bring more than was expected.
  return ({ tradesPerSecond }) => ({
    share,
    tradesMax: Math.ceil((2 * tradesUsual * tradesPerSecond) / perSecond),
  });
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
  /**
   * How many seconds of the past go by in one of the model's, 1 when left out. It takes so many times less to make, moves as far,
   * and its busy and quiet spells are so many times as long.
   */
  readonly tempo?: number;
}

/** The trades of a market's past, oldest first. */
export function pastTrades(
  market: ModelParameters,
  random: Random,
  { fromUs, untilUs, share, tradesMax, tempo = 1 }: PastOptions,
): readonly ModelTrade[] {
  const sparse = {
    ...market,
    tradesPerSecond: market.tradesPerSecond * share * tempo,
    dailyVolatility: market.dailyVolatility * Math.sqrt(tempo),
    medianLots: Math.round(market.medianLots / share),
  };
  const model = new TradeModel(sparse, random, 0);
  const trades: ModelTrade[] = [];
  while (trades.length < tradesMax) {
    const trade = model.next();
    const timeUs = untilUs - 1 - trade.timeUs * tempo;
    if (timeUs < fromUs) break;
    const isClose = timeUs >= untilUs - closeUs;
    if (isClose) trades.push({ ...trade, timeUs });
    else if (random.chance(1 / thinning)) {
      trades.push({ ...trade, timeUs, quantityLots: trade.quantityLots * thinning });
    }
  }
  return trades.reverse();
}

/**
 * A past that is made up, for those who open a simulated dataset for the first time: it ends where the trades of
 * the feed begin, and the same seed gives the same one.
 */

import { minuteInterval } from "../../marketdata/bars/interval.ts";
import { takeBars } from "../../marketdata/bars/of-trades.ts";
import type { StoredTrade } from "../../ports/dataset-reader.ts";
import type { TickerBar } from "../../ports/dataset-store.ts";
import type { InventedPast, PastSpan } from "../../ports/feed-kind.ts";
import type { SimulatedMarket } from "../../simulation/market.ts";
import { closeness, pastTrades } from "../../simulation/past-trades.ts";
import { Random } from "../../simulation/random.ts";
import type { ModelTrade } from "../../simulation/trade-model.ts";

/** About so many trades a past has at most, whatever its length and its tickers. */
const pastTradesUsual = 20_000;

/** Seconds of the past in one of the model's: a day of ten tickers takes some ten milliseconds to make. */
const tempo = 30;

/** A whole simulated venue. */
export interface SimulatedVenue {
  readonly seed: number;
  /** Written into each trade as the place where it happened. */
  readonly venue: string;
  readonly markets: readonly SimulatedMarket[];
}

/** Makes the past of a venue. */
export function simulatedPast(
  { seed, venue, markets }: SimulatedVenue,
  { fromUs, untilUs, keepsTrades }: PastSpan,
): InventedPast {
  const close = closeness(markets, untilUs - fromUs, pastTradesUsual);
  const trades: StoredTrade[] = [];
  const bars: TickerBar[] = [];
  for (const market of markets) {
    const random = new Random(seed, `${market.ticker} past`);
    const past = pastTrades(market, random, { fromUs, untilUs, tempo, ...close(market) });
    if (keepsTrades) trades.push(...storedTrades(past, { market, venue, untilUs }));
    else bars.push(...minutesOf(past, market));
  }
  const known = markets.map(({ ticker }) => ({ ticker, fromUs, toUs: untilUs }));
  return { trades, bars, known };
}

/** Trades with ids that end before those of the feed, which count up from its start in microseconds. */
function storedTrades(
  past: readonly ModelTrade[],
  {
    market,
    venue,
    untilUs,
  }: { readonly market: SimulatedMarket; readonly venue: string; readonly untilUs: number },
): readonly StoredTrade[] {
  const { ticker, tick, lot } = market;
  return past.map(({ timeUs, priceTicks, quantityLots, aggressor }, index) => ({
    ...{ ticker, venue, id: untilUs - past.length + index },
    price: priceTicks * tick.coefficient,
    priceScale: tick.scale,
    quantity: withinLots(quantityLots, market) * lot.coefficient,
    quantityScale: lot.scale,
    ...{ eventTimeUs: timeUs, aggressor },
  }));
}

function minutesOf(past: readonly ModelTrade[], market: SimulatedMarket): readonly TickerBar[] {
  const { ticker, tick, lot } = market;
  const trades = past.map(({ timeUs, priceTicks, quantityLots, aggressor }) => ({
    ...{ timeUs, aggressor, price: priceTicks, quantity: withinLots(quantityLots, market) },
  }));
  const { bars } = takeBars(trades, {
    steps: { tickSize: tick, lotSize: lot },
    interval: minuteInterval,
    isOldestFirst: true,
    barsMax: Number.POSITIVE_INFINITY,
  });
  return bars.map((bar) => ({ ticker, bar: { ...bar, state: "closed", revision: 0 } }));
}

/** Trades of the past are larger than those of the feed, and still have to be exact. */
function withinLots(lots: number, { lot }: SimulatedMarket): number {
  return Math.min(lots, Math.floor(Number.MAX_SAFE_INTEGER / lot.coefficient));
}

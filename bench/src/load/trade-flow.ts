/**
 * A made-up flow of trades over many tickers, in the shape in which feeds deliver them. It is not a
 * model of a market, only of what matters to a fold: how trades spread over tickers, digits and time.
 */
import type { Instrument } from "../../../server/src/marketdata/instrument.ts";
import type { Trade } from "../../../server/src/marketdata/trade.ts";
import { createRandom, createZipf } from "./random.ts";

/** What flow to make. */
export interface TradeFlowOptions {
  readonly seed: number;
  readonly tickers: number;
  readonly trades: number;
  /** Trades in one second of market time, all tickers together. */
  readonly tradesPerSecond: number;
  /** Market time of the first arrival, in microseconds since 1970. */
  readonly startUs: number;
}

/** Trades of a ticker's kind: first price and largest quantity as integers, and their decimals. */
interface MarketKind {
  readonly price: number;
  readonly priceScale: number;
  readonly quantityMax: number;
  readonly quantityScale: number;
}

/**
 * Kinds of market as spot exchanges have them. Prices of the fourth are no small integers any more,
 * and sums of the last outgrow 2 ** 53.
 */
const marketKinds: readonly MarketKind[] = [
  { price: 6_700_000, priceScale: 2, quantityMax: 1e6, quantityScale: 5 },
  { price: 23_456, priceScale: 4, quantityMax: 1e5, quantityScale: 1 },
  { price: 1_234, priceScale: 8, quantityMax: 1e7, quantityScale: 0 },
  { price: 3_512_345_678, priceScale: 8, quantityMax: 1e5, quantityScale: 3 },
  { price: 312_345, priceScale: 2, quantityMax: 5e9, quantityScale: 8 },
];

/** Longest time from event to arrival, in microseconds; shorter ones vary, so events overtake each other. */
const delayMaxUs = 5_000;

interface Market {
  readonly instrument: Instrument;
  readonly kind: MarketKind;
  price: number;
  nextId: number;
}

/** Trades in order of arrival; ids count up per ticker, prices walk by single ticks. */
export function createTradeFlow(options: TradeFlowOptions): readonly Trade[] {
  const random = createRandom(options.seed);
  const markets = shuffled(createMarkets(options.tickers), random);
  const nextRank = createZipf(options.tickers, random);
  const gapUs = 1_000_000 / options.tradesPerSecond;
  return Array.from({ length: options.trades }, (_, at) => {
    const receiveTimeUs = options.startUs + Math.floor(at * gapUs);
    return nextTrade(markets[nextRank()]!, receiveTimeUs, random);
  });
}

function createMarkets(count: number): Market[] {
  const dataset = { code: "bench", name: "Benchmark", publisher: "bench" };
  return Array.from({ length: count }, (_, index) => {
    const kind = marketKinds[index % marketKinds.length]!;
    const instrument = { dataset, ticker: `T${index}/USDT`, index };
    return { instrument, kind, price: kind.price, nextId: 1 + index * 1_000 };
  });
}

/** Busy tickers must not be neighbours in memory: on a real exchange they are not. */
function shuffled(markets: Market[], random: () => number): readonly Market[] {
  for (let at = markets.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [markets[at], markets[other]] = [markets[other]!, markets[at]!];
  }
  return markets;
}

function nextTrade(market: Market, receiveTimeUs: number, random: () => number): Trade {
  const { instrument, kind } = market;
  market.price = Math.max(1, market.price + Math.floor(random() * 3) - 1);
  market.nextId += 1;
  // Small quantities are the rule: the exponent is what is drawn evenly.
  const lots = Math.max(1, Math.floor(kind.quantityMax ** random()));
  const price = shortest(market.price, kind.priceScale);
  const quantity = shortest(lots, kind.quantityScale);
  return {
    instrument,
    venue: "bench",
    id: market.nextId,
    price: price.coefficient,
    priceScale: price.scale,
    quantity: quantity.coefficient,
    quantityScale: quantity.scale,
    eventTimeUs: receiveTimeUs - Math.floor(random() * delayMaxUs),
    receiveTimeUs,
    aggressor: random() < 0.5 ? "buy" : "sell",
  };
}

/** Without trailing zeros, as the parser of the feeds leaves it: scales differ from trade to trade. */
function shortest(coefficient: number, scale: number): { coefficient: number; scale: number } {
  let value = coefficient;
  let places = scale;
  while (places > 0 && value % 10 === 0) {
    value /= 10;
    places -= 1;
  }
  return { coefficient: value, scale: places };
}

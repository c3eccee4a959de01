/**
 * The exchange's markets as the public sees them: last price, 24-hour figures, depth per scale, recent
 * trades and candles. This is the reading side; it shows nothing that is not durable.
 */
import type { MarketRules } from "../core/market/rules.ts";
import type { Candle, DepthUpdate, LastPriceUpdate, PublicTrade, TickerUpdate } from "./updates.ts";

/** Most trades of a market that are kept at hand. */
export const recentTradesMax = 100;

/** Most candles that one question is answered with. */
export const candlesMax = 1_440;

/** A market and whether it takes orders. */
export interface ListedMarket {
  readonly rules: MarketRules;
  readonly halted: boolean;
}

/** Which candles of a market. */
export interface CandleQuery {
  readonly intervalS: number;
  /** Candles that start at or after this second. */
  readonly fromS: number;
  /** Candles that start at or before this second. */
  readonly toS: number;
}

/** What can be read; undefined for an unknown market, and where there were no trades. */
export interface MarketBoardView {
  /** All markets in the order in which they were added. */
  markets(): readonly ListedMarket[];
  market(code: string): ListedMarket | undefined;
  /** Codes of the currencies of all markets, in the order in which they first appeared. */
  currencies(): readonly string[];
  lastPrice(market: string): LastPriceUpdate | undefined;
  ticker(market: string, nowUs: number): TickerUpdate | undefined;
  /** The whole book at a scale. The same object until the book changes. */
  depth(market: string, scaleIndex: number): DepthUpdate | undefined;
  /** The newest trades first, at most {@link recentTradesMax}. */
  recentTrades(market: string): readonly PublicTrade[] | undefined;
  /** Oldest first, intervals without trades left out; the newest {@link candlesMax} of those asked for. */
  candles(market: string, query: CandleQuery): readonly Candle[] | undefined;
}

/**
 * Candles as far back as they are stored. The board answers for what it knows wholly, the running candle
 * included, and the store for everything before: where one ends the other begins.
 */
import { type Bar, wholeBar } from "../../marketdata/bars/bar.ts";
import { secondsInterval } from "../../marketdata/bars/interval.ts";
import {
  type CandleQuery,
  candlesMax,
  type MarketBoardView,
} from "../../marketdata/market-board.ts";
import type { StoredBars, TickerBarQuery } from "../../ports/dataset-reader.ts";

/**
 * Most candles that are kept aside while the store is read. The board goes on meanwhile and forgets its oldest
 * ones, a few at most: an answer that takes longer than these last is none.
 */
export const keptCandlesMax = 64;

const secondUs = 1_000_000;

/** Candles of a market that were asked for. */
export interface CandleQuestion extends CandleQuery {
  readonly market: string;
}

/** Candles that are all there is, or what the store has to say before they are. */
export type FoundCandles =
  | { readonly kind: "whole"; readonly candles: readonly Bar[] }
  | ({ readonly kind: "part" } & StoredPart);

/** What only the store knows. */
export interface StoredPart {
  readonly query: TickerBarQuery;
  /** The candles that follow it on the board, at most {@link keptCandlesMax}. */
  readonly next: readonly Bar[];
}

/** Looks on the board: the newest {@link candlesMax} of the candles asked for, oldest first, if it has them. */
export function findCandles(board: MarketBoardView, question: CandleQuestion): FoundCandles {
  const { market, intervalS, fromS, toS } = question;
  const candles = board.candles(market, { intervalS, fromS, toS }) ?? [];
  const knownFromS = board.candlesKnownFromS(market, intervalS) ?? 0;
  if (fromS >= knownFromS || candles.length >= candlesMax) return { kind: "whole", candles };
  const query: TickerBarQuery = {
    interval: secondsInterval(intervalS),
    fromUs: fromS * secondUs,
    toUs: Math.min(toS + 1, knownFromS) * secondUs,
    order: "newest-first",
    limit: candlesMax - candles.length,
  };
  return { kind: "part", query, next: candles.slice(0, keptCandlesMax) };
}

/**
 * The candles that were asked for once the store has answered, as {@link findCandles} gives them; undefined
 * when that took so long that nobody here knows what follows.
 */
export function joinCandles(
  board: MarketBoardView,
  question: CandleQuestion,
  { next, stored }: Pick<StoredPart, "next"> & { readonly stored: StoredBars },
): readonly Bar[] | undefined {
  const { market, intervalS, fromS, toS } = question;
  const knownFromUs = (board.candlesKnownFromS(market, intervalS) ?? 0) * secondUs;
  const lastKept = next[keptCandlesMax - 1];
  if (lastKept !== undefined && lastKept.startUs < knownFromUs) return undefined;
  const older = stored.bars.map(wholeBar).reverse();
  const kept = next.filter(({ startUs }) => startUs < knownFromUs);
  const newer = board.candles(market, { intervalS, fromS, toS }) ?? [];
  return [...older, ...kept, ...newer].slice(-candlesMax);
}

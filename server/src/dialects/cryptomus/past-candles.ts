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
 * How far the store is asked beyond what it is needed for, in seconds. While it is being read the board goes
 * on, and forgets its oldest candles; an answer that takes longer than this is none.
 */
const answerTimeMaxS = 600;

const secondUs = 1_000_000;

/** Candles of a market that were asked for. */
export interface CandleQuestion extends CandleQuery {
  readonly market: string;
}

/** Candles that are all there is, or what the store has to say before they are. */
export type FoundCandles =
  | { readonly kind: "whole"; readonly candles: readonly Bar[] }
  | { readonly kind: "stored"; readonly query: TickerBarQuery };

/** Looks on the board: the newest {@link candlesMax} of the candles asked for, oldest first, if it has them. */
export function findCandles(board: MarketBoardView, question: CandleQuestion): FoundCandles {
  const { market, intervalS, fromS, toS } = question;
  const candles = board.candles(market, question) ?? [];
  const knownFromS = board.candlesKnownFromS(market, intervalS) ?? 0;
  if (fromS >= knownFromS || candles.length >= candlesMax) return { kind: "whole", candles };
  const query: TickerBarQuery = {
    interval: secondsInterval(intervalS),
    fromUs: fromS * secondUs,
    toUs: Math.min(toS, knownFromS + answerTimeMaxS) * secondUs + 1,
    order: "newest-first",
    limit: candlesMax,
  };
  return { kind: "stored", query };
}

/**
 * The candles that were asked for once the store has answered, as {@link findCandles} gives them; undefined
 * when that took so long that the board does not know any more what follows.
 */
export function joinCandles(
  board: MarketBoardView,
  question: CandleQuestion,
  { query, stored }: { readonly query: TickerBarQuery; readonly stored: StoredBars },
): readonly Bar[] | undefined {
  const { market, intervalS, toS } = question;
  const knownFromUs = (board.candlesKnownFromS(market, intervalS) ?? 0) * secondUs;
  if (query.toUs < Math.min(knownFromUs, toS * secondUs)) return undefined;
  const older = stored.bars
    .filter(({ startUs }) => startUs < knownFromUs)
    .map(wholeBar)
    .reverse();
  return [...older, ...(board.candles(market, question) ?? [])].slice(-candlesMax);
}

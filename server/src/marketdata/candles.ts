/**
 * The candles of one market at every interval that clients may ask for, made from four resolutions.
 * It keeps no trades and answers nothing that it does not know wholly.
 */
import { assert } from "../core/assert.ts";
import { type CandleQuery, CandleTable, type CandleTrade, intervalStartS } from "./candle-table.ts";
import type { Candle } from "./updates.ts";

/** Most candles that are kept of a stored resolution, and that one question is answered with. */
export const candlesMax = 1_440;

/** Most candles of one second that are kept. They are not stored: a restart begins without them. */
export const secondCandlesMax = 3_600;

/** Resolutions that are stored, in seconds: minute, hour and UTC day. */
export type CandleResolutionS = 60 | 3_600 | 86_400;

/** All {@link CandleResolutionS}, finest first. */
export const candleResolutionsS: readonly CandleResolutionS[] = [60, 3_600, 86_400];

const [minuteS, hourS, dayS] = [60, 3_600, 86_400];
const weekS = 604_800;
const monthS = 2_592_000;
const partsOfSixty = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const partsOfDay = [1, 2, 3, 4, 6, 8, 12];
const daysBelowWeek = [1, 2, 3, 4, 5, 6];

/**
 * All intervals in seconds, shortest first (protocol section 4): parts of a minute, of an hour and of
 * a day, 1 to 6 days, a week and a month. They are counted from 1970, so a week begins on a Thursday
 * and a month is 30 days long.
 */
export const candleIntervalsS: readonly number[] = [
  ...partsOfSixty,
  ...partsOfSixty.map((part) => part * minuteS),
  ...partsOfDay.map((part) => part * hourS),
  ...daysBelowWeek.map((days) => days * dayS),
  weekS,
  monthS,
];

const knownIntervals: ReadonlySet<number> = new Set(candleIntervalsS);

/** Whether there are candles of so many seconds. */
export function isCandleInterval(seconds: number): boolean {
  return knownIntervals.has(seconds);
}

/** The newest candles of one market. */
export class CandleStore {
  /** Coarsest first: the first that divides an interval has the fewest rows of it. */
  readonly #tables: readonly CandleTable[] = [
    ...candleResolutionsS.map((resolutionS) => new CandleTable(resolutionS, candlesMax)).reverse(),
    new CandleTable(1, secondCandlesMax),
  ];

  /** Folds a trade that is not older than the newest one. */
  apply(trade: CandleTrade): void {
    for (const table of this.#tables) table.add(trade);
  }

  /** Fills a resolution of a new store with what was stored of it, oldest first. */
  restore(resolutionS: CandleResolutionS, candles: readonly Candle[]): void {
    this.#table(resolutionS).restore(candles);
  }

  /**
   * The newest {@link candlesMax} of the candles asked for, oldest first, without those that had no
   * trades. The interval is one of {@link candleIntervalsS}.
   */
  candles(query: CandleQuery): readonly Candle[] {
    assert(isCandleInterval(query.intervalS), "candles are asked for by a known interval");
    const candles = this.#table(query.intervalS).candles(query);
    return candles.length > candlesMax ? candles.slice(-candlesMax) : candles;
  }

  /** The candle of the interval that a second belongs to; undefined while that has no trades. */
  running(intervalS: number, nowS: number): Candle | undefined {
    const startS = intervalStartS(nowS, intervalS);
    return this.candles({ intervalS, fromS: startS, toS: startS })[0];
  }

  #table(intervalS: number): CandleTable {
    const table = this.#tables.find(({ resolutionS }) => intervalS % resolutionS === 0);
    assert(table !== undefined, "one second divides every interval");
    return table;
  }
}

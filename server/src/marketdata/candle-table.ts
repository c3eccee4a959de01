/**
 * The newest candles of one market at one resolution, oldest first, without those that had no trades.
 * It takes trades in the order of their time and answers coarser intervals by joining its rows.
 */
import { assert } from "../core/assert.ts";
import { plusExactly } from "./exact-plus.ts";
import type { Candle, PublicTrade } from "./updates.ts";

/** What a candle needs to know of a trade. */
export type CandleTrade = Pick<PublicTrade, "timeUs" | "price" | "quantity" | "value">;

/** Which candles. All times are in seconds since 1970. */
export interface CandleQuery {
  readonly intervalS: number;
  /** Candles that start at or after this second. */
  readonly fromS: number;
  /** Candles that start at or before this second. */
  readonly toS: number;
}

/** Rows of one resolution. */
export class CandleTable {
  readonly resolutionS: number;
  readonly #rowsMax: number;
  readonly #rows: Candle[] = [];

  constructor(resolutionS: number, rowsMax: number) {
    this.resolutionS = resolutionS;
    this.#rowsMax = rowsMax;
  }

  /** Folds a trade that is not older than the newest one. */
  add({ timeUs, price, quantity, value }: CandleTrade): void {
    const startS = intervalStartS(Math.floor(timeUs / 1e6), this.resolutionS);
    const candle: Candle = {
      startS,
      open: price,
      high: price,
      low: price,
      close: price,
      volume: quantity,
      value,
      tradeCount: 1,
    };
    const last = this.#rows.at(-1);
    if (last?.startS === startS) this.#rows[this.#rows.length - 1] = join(last, candle);
    else this.#append(candle);
  }

  /** Fills an empty table, oldest first; of too many, the newest stay. */
  restore(candles: readonly Candle[]): void {
    assert(this.#rows.length === 0, "only an empty table is filled");
    for (const candle of candles) this.#append(candle);
  }

  /**
   * Candles of an interval that is a multiple of the resolution, oldest first. The oldest one is left
   * out when rows of it may have been dropped.
   */
  candles({ intervalS, fromS, toS }: CandleQuery): readonly Candle[] {
    const joined: Candle[] = [];
    const firstS = Math.max(nextStartS(fromS, intervalS), this.#wholeFromS(intervalS));
    for (let at = this.#find(firstS); at < this.#rows.length; at += 1) {
      const row = this.#rows[at]!;
      const startS = intervalStartS(row.startS, intervalS);
      if (startS > toS) break;
      const last = joined.at(-1);
      if (last?.startS === startS) joined[joined.length - 1] = join(last, row);
      else joined.push(startS === row.startS ? row : { ...row, startS });
    }
    return joined;
  }

  /** Start of the first interval of which no row was dropped, as far as the rows tell. */
  #wholeFromS(intervalS: number): number {
    const oldest = this.#rows[0];
    if (oldest === undefined || this.#rows.length < this.#rowsMax) return 0;
    return nextStartS(oldest.startS, intervalS);
  }

  /** Index of the first row that does not start before a second. */
  #find(startS: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rows[middle]!.startS < startS) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #append(candle: Candle): void {
    assert(candle.startS % this.resolutionS === 0, "a candle starts with its interval");
    const last = this.#rows.at(-1);
    assert(last === undefined || last.startS < candle.startS, "candles come in order of time");
    this.#rows.push(candle);
    if (this.#rows.length > this.#rowsMax) this.#rows.shift();
  }
}

/** Start of the interval that a second belongs to. Intervals are counted from 1970. */
export function intervalStartS(second: number, intervalS: number): number {
  return Math.floor(second / intervalS) * intervalS;
}

/** Start of the first interval that does not start before a second. */
function nextStartS(second: number, intervalS: number): number {
  return Math.ceil(second / intervalS) * intervalS;
}

/** One candle of two that follow each other; it starts with the earlier one. */
function join(earlier: Candle, later: Candle): Candle {
  return {
    startS: earlier.startS,
    open: earlier.open,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    close: later.close,
    volume: plusExactly(earlier.volume, later.volume),
    value: earlier.value + later.value,
    tradeCount: earlier.tradeCount + later.tradeCount,
  };
}

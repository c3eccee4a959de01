/**
 * The last price of one instrument: that of its newest trade by event time, then by arrival. An
 * older trade that arrives late does not move it.
 */
import type { Trade } from "./trade.ts";

/** Keeps the trade that made the last price. */
export class LastPrice {
  #trade: Trade | undefined;

  /** The newest trade, with its price, quantity, time and aggressor; undefined before the first. */
  get trade(): Trade | undefined {
    return this.#trade;
  }

  /** Folds one trade; true when it is the last one now, even if its price is the same. */
  apply(trade: Trade): boolean {
    if (this.#trade !== undefined && trade.eventTimeUs < this.#trade.eventTimeUs) return false;
    this.#trade = trade;
    return true;
  }
}

/** The newest public trades of one market. It makes no figures. */
import type { PublicTrade } from "./updates.ts";

/** Most trades of a market that are kept at hand. */
export const recentTradesMax = 100;

/** Trades in the order in which they happened. */
export class TradeTape {
  /** Oldest first; up to twice as many as are shown, so that few trades make it move. */
  #kept: PublicTrade[];
  #shown: readonly PublicTrade[] | undefined;

  /** A tape that holds what was traded before, newest first. */
  constructor(recent: readonly PublicTrade[] = []) {
    this.#kept = recent.slice(0, recentTradesMax).reverse();
  }

  add(trade: PublicTrade): void {
    this.#shown = undefined;
    this.#kept.push(trade);
    if (this.#kept.length > 2 * recentTradesMax) this.#kept = this.#kept.slice(-recentTradesMax);
  }

  /** The newest trades first, at most {@link recentTradesMax}; the same list until the next trade. */
  recent(): readonly PublicTrade[] {
    this.#shown ??= this.#kept.slice(-recentTradesMax).reverse();
    return this.#shown;
  }
}

/**
 * What the agents know of a market's book: the levels that events have told. It follows, it never
 * matches; it holds as many levels as the exchange, whose open orders are bounded.
 */
import type { Level } from "../core/book/book.ts";
import type { Side } from "../core/market/rules.ts";

/** The levels of one market. */
export class BookView {
  /** Best level last on both sides, where most changes are cheap. */
  readonly #sides: Record<Side, Level[]> = { buy: [], sell: [] };

  /** The best level of a side; undefined when the side is empty. */
  best(side: Side): Level | undefined {
    return this.#sides[side].at(-1);
  }

  /** Halfway between the best prices in ticks; undefined when a side is empty. */
  get middle(): number | undefined {
    const bid = this.best("buy");
    const ask = this.best("sell");
    return bid === undefined || ask === undefined ? undefined : (bid.price + ask.price) / 2;
  }

  /** Takes in that `quantity` lots rest at a price now; 0 when the level is gone. */
  change(side: Side, { price, quantity }: Level): void {
    const levels = this.#sides[side];
    const at = this.#find(side, price);
    const isKnown = levels[at]?.price === price;
    if (quantity > 0) levels.splice(at, isKnown ? 1 : 0, { price, quantity });
    else if (isKnown) levels.splice(at, 1);
  }

  /** First position that is not worse than a price. */
  #find(side: Side, price: number): number {
    const levels = this.#sides[side];
    const sign = side === "buy" ? 1 : -1;
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sign * (levels[middle]!.price - price) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

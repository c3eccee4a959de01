/** Fits the lots that an agent wants to trade into what a market accepts at a price. */
import { type MarketRules, notionalAtoms } from "../core/market/rules.ts";
import type { Lots } from "../core/num/units.ts";

/** The sizes that a market accepts. */
export class OrderSizes {
  readonly #baseMin: number;
  readonly #baseMax: number;
  /** Smallest and largest price × quantity, in ticks × lots. */
  readonly #productMin: number;
  readonly #productMax: number;

  constructor(rules: MarketRules) {
    const unit = notionalAtoms(rules);
    this.#baseMin = rules.baseMin;
    this.#baseMax = rules.baseMax;
    this.#productMin = Number((rules.quoteMin + unit - 1n) / unit);
    this.#productMax = Math.min(Number(rules.quoteMax / unit), Number.MAX_SAFE_INTEGER);
  }

  /** The accepted size next to `wanted` whole lots, at a price in ticks. */
  within(wanted: number, price: number): Lots {
    const least = Math.max(this.#baseMin, Math.ceil(this.#productMin / price));
    const most = Math.min(this.#baseMax, Math.floor(this.#productMax / price));
    return Math.max(Math.min(wanted, most), least) as Lots;
  }
}

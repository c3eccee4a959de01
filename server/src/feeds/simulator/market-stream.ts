/** The trades of one simulated ticker, one ahead of the clock: the model's units become the house's trade. */
import type { Instrument } from "../../marketdata/instrument.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { SimulatedMarket } from "../../simulation/market.ts";
import { Random } from "../../simulation/random.ts";
import { type ModelTrade, TradeModel } from "../../simulation/trade-model.ts";

/** Options of a stream. */
export interface MarketStreamOptions {
  readonly instrument: Instrument;
  readonly market: SimulatedMarket;
  readonly venue: string;
  readonly seed: number;
  readonly startUs: number;
}

/** One ticker's endless run of trades. */
export class MarketStream {
  readonly #options: MarketStreamOptions;
  readonly #model: TradeModel;
  #lastId: number;
  #next: ModelTrade;

  constructor(options: MarketStreamOptions) {
    const { market, seed, startUs } = options;
    this.#options = options;
    this.#model = new TradeModel(market, new Random(seed, market.ticker), startUs);
    this.#lastId = startUs;
    this.#next = this.#model.next();
  }

  /** When the next trade happens, in microseconds since 1970. */
  get nextUs(): number {
    return this.#next.timeUs;
  }

  /** The next trade, received at `nowUs`; the one after it becomes the next. */
  take(nowUs: number): Trade {
    const { instrument, market, venue } = this.#options;
    const { timeUs, priceTicks, quantityLots, aggressor } = this.#next;
    this.#next = this.#model.next();
    this.#lastId += 1;
    return {
      instrument,
      venue,
      // Counted up from the start time in microseconds: a later start continues above all earlier ids
      // unless a ticker had more than a million trades a second, and no id passes 2 ** 53 before 2255.
      id: this.#lastId,
      price: priceTicks * market.tick.coefficient,
      priceScale: market.tick.scale,
      quantity: quantityLots * market.lot.coefficient,
      quantityScale: market.lot.scale,
      eventTimeUs: timeUs,
      receiveTimeUs: nowUs,
      aggressor,
    };
  }

  /** Leaves out what would have happened before `timeUs`. Ids go on without a hole. */
  skipTo(timeUs: number): void {
    this.#model.skipTo(timeUs);
    this.#next = this.#model.next();
  }
}

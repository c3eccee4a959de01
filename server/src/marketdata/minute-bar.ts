/** One minute of one instrument while it may still change: the accumulator behind a published {@link Bar}. */
import { ExactSum } from "../core/num/exact-sum.ts";
import { barIntervalUs, everyPeriod, type PublishPeriodS, periodBit } from "./bar.ts";
import { SeenTrades } from "./seen-trades.ts";
import type { AggressorSide } from "./trade.ts";

/** A trade's figures at the scales of the series that the bar belongs to. */
export interface ScaledTrade {
  readonly price: number;
  readonly quantity: number | bigint;
  readonly eventTimeUs: number;
  readonly aggressor: AggressorSide;
}

/** The state of one minute; prices and quantities are integers at the scales of its series. */
export class MinuteBar {
  readonly startUs: number;
  open = 0;
  high = 0;
  low = 0;
  close = 0;
  readonly volume: ExactSum = new ExactSum();
  readonly quoteVolume: ExactSum = new ExactSum();
  readonly takerBuyVolume: ExactSum = new ExactSum();
  readonly takerBuyQuoteVolume: ExactSum = new ExactSum();
  readonly seen: SeenTrades = new SeenTrades();
  tradeCount = 0;
  // Event times count from the start of the minute: small integers are kept in the object itself.
  #firstEventUs = 0;
  #lastEventUs = 0;
  #countAtClose: number | undefined;
  /** Bits of the periods whose subscribers have not been shown the present state. */
  #owedPeriods = 0;

  constructor(startUs: number) {
    this.startUs = startUs;
  }

  get endUs(): number {
    return this.startUs + barIntervalUs;
  }

  /** Whether a time lies within the minute. */
  covers(timeUs: number): boolean {
    return timeUs >= this.startUs && timeUs < this.endUs;
  }

  /** Folds one trade: first and last are by event time, then by arrival. */
  add(trade: ScaledTrade): void {
    const { price, quantity } = trade;
    const eventUs = trade.eventTimeUs - this.startUs;
    if (this.tradeCount === 0) {
      this.open = this.high = this.low = this.close = price;
      this.#firstEventUs = this.#lastEventUs = eventUs;
    } else {
      if (eventUs < this.#firstEventUs) {
        this.open = price;
        this.#firstEventUs = eventUs;
      }
      if (eventUs >= this.#lastEventUs) {
        this.close = price;
        this.#lastEventUs = eventUs;
      }
      if (price > this.high) this.high = price;
      if (price < this.low) this.low = price;
    }
    this.tradeCount += 1;
    this.#owedPeriods = everyPeriod;
    this.volume.add(quantity);
    this.quoteVolume.addProduct(price, quantity);
    if (trade.aggressor === "buy") {
      this.takerBuyVolume.add(quantity);
      this.takerBuyQuoteVolume.addProduct(price, quantity);
    }
  }

  /** Whether the clock has passed the end of the minute. */
  get closed(): boolean {
    return this.#countAtClose !== undefined;
  }

  /** Trades that came after the bar was closed. */
  get revision(): number {
    return this.#countAtClose === undefined ? 0 : this.tradeCount - this.#countAtClose;
  }

  /** Ends the minute: every period is owed the closing state, changed or not. */
  closeNow(): void {
    this.#countAtClose = this.tradeCount;
    this.#owedPeriods = everyPeriod;
  }

  /** Whether subscribers of a period have not been shown the present state. */
  isNewTo(periodS: PublishPeriodS): boolean {
    return (this.#owedPeriods & periodBit[periodS]) !== 0;
  }

  markShown(periodS: PublishPeriodS): void {
    this.#owedPeriods &= ~periodBit[periodS];
  }

  /** Makes the price unit `10 ** places` times finer; the caller has checked that prices still fit. */
  refinePrice(places: number): void {
    const factor = 10 ** places;
    this.open *= factor;
    this.high *= factor;
    this.low *= factor;
    this.close *= factor;
    this.quoteVolume.shiftDecimal(places);
    this.takerBuyQuoteVolume.shiftDecimal(places);
  }

  /** Makes the quantity unit `10 ** places` times finer. */
  refineQuantity(places: number): void {
    this.volume.shiftDecimal(places);
    this.quoteVolume.shiftDecimal(places);
    this.takerBuyVolume.shiftDecimal(places);
    this.takerBuyQuoteVolume.shiftDecimal(places);
  }
}

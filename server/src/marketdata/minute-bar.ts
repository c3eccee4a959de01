/** One minute of one instrument while it may still change: the accumulator behind a published {@link Bar}. */
import { powersOfTen } from "../core/num/decimal.ts";
import { ExactSum } from "../core/num/exact-sum.ts";
import { barIntervalUs, everyPeriod, type PublishPeriodS, periodBit } from "./bar.ts";
import { SeenTrades } from "./seen-trades.ts";
import type { AggressorSide } from "./trade.ts";

/** A trade's figures at the scales of its bar. */
export interface ScaledTrade {
  readonly price: number | bigint;
  readonly quantity: number | bigint;
  readonly eventTimeUs: number;
  readonly aggressor: AggressorSide;
}

/** What a minute begins with. */
export interface MinuteBarOptions {
  readonly startUs: number;
  /** From then on the bar does not change any more. */
  readonly finalUs: number;
  /** Decimals of its prices and quantities until a trade has more. */
  readonly priceScale: number;
  readonly quantityScale: number;
}

/** The state of one minute; prices and quantities are integers at its own scales. */
export class MinuteBar {
  readonly startUs: number;
  readonly finalUs: number;
  priceScale: number;
  quantityScale: number;
  open: number | bigint = 0;
  high: number | bigint = 0;
  low: number | bigint = 0;
  close: number | bigint = 0;
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

  constructor({ startUs, finalUs, priceScale, quantityScale }: MinuteBarOptions) {
    this.startUs = startUs;
    this.finalUs = finalUs;
    this.priceScale = priceScale;
    this.quantityScale = quantityScale;
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

  /** Lets subscribers of a period be shown the present state though it has not changed. */
  owe(periodS: PublishPeriodS): void {
    this.#owedPeriods |= periodBit[periodS];
  }

  markShown(periodS: PublishPeriodS): void {
    this.#owedPeriods &= ~periodBit[periodS];
  }

  /** Makes the units fine enough for numbers of so many decimals; no figure loses a digit. */
  refine(priceScale: number, quantityScale: number): void {
    if (priceScale > this.priceScale) this.#refinePrices(priceScale - this.priceScale);
    if (quantityScale > this.quantityScale) {
      this.#refineQuantities(quantityScale - this.quantityScale);
    }
  }

  #refinePrices(places: number): void {
    this.priceScale += places;
    this.open = finer(this.open, places);
    this.high = finer(this.high, places);
    this.low = finer(this.low, places);
    this.close = finer(this.close, places);
    this.quoteVolume.shiftDecimal(places);
    this.takerBuyQuoteVolume.shiftDecimal(places);
  }

  #refineQuantities(places: number): void {
    this.quantityScale += places;
    this.volume.shiftDecimal(places);
    this.quoteVolume.shiftDecimal(places);
    this.takerBuyVolume.shiftDecimal(places);
    this.takerBuyQuoteVolume.shiftDecimal(places);
  }
}

/** `value * 10 ** places`, as a number where that is exact. */
function finer(value: number | bigint, places: number): number | bigint {
  const factor = powersOfTen[places];
  const scaled = typeof value === "number" && factor !== undefined ? value * factor : Number.NaN;
  return Number.isSafeInteger(scaled) ? scaled : BigInt(value) * 10n ** BigInt(places);
}

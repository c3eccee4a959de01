/** The one fold: trades, and shorter bars, are added to a bar that may still change. */
import { rescaleExactly } from "../../core/num/decimal.ts";
import { ExactSum } from "../../core/num/exact-sum.ts";
import type { AggressorSide } from "../trade.ts";
import type { Bar, StoredBar } from "./bar.ts";

/** What a bar needs to know of a trade; its numbers are at the scales of the bar. */
export interface ScaledTrade {
  readonly price: number | bigint;
  readonly quantity: number | bigint;
  readonly eventTimeUs: number;
  readonly aggressor: AggressorSide;
}

/** A trade whose numbers have decimals of their own. */
export interface DecimalTrade extends ScaledTrade {
  readonly priceScale: number;
  readonly quantityScale: number;
}

/** Where a bar begins, and the decimals of its prices and quantities until something has more. */
export interface BarFoldOptions {
  readonly startUs: number;
  readonly priceScale: number;
  readonly quantityScale: number;
}

/** A bar that grows; prices and quantities are integers at its own scales. */
export class BarFold {
  readonly startUs: number;
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
  tradeCount = 0;
  // Event times count from the start of the bar: small integers are kept in the object itself.
  #firstUs = 0;
  #lastUs = 0;
  // Whether all that was joined has told it.
  #keepsSides = true;
  #keepsTurnover = true;
  #keepsCount = true;

  constructor({ startUs, priceScale, quantityScale }: BarFoldOptions) {
    this.startUs = startUs;
    this.priceScale = priceScale;
    this.quantityScale = quantityScale;
  }

  /** A bar that goes on from a state of it. */
  static of(bar: StoredBar): BarFold {
    const { startUs, priceScale, volumeScale } = bar;
    const fold = new BarFold({ startUs, priceScale, quantityScale: volumeScale });
    fold.join(bar);
    return fold;
  }

  /** Folds one trade: first and last are by event time, then by arrival. */
  add({ price, quantity, eventTimeUs, aggressor }: ScaledTrade): void {
    const eventUs = eventTimeUs - this.startUs;
    if (this.tradeCount === 0) {
      this.open = this.high = this.low = this.close = price;
      this.#firstUs = this.#lastUs = eventUs;
    } else {
      if (eventUs < this.#firstUs) {
        this.open = price;
        this.#firstUs = eventUs;
      }
      if (eventUs >= this.#lastUs) {
        this.close = price;
        this.#lastUs = eventUs;
      }
      if (price > this.high) this.high = price;
      if (price < this.low) this.low = price;
    }
    this.tradeCount += 1;
    this.volume.add(quantity);
    this.quoteVolume.addProduct(price, quantity);
    if (aggressor === "buy") {
      this.takerBuyVolume.add(quantity);
      this.takerBuyQuoteVolume.addProduct(price, quantity);
    }
  }

  /** Folds one trade of any decimals; the units are made finer where it needs that. */
  addDecimal(trade: DecimalTrade): void {
    const { priceScale, quantityScale, eventTimeUs, aggressor } = trade;
    this.refine(priceScale, quantityScale);
    const price = rescaleExactly(trade.price, priceScale, this.priceScale);
    const quantity = rescaleExactly(trade.quantity, quantityScale, this.quantityScale);
    this.add({ price, quantity, eventTimeUs, aggressor });
  }

  /**
   * Folds a bar of a part of this one's interval, whose trades all follow those that are here. Exact: the
   * result is what folding its trades would have made.
   */
  join(later: StoredBar): void {
    this.refine(later.priceScale, later.volumeScale);
    const price = (value: number | bigint) =>
      rescaleExactly(value, later.priceScale, this.priceScale);
    const [high, low] = [price(later.high), price(later.low)];
    if (this.tradeCount === 0) {
      this.open = price(later.open);
      this.high = high;
      this.low = low;
      this.#firstUs = later.firstUs - this.startUs;
    } else {
      if (high > this.high) this.high = high;
      if (low < this.low) this.low = low;
    }
    this.close = price(later.close);
    this.#lastUs = later.lastUs - this.startUs;
    // There was one trade at least, and a bar that has had one is not empty any more.
    this.tradeCount += later.tradeCount ?? 1;
    if (later.tradeCount === undefined) this.#keepsCount = false;
    this.#joinSums(later);
  }

  #joinSums(later: StoredBar): void {
    const { priceScale, volumeScale, takerBuyVolume, takerBuyQuoteVolume } = later;
    const base = (value: number | bigint) => rescaleExactly(value, volumeScale, this.quantityScale);
    const quoteScale = this.priceScale + this.quantityScale;
    const quote = (value: number | bigint) =>
      rescaleExactly(value, priceScale + volumeScale, quoteScale);
    this.volume.add(base(later.volume));
    if (later.quoteVolume === undefined) this.#keepsTurnover = false;
    else this.quoteVolume.add(quote(later.quoteVolume));
    if (takerBuyVolume === undefined || takerBuyQuoteVolume === undefined) {
      this.#keepsSides = false;
    } else {
      this.takerBuyVolume.add(base(takerBuyVolume));
      this.takerBuyQuoteVolume.add(quote(takerBuyQuoteVolume));
    }
  }

  /** Makes the units fine enough for numbers of so many decimals; no figure loses a digit. */
  refine(priceScale: number, quantityScale: number): void {
    if (priceScale > this.priceScale) this.#refinePrices(priceScale - this.priceScale);
    if (quantityScale > this.quantityScale) {
      this.#refineQuantities(quantityScale - this.quantityScale);
    }
  }

  /** The present state; there is at least one trade. */
  toBar(revision = 0): Bar {
    return {
      startUs: this.startUs,
      priceScale: this.priceScale,
      open: this.open,
      high: this.high,
      low: this.low,
      close: this.close,
      volume: this.volume.value(),
      volumeScale: this.quantityScale,
      quoteVolume: this.quoteVolume.value(),
      takerBuyVolume: this.#keepsSides ? this.takerBuyVolume.value() : undefined,
      takerBuyQuoteVolume: this.#keepsSides ? this.takerBuyQuoteVolume.value() : undefined,
      tradeCount: this.tradeCount,
      firstUs: this.firstUs,
      lastUs: this.lastUs,
      revision,
    };
  }

  /** The present state where bars were joined that may not have told all. */
  toStoredBar(revision = 0): StoredBar {
    const bar = this.toBar(revision);
    return {
      ...bar,
      quoteVolume: this.#keepsTurnover ? bar.quoteVolume : undefined,
      tradeCount: this.#keepsCount ? bar.tradeCount : undefined,
    };
  }

  get firstUs(): number {
    return this.startUs + this.#firstUs;
  }

  get lastUs(): number {
    return this.startUs + this.#lastUs;
  }

  #refinePrices(places: number): void {
    const finer = (price: number | bigint) => rescaleExactly(price, 0, places);
    this.priceScale += places;
    this.open = finer(this.open);
    this.high = finer(this.high);
    this.low = finer(this.low);
    this.close = finer(this.close);
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

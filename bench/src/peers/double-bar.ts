/** A bar in doubles: fast, and wrong in the last digits of its sums. */
import type { SimpleBar, SimpleTrade } from "./simple-bars.ts";

/** A trade whose figures are doubles. */
export interface DoubleTrade extends SimpleTrade {
  readonly price: number;
  readonly quantity: number;
}

/** One minute of one ticker. */
export class DoubleBar implements SimpleBar<DoubleTrade> {
  readonly ticker: string;
  readonly startUs: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume = 0;
  quoteVolume = 0;
  takerBuyVolume = 0;
  takerBuyQuoteVolume = 0;
  tradeCount = 0;
  unsent = 0;

  constructor({ ticker, eventTimeUs, price }: DoubleTrade) {
    this.ticker = ticker;
    this.startUs = eventTimeUs - (eventTimeUs % 60_000_000);
    this.open = this.high = this.low = this.close = price;
  }

  add({ price, quantity, isBuy }: DoubleTrade): void {
    if (price > this.high) this.high = price;
    if (price < this.low) this.low = price;
    this.close = price;
    this.volume += quantity;
    this.quoteVolume += price * quantity;
    if (isBuy) {
      this.takerBuyVolume += quantity;
      this.takerBuyQuoteVolume += price * quantity;
    }
    this.tradeCount += 1;
  }

  view(): object {
    const { ticker, startUs, open, high, low, close, volume, quoteVolume } = this;
    const { takerBuyVolume, takerBuyQuoteVolume, tradeCount } = this;
    return {
      ticker,
      startUs,
      open,
      high,
      low,
      close,
      volume,
      quoteVolume,
      takerBuyVolume,
      takerBuyQuoteVolume,
      tradeCount,
    };
  }
}

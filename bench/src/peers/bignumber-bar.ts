/** A bar in `bignumber.js`: exact, the way most JavaScript programs get there. */
import { BigNumber } from "bignumber.js";
import type { SimpleBar, SimpleTrade } from "./simple-bars.ts";

/** A trade whose figures are big numbers already; making them from text is not measured. */
export interface BigNumberTrade extends SimpleTrade {
  readonly price: BigNumber;
  readonly quantity: BigNumber;
}

const zero = new BigNumber(0);

/** One minute of one ticker. */
export class BigNumberBar implements SimpleBar<BigNumberTrade> {
  readonly ticker: string;
  readonly startUs: number;
  readonly open: BigNumber;
  high: BigNumber;
  low: BigNumber;
  close: BigNumber;
  volume: BigNumber = zero;
  quoteVolume: BigNumber = zero;
  takerBuyVolume: BigNumber = zero;
  takerBuyQuoteVolume: BigNumber = zero;
  tradeCount = 0;
  unsent = 0;

  constructor({ ticker, eventTimeUs, price }: BigNumberTrade) {
    this.ticker = ticker;
    this.startUs = eventTimeUs - (eventTimeUs % 60_000_000);
    this.open = this.high = this.low = this.close = price;
  }

  add({ price, quantity, isBuy }: BigNumberTrade): void {
    if (price.isGreaterThan(this.high)) this.high = price;
    if (price.isLessThan(this.low)) this.low = price;
    this.close = price;
    const amount = price.times(quantity);
    this.volume = this.volume.plus(quantity);
    this.quoteVolume = this.quoteVolume.plus(amount);
    if (isBuy) {
      this.takerBuyVolume = this.takerBuyVolume.plus(quantity);
      this.takerBuyQuoteVolume = this.takerBuyQuoteVolume.plus(amount);
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

/** One minute of one instrument while it may still change: the bar behind a published {@link BarUpdate}. */
import {
  type BarUpdate,
  barIntervalUs,
  everyPeriod,
  type PublishPeriodS,
  periodBit,
} from "./bar-update.ts";
import { BarFold, type BarFoldOptions } from "./bars/fold.ts";
import type { Instrument } from "./instrument.ts";
import { SeenTrades } from "./seen-trades.ts";

/** What a minute begins with. */
export interface MinuteBarOptions extends BarFoldOptions {
  /** From then on the bar does not change any more. */
  readonly finalUs: number;
}

/** The bar of one minute, what it was made from, and who has been shown it. */
export class MinuteBar extends BarFold {
  readonly finalUs: number;
  readonly seen: SeenTrades = new SeenTrades();
  /** Whether its present state waits to be stored; owned by the publisher. */
  isUnstored = false;
  #countAtClose: number | undefined;
  /** Bits of the periods whose subscribers have not been shown the present state. */
  #owedPeriods = 0;

  constructor(options: MinuteBarOptions) {
    super(options);
    this.finalUs = options.finalUs;
  }

  get endUs(): number {
    return this.startUs + barIntervalUs;
  }

  /** Whether a time lies within the minute. */
  covers(timeUs: number): boolean {
    return timeUs >= this.startUs && timeUs < this.endUs;
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

  /** Goes on from a state that was closed before. */
  restoreClosed(revision: number): void {
    this.#countAtClose = this.tradeCount - revision;
  }

  /** Whether subscribers of a period have not been shown the present state. */
  isNewTo(periodS: PublishPeriodS): boolean {
    return (this.#owedPeriods & periodBit[periodS]) !== 0;
  }

  /** Every period is owed the present state: a trade was added, or it may not have been shown. */
  changed(): void {
    this.#owedPeriods = everyPeriod;
  }

  /** Lets subscribers of a period be shown the present state though it has not changed. */
  owe(periodS: PublishPeriodS): void {
    this.#owedPeriods |= periodBit[periodS];
  }

  markShown(periodS: PublishPeriodS): void {
    this.#owedPeriods &= ~periodBit[periodS];
  }

  /** The present state, as it is published. */
  view({ dataset, ticker }: Instrument): BarUpdate {
    const { closed, revision } = this;
    return {
      dataset: dataset.code,
      publisher: dataset.publisher,
      ticker,
      startUs: this.startUs,
      priceScale: this.priceScale,
      open: this.open,
      high: this.high,
      low: this.low,
      close: this.close,
      volume: this.volume.value(),
      volumeScale: this.quantityScale,
      quoteVolume: this.quoteVolume.value(),
      takerBuyVolume: this.takerBuyVolume.value(),
      takerBuyQuoteVolume: this.takerBuyQuoteVolume.value(),
      tradeCount: this.tradeCount,
      firstUs: this.firstUs,
      lastUs: this.lastUs,
      state: closed ? (revision > 0 ? "revised" : "closed") : "open",
      revision,
    };
  }
}

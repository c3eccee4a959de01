/**
 * Bars as one would write them in an afternoon: a map by ticker, closed by the clock, sent once per
 * period. It refuses what makes bars honest: a late trade counts in the next bar, a repeated one twice.
 */

/** What every kind of trade here has. */
export interface SimpleTrade {
  readonly ticker: string;
  readonly eventTimeUs: number;
  readonly arrivalUs: number;
  readonly isBuy: boolean;
}

/** One minute of one ticker in some kind of arithmetic. */
export interface SimpleBar<Trade> {
  readonly ticker: string;
  add(trade: Trade): void;
  /** What would be sent. */
  view(): object;
  /** Bits of the periods that have not been sent the present state. */
  unsent: number;
}

const periodsS = [1, 10, 60] as const;
const everyPeriod = 7;

/** Bars of all tickers. */
export class SimpleBars<Trade extends SimpleTrade> {
  readonly #open: (first: Trade) => SimpleBar<Trade>;
  readonly #publish: (message: object, periodS: number) => void;
  #bars = new Map<string, SimpleBar<Trade>>();
  #changed: SimpleBar<Trade>[][] = periodsS.map(() => []);

  constructor(
    open: (first: Trade) => SimpleBar<Trade>,
    publish: (message: object, periodS: number) => void,
  ) {
    this.#open = open;
    this.#publish = publish;
  }

  apply(trade: Trade): void {
    let bar = this.#bars.get(trade.ticker);
    if (bar === undefined) {
      bar = this.#open(trade);
      this.#bars.set(trade.ticker, bar);
    }
    bar.add(trade);
    if (bar.unsent === everyPeriod) return;
    for (const [at, changed] of this.#changed.entries()) {
      if ((bar.unsent & (1 << at)) === 0) changed.push(bar);
    }
    bar.unsent = everyPeriod;
  }

  /** Passes a whole second of market time; the end of a minute sends every bar to every period. */
  passSecond(secondsSince1970: number): void {
    const endsMinute = secondsSince1970 % 60 === 0;
    for (const [at, periodS] of periodsS.entries()) {
      if (secondsSince1970 % periodS !== 0) continue;
      for (const bar of endsMinute ? this.#bars.values() : this.#changed[at]!) {
        bar.unsent &= ~(1 << at);
        this.#publish(bar.view(), periodS);
      }
      this.#changed[at] = [];
    }
    if (endsMinute) this.#bars = new Map();
  }
}

/**
 * What is known of prices outside: the newest quote and trade of each ticker that is mirrored, and since
 * when nothing has been heard. It decides nothing; a mirror judges whether that is good enough.
 */
import type { Side } from "../../core/market/rules.ts";
import type { AggressorSide } from "../../marketdata/trade.ts";
import { approximately, type OutsideNumber } from "./snap.ts";

/** Outside trades of one ticker that wait to be repeated; the oldest are left out beyond that. */
export const waitingTradesMax = 1_000;

/** A trade outside. */
export interface OutsideTrade {
  readonly price: OutsideNumber;
  readonly quantity: OutsideNumber;
  readonly side: Side;
}

/** Best prices outside; equal where only trades are told. */
export interface Touch {
  readonly bid: OutsideNumber;
  readonly ask: OutsideNumber;
}

/** A trade as a feed tells it. */
export interface ToldTrade {
  readonly price: number | bigint;
  readonly priceScale: number;
  readonly quantity: number | bigint;
  readonly quantityScale: number;
  readonly eventTimeUs: number;
  readonly aggressor: AggressorSide;
}

/** A quote as a feed tells it. */
export interface ToldQuote {
  readonly bid: number;
  readonly ask: number;
  readonly priceScale: number;
}

/** One that was told, when, and when it happened by the venue's clock. */
interface HeardTrade extends OutsideTrade {
  readonly atUs: number;
  readonly eventTimeUs: number;
}

/** How the source is doing, as whoever runs it knows. */
export interface SourceLife {
  readonly isRunning: boolean;
  /** When anything was heard of the ticker, trades or not; 0 where that is not watched. */
  readonly heardUs: number;
}

/** One ticker outside. */
export class OutsidePrice {
  readonly dataset: string;
  readonly ticker: string;
  /** Trades that were left out because too many waited. */
  leftOut = 0;
  /** Asked how the source is doing; before it is connected it does not run. */
  life: () => SourceLife = () => ({ isRunning: false, heardUs: 0 });
  #quote: (Touch & { readonly atUs: number }) | undefined;
  #last: HeardTrade | undefined;
  #waiting: HeardTrade[] = [];

  constructor(dataset: string, ticker: string) {
    this.dataset = dataset;
    this.ticker = ticker;
  }

  /** A quote came; one whose sides meet says nothing. */
  quoted({ bid, ask, priceScale: scale }: ToldQuote, nowUs: number): void {
    if (bid <= 0 || ask <= bid) return;
    this.#quote = {
      bid: { coefficient: bid, scale },
      ask: { coefficient: ask, scale },
      atUs: nowUs,
    };
  }

  /** A trade came. */
  traded(told: ToldTrade, nowUs: number): void {
    const price = { coefficient: told.price, scale: told.priceScale };
    const quantity = { coefficient: told.quantity, scale: told.quantityScale };
    const side = told.aggressor === "unknown" ? this.#likelySide(price) : told.aggressor;
    const { eventTimeUs } = told;
    // What a venue tells of its past afterwards is no price of now.
    if (this.#last !== undefined && eventTimeUs < this.#last.eventTimeUs) return;
    this.#last = { price, quantity, side, atUs: nowUs, eventTimeUs };
    this.#waiting.push(this.#last);
    if (this.#waiting.length <= waitingTradesMax) return;
    this.#waiting.shift();
    this.leftOut += 1;
  }

  /**
   * Something is missing up to a moment: prices from before it are not known to hold. What is told first behind a pause is of the
   * last microsecond of its gap, since more may have happened in it than was told: that holds.
   */
  gap(toUs: number): void {
    const fromUs = toUs - 1;
    if (this.#quote !== undefined && this.#quote.atUs < fromUs) this.#quote = undefined;
    if (this.#last !== undefined && this.#last.eventTimeUs < fromUs) this.#last = undefined;
    this.#waiting = this.#waiting.filter(({ eventTimeUs }) => eventTimeUs >= fromUs);
  }

  /** Trades that were told since this was asked last. */
  takeTrades(): readonly OutsideTrade[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Why the price cannot be relied on; undefined where it can. */
  fault(nowUs: number, staleUs: number): string | undefined {
    const { isRunning, heardUs } = this.life();
    if (!isRunning) return "its feed does not run";
    if (this.#quote === undefined && this.#last === undefined) return "no price is known";
    const newestUs = Math.max(heardUs, this.#quote?.atUs ?? 0, this.#last?.atUs ?? 0);
    const silentUs = nowUs - newestUs;
    return silentUs > staleUs ? `nothing was heard for ${Math.floor(staleUs / 1e6)} s` : undefined;
  }

  /** The prices around which is quoted; undefined before any was told. */
  touch(): Touch | undefined {
    const quote = this.#quote;
    const last = this.#last;
    if (last === undefined || quote === undefined) {
      return quote ?? (last && { bid: last.price, ask: last.price });
    }
    // Books are told when they change: an old quote holds as long as what is traded is within it.
    const price = approximately(last.price);
    const isWithin = price >= approximately(quote.bid) && price <= approximately(quote.ask);
    const isNewer = quote.atUs >= last.atUs;
    return isNewer || isWithin ? quote : { bid: last.price, ask: last.price };
  }

  #likelySide(price: OutsideNumber): Side {
    if (this.#last === undefined) return "buy";
    const change = approximately(price) - approximately(this.#last.price);
    if (change === 0) return this.#last.side;
    return change > 0 ? "buy" : "sell";
  }
}

/** All tickers outside that somebody mirrors. */
export class OutsidePrices {
  readonly #prices = new Map<string, OutsidePrice>();

  /** The ticker, which is followed from now on. */
  follow(dataset: string, ticker: string): OutsidePrice {
    const known = this.of(dataset, ticker);
    if (known !== undefined) return known;
    const price = new OutsidePrice(dataset, ticker);
    this.#prices.set(`${dataset} ${ticker}`, price);
    return price;
  }

  /** A ticker; undefined where nobody follows it. */
  of(dataset: string, ticker: string): OutsidePrice | undefined {
    return this.#prices.size === 0 ? undefined : this.#prices.get(`${dataset} ${ticker}`);
  }

  /** Something is missing of a ticker of a dataset, or of all of them. */
  gap(dataset: string, ticker: string | undefined, toUs: number): void {
    for (const price of this.#prices.values()) {
      const isMeant = price.dataset === dataset && (ticker ?? price.ticker) === price.ticker;
      if (isMeant) price.gap(toUs);
    }
  }

  /** Those of one dataset. */
  within(dataset: string): readonly OutsidePrice[] {
    return [...this.#prices.values()].filter((price) => price.dataset === dataset);
  }
}

/**
 * Everything that is public about one market, folded from its durable events. It is told what happened
 * in order and asked what it has come to; it publishes nothing by itself.
 */
import type { MarketRules } from "../core/market/rules.ts";
import type { Bar } from "./bars/bar.ts";
import {
  type CandleQuery,
  type CandleResolutionS,
  CandleStore,
  candleIntervalsS,
  candleResolutionsS,
  type RecentSeconds,
} from "./candles.ts";
import { DepthBook } from "./depth-book.ts";
import type { DepthChange } from "./depth-side.ts";
import { MarketTicker } from "./market-ticker.ts";
import { PacedState, type Told } from "./paced-state.ts";
import { TradeTape } from "./trade-tape.ts";
import {
  type CandleUpdate,
  type LastPriceUpdate,
  type MarketUnits,
  type PublicTrade,
  type TickerUpdate,
  unitsOf,
} from "./updates.ts";

/** What has become of a market so far: where a server that starts again goes on. */
export interface MarketState {
  readonly rules: MarketRules;
  readonly halted: boolean;
  /** Ticks; 0 before the first trade. */
  readonly lastPrice: number;
  /** When the last trade happened, in microseconds since 1970; by default what trades or candles tell. */
  readonly lastPriceTimeUs?: number | undefined;
  /** All that rests, in any order. */
  readonly levels: readonly DepthChange[];
  /** Newest first. */
  readonly recentTrades?: readonly PublicTrade[] | undefined;
  /** Oldest first: the newest 1,440 of each resolution, or fewer where there were no more. */
  readonly candles?: Partial<Readonly<Record<CandleResolutionS, readonly Bar[]>>> | undefined;
  /** By default there was no trade yet. */
  readonly seconds?: RecentSeconds | undefined;
}

/** Who takes candles of a market, besides what is wanted. */
export interface CandleTaker {
  /** Told of each interval that is not wanted how many of its candles have changed. */
  passedOver?(intervalS: number, count: number): void;
  /**
   * Told of each candle in the list that all who listen have been told already; without it these are not in
   * the list.
   */
  alsoKnown?(update: CandleUpdate): void;
}

/** One market. */
export class MarketFold {
  /** The newest; names and steps are always those of the first. */
  rules: MarketRules;
  halted: boolean;
  readonly depth: DepthBook;
  readonly #units: MarketUnits;
  readonly #candles: CandleStore;
  readonly #ticker: MarketTicker;
  readonly #tape: TradeTape;
  #lastPrice: LastPriceUpdate | undefined;
  /** What those who listen to the last price know. */
  readonly #pacedPrice = new PacedState<LastPriceUpdate>(isSamePrice);
  /** What those who listen to candles know of the newest one, by interval: at most one for each. */
  readonly #pacedCandles = new Map<number, PacedState<CandleUpdate>>();
  /** Second of the first trade since candles were last taken. */
  #candlesChangedS: number | undefined;

  /** Goes on from a state, which was so at `timeUs`. */
  constructor(state: MarketState, timeUs: number, depthScales: number) {
    const { rules, levels, candles = {}, recentTrades } = state;
    this.rules = rules;
    this.halted = state.halted;
    this.#units = unitsOf(rules);
    this.depth = new DepthBook({ units: this.#units, levels, timeUs, depthScales });
    this.#ticker = new MarketTicker(rules);
    this.#candles = new CandleStore(rules);
    this.#tape = new TradeTape(recentTrades);
    for (const resolutionS of candleResolutionsS) {
      this.#candles.restore(resolutionS, candles[resolutionS] ?? []);
    }
    if (state.seconds !== undefined) this.#candles.restoreSeconds(state.seconds);
    this.#ticker.restore(state.lastPrice, candles[60] ?? []);
    if (state.lastPrice === 0) return;
    const timeOfPriceUs = lastTradeUs(state);
    this.#lastPrice = { ...this.#units, price: state.lastPrice, timeUs: timeOfPriceUs };
  }

  /** Folds one trade, which is not older than the ones before. */
  trade(trade: PublicTrade): void {
    const { timeUs, price } = trade;
    this.#lastPrice = { ...this.#units, price, timeUs };
    this.#candlesChangedS ??= Math.floor(timeUs / 1e6);
    this.#candles.apply(trade);
    this.#ticker.apply(trade);
    this.#tape.add(trade);
  }

  /** The price of the newest trade; the same object until the next one. */
  get lastPrice(): LastPriceUpdate | undefined {
    return this.#lastPrice;
  }

  ticker(nowUs: number): TickerUpdate | undefined {
    return this.#ticker.read(nowUs);
  }

  recentTrades(): readonly PublicTrade[] {
    return this.#tape.recent();
  }

  candles(query: CandleQuery): readonly Bar[] {
    return this.#candles.candles(query);
  }

  /** Start of the first candle of an interval that is known wholly. */
  candlesKnownFromS(intervalS: number): number {
    return this.#candles.knownFromS(intervalS);
  }

  /** The last price as a newcomer is told it. */
  joinLastPrice(): Told<LastPriceUpdate> | undefined {
    return this.#pacedPrice.join(this.#lastPrice);
  }

  /** The 24-hour figures as a newcomer is told them. */
  joinTicker(nowUs: number): Told<TickerUpdate> | undefined {
    return this.#ticker.join(nowUs);
  }

  /**
   * The candle of the interval that `nowUs` belongs to, as a newcomer is told it; undefined while that
   * has no trades.
   */
  joinCandles(intervalS: number, nowUs: number): Told<CandleUpdate> | undefined {
    return this.#candlesPace(intervalS).join(this.runningCandle(intervalS, nowUs));
  }

  /** The candle of the interval that `nowUs` belongs to; undefined while that has no trades. */
  runningCandle(intervalS: number, nowUs: number): CandleUpdate | undefined {
    const candle = this.#candles.running(intervalS, Math.floor(nowUs / 1e6));
    return candle && this.#candleUpdate(intervalS, candle);
  }

  /** The last price, if those who listen know another one. */
  takeLastPrice(): LastPriceUpdate | undefined {
    return this.#pacedPrice.take(this.#lastPrice);
  }

  /** Nobody listens to the last price any more. */
  leaveLastPrice(): void {
    this.#pacedPrice.leave();
  }

  /** The 24-hour figures, if those who listen know other ones. */
  takeTicker(nowUs: number): TickerUpdate | undefined {
    return this.#ticker.take(nowUs);
  }

  /** Nobody listens to the 24-hour figures any more. */
  leaveTicker(): void {
    this.#ticker.leave();
  }

  /** The wanted candles that trades have changed since the last call, oldest first for each interval. */
  takeCandles(
    wanted: (intervalS: number) => boolean,
    { passedOver, alsoKnown }: CandleTaker = {},
  ): readonly CandleUpdate[] {
    for (const intervalS of this.#pacedCandles.keys()) {
      if (!wanted(intervalS)) this.#pacedCandles.delete(intervalS);
    }
    const changedS = this.#candlesChangedS;
    if (changedS === undefined) return [];
    this.#candlesChangedS = undefined;
    return candleIntervalsS.flatMap((intervalS) => {
      if (!wanted(intervalS)) {
        passedOver?.(intervalS, this.#changedCandles(intervalS, changedS));
        return [];
      }
      const pace = this.#candlesPace(intervalS);
      const candles = this.#candlesSince(intervalS, changedS);
      const updates = candles.map((candle) => this.#candleUpdate(intervalS, candle));
      // What newcomers were told is the newest one; those before it have ended.
      const known = new Set(updates.slice(0, -1).filter((update) => pace.isKnown(update)));
      const newest = updates.pop();
      const news = pace.take(newest);
      if (newest !== undefined) updates.push(news ?? newest);
      if (newest !== undefined && news === undefined) known.add(newest);
      if (alsoKnown === undefined) return updates.filter((update) => !known.has(update));
      for (const update of known) alsoKnown(update);
      return updates;
    });
  }

  /** The candles of an interval from that of a second on. */
  #candlesSince(intervalS: number, second: number): readonly Bar[] {
    const fromS = second - (second % intervalS);
    return this.candles({ intervalS, fromS, toS: Number.POSITIVE_INFINITY });
  }

  #changedCandles(intervalS: number, changedS: number): number {
    const newestS = Math.floor((this.#lastPrice?.timeUs ?? 0) / 1e6);
    // Mostly all trades were in one of them, and then nothing has to be read.
    const isOne = Math.floor(changedS / intervalS) === Math.floor(newestS / intervalS);
    return isOne ? 1 : this.#candlesSince(intervalS, changedS).length;
  }

  #candlesPace(intervalS: number): PacedState<CandleUpdate> {
    let pace = this.#pacedCandles.get(intervalS);
    if (pace === undefined) {
      pace = new PacedState(isSameCandle);
      this.#pacedCandles.set(intervalS, pace);
    }
    return pace;
  }

  #candleUpdate(intervalS: number, candle: Bar): CandleUpdate {
    return { ...this.#units, timeUs: this.#lastPrice?.timeUs ?? 0, intervalS, candle };
  }
}

function isSamePrice(one: LastPriceUpdate, other: LastPriceUpdate): boolean {
  return one.price === other.price;
}

/** A candle changes with its trades only, and those become more. */
function isSameCandle({ candle: one }: CandleUpdate, { candle: other }: CandleUpdate): boolean {
  return one.startUs === other.startUs && one.tradeCount === other.tradeCount;
}

function lastTradeUs({ lastPriceTimeUs, recentTrades, candles }: MarketState): number {
  const startUs = candles?.[60]?.at(-1)?.startUs ?? 0;
  return lastPriceTimeUs ?? recentTrades?.[0]?.timeUs ?? startUs;
}

/**
 * Everything that is public about one market, folded from its durable events. It is told what happened
 * in order and asked what it has come to; it publishes nothing by itself.
 */
import type { MarketRules } from "../core/market/rules.ts";
import type { CandleQuery } from "./candle-table.ts";
import {
  type CandleResolutionS,
  CandleStore,
  candleIntervalsS,
  candleResolutionsS,
} from "./candles.ts";
import { DepthBook } from "./depth-book.ts";
import type { DepthChange } from "./depth-side.ts";
import { MarketTicker } from "./market-ticker.ts";
import { TradeTape } from "./trade-tape.ts";
import type {
  Candle,
  CandleUpdate,
  LastPriceUpdate,
  PublicTrade,
  TickerUpdate,
  TradesUpdate,
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
  readonly candles?: Partial<Readonly<Record<CandleResolutionS, readonly Candle[]>>> | undefined;
}

/** One market. */
export class MarketFold {
  readonly rules: MarketRules;
  halted: boolean;
  readonly depth: DepthBook;
  readonly #candles = new CandleStore();
  readonly #ticker: MarketTicker;
  readonly #tape: TradeTape;
  #lastPrice: LastPriceUpdate | undefined;
  /** The price, in ticks, that was last taken. */
  #takenPrice: number | undefined;
  /** Second of the first trade since candles were last taken. */
  #candlesChangedS: number | undefined;

  /** Goes on from a state, which was so at `timeUs`. */
  constructor(state: MarketState, timeUs: number) {
    const { rules, levels, candles = {}, recentTrades } = state;
    this.rules = rules;
    this.halted = state.halted;
    this.depth = new DepthBook({ rules, levels, timeUs });
    this.#ticker = new MarketTicker(rules);
    this.#tape = new TradeTape(recentTrades);
    for (const resolutionS of candleResolutionsS) {
      this.#candles.restore(resolutionS, candles[resolutionS] ?? []);
    }
    this.#ticker.restore(candles[60] ?? []);
    if (state.lastPrice === 0) return;
    this.#lastPrice = { rules, price: state.lastPrice, timeUs: lastTradeUs(state) };
    this.#takenPrice = state.lastPrice;
  }

  /** Folds one trade, which is not older than the ones before. */
  trade(trade: PublicTrade): void {
    const { timeUs, price } = trade;
    this.#lastPrice = { rules: this.rules, price, timeUs };
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

  candles(query: CandleQuery): readonly Candle[] {
    return this.#candles.candles(query);
  }

  /** The candle of the interval that `nowUs` belongs to; undefined while that has no trades. */
  runningCandle(intervalS: number, nowUs: number): CandleUpdate | undefined {
    const candle = this.#candles.running(intervalS, Math.floor(nowUs / 1e6));
    return candle && this.#candleUpdate(intervalS, candle);
  }

  /** The trades since the last call; undefined when there are none. */
  takeTrades(): TradesUpdate | undefined {
    const trades = this.#tape.take();
    const newest = trades.at(-1);
    return newest && { rules: this.rules, timeUs: newest.timeUs, trades };
  }

  /** The last price, if it is another one than at the last call. */
  takeLastPrice(): LastPriceUpdate | undefined {
    if (this.#lastPrice?.price === this.#takenPrice) return undefined;
    this.#takenPrice = this.#lastPrice?.price;
    return this.#lastPrice;
  }

  takeTicker(nowUs: number): TickerUpdate | undefined {
    return this.#ticker.take(nowUs);
  }

  /** The wanted candles that trades have changed since the last call, oldest first for each interval. */
  takeCandles(wanted: (intervalS: number) => boolean): readonly CandleUpdate[] {
    const changedS = this.#candlesChangedS;
    if (changedS === undefined) return [];
    this.#candlesChangedS = undefined;
    return candleIntervalsS.filter(wanted).flatMap((intervalS) => {
      const fromS = changedS - (changedS % intervalS);
      const changed = this.candles({ intervalS, fromS, toS: Number.POSITIVE_INFINITY });
      return changed.map((candle) => this.#candleUpdate(intervalS, candle));
    });
  }

  #candleUpdate(intervalS: number, candle: Candle): CandleUpdate {
    return { rules: this.rules, timeUs: this.#lastPrice?.timeUs ?? 0, intervalS, candle };
  }
}

function lastTradeUs({ lastPriceTimeUs, recentTrades, candles }: MarketState): number {
  const startS = candles?.[60]?.at(-1)?.startS ?? 0;
  return lastPriceTimeUs ?? recentTrades?.[0]?.timeUs ?? startS * 1e6;
}

/**
 * The exchange's markets as the public sees them: last price, 24-hour figures, depth per scale, recent
 * trades and candles. It shows nothing that is not durable, and publishes nothing by itself: whoever
 * does asks for what has changed.
 */
import { assert } from "../core/assert.ts";
import type { ExchangeEvent } from "../core/events.ts";
import type { MarketRules } from "../core/market/rules.ts";
import type { Bar } from "./bars/bar.ts";
import { type CandleQuery, isCandleInterval } from "./candles.ts";
import { isDepthScale } from "./depth-book.ts";
import { depthScalesMax } from "./depth-scales.ts";
import { type CandleTaker, MarketFold, type MarketState } from "./market-fold.ts";
import type { Told } from "./paced-state.ts";
import { type DurableEvents, publicTrade } from "./public-trades.ts";
import type {
  CandleUpdate,
  DepthUpdate,
  LastPriceUpdate,
  PublicTrade,
  TickerUpdate,
} from "./updates.ts";

export type { CandleQuery, RecentSeconds } from "./candles.ts";
export { candlesMax } from "./candles.ts";
export type { MarketState } from "./market-fold.ts";
export type { DurableEvents } from "./public-trades.ts";
export { recentTradesMax } from "./trade-tape.ts";

/** A market and whether it takes orders. */
export interface ListedMarket {
  readonly rules: MarketRules;
  readonly halted: boolean;
}

/** What can be read; undefined for an unknown market, and where there never was a trade. */
export interface MarketBoardView {
  /** At how many scales each market's depth can be read, counted from the finest, 0. */
  readonly depthScales: number;
  /** All markets in the order in which they were added. */
  markets(): readonly ListedMarket[];
  market(code: string): ListedMarket | undefined;
  /** Codes of the currencies of all markets, in the order in which they first appeared. */
  currencies(): readonly string[];
  lastPrice(market: string): LastPriceUpdate | undefined;
  ticker(market: string, nowUs: number): TickerUpdate | undefined;
  /**
   * The whole book at a scale, the same object until the book changes; with `levelsMax` the best levels of
   * each side alone, which costs less. Undefined for an unknown scale.
   */
  depth(market: string, depthScale: number, levelsMax?: number): DepthUpdate | undefined;
  /** The newest trades first, at most {@link recentTradesMax}. */
  recentTrades(market: string): readonly PublicTrade[] | undefined;
  /**
   * Oldest first, intervals without trades left out; the newest {@link candlesMax} of those asked for.
   * Undefined also for an interval that is none.
   */
  candles(market: string, query: CandleQuery): readonly Bar[] | undefined;
  /**
   * Start of the first candle of an interval that the board knows wholly, in seconds since 1970: it shows none
   * before, and what is older may be stored.
   */
  candlesKnownFromS(market: string, intervalS: number): number | undefined;
}

/** The rules of a market of the board; asking for one that is not listed is a bug of the caller. */
export function rulesOf(board: MarketBoardView, market: string): MarketRules {
  const listed = board.market(market);
  assert(listed !== undefined, "a market is listed before anything happens in it");
  return listed.rules;
}

/** Who takes the changes of books. */
export interface DepthTaker {
  wanted(market: string, depthScale: number): boolean;
  /** Told of each scale that changed but was not wanted, and whether it would have been given whole. */
  passedOver?(market: string, depthScale: number, isWhole: boolean): void;
  /** Whether changes are given together with the best levels; by default not. */
  checked?(market: string, depthScale: number): boolean;
}

/** Who takes candles, besides what is wanted: see {@link CandleTaker}. */
export interface BoardCandleTaker extends Pick<CandleTaker, "alsoKnown"> {
  passedOver?(market: string, intervalS: number, count: number): void;
}

/**
 * All markets: what can be read of them, and for each stream what has changed since it was last taken.
 * What is taken with a predicate is made only where that says yes.
 */
export class MarketBoard implements MarketBoardView {
  /** The exchange bounds the number of its markets. */
  readonly #folds = new Map<string, MarketFold>();
  #listed: readonly ListedMarket[] | undefined;
  #currencies: readonly string[] | undefined;

  readonly depthScales: number;

  /** Goes on from the states of all markets, which were so at `timeUs`. */
  constructor(
    markets: readonly MarketState[] = [],
    timeUs = 0,
    depthScales: number = depthScalesMax,
  ) {
    this.depthScales = depthScales;
    for (const state of markets) this.#add(state, timeUs);
  }

  /** Folds what has become durable, in the order of the log. */
  apply(released: readonly DurableEvents[]): void {
    for (const command of released) {
      for (const event of command.events) this.#fold(event, command);
    }
  }

  markets(): readonly ListedMarket[] {
    this.#listed ??= this.#all().map(listed);
    return this.#listed;
  }

  market(code: string): ListedMarket | undefined {
    const fold = this.#folds.get(code);
    return fold && listed(fold);
  }

  currencies(): readonly string[] {
    this.#currencies ??= [
      ...new Set(this.markets().flatMap(({ rules }) => [rules.base, rules.quote])),
    ];
    return this.#currencies;
  }

  lastPrice(market: string): LastPriceUpdate | undefined {
    return this.#folds.get(market)?.lastPrice;
  }

  ticker(market: string, nowUs: number): TickerUpdate | undefined {
    return this.#folds.get(market)?.ticker(nowUs);
  }

  /**
   * The whole book at a scale, changes that are not taken yet included. A reader that goes on with
   * what {@link takeDepth} gives has the exact book after each of those updates.
   */
  depth(market: string, depthScale: number, levelsMax?: number): DepthUpdate | undefined {
    if (!isDepthScale(depthScale, this.depthScales)) return undefined;
    const book = this.#folds.get(market)?.depth;
    return levelsMax === undefined ? book?.whole(depthScale) : book?.best(depthScale, levelsMax);
  }

  /**
   * The whole book at a scale as of the last {@link takeDepth}. A reader that goes on with what has changed
   * since the last of these has the exact book after each of them, wherever the same is applied and taken.
   */
  settledDepth(market: string, depthScale: number): DepthUpdate | undefined {
    if (!isDepthScale(depthScale, this.depthScales)) return undefined;
    return this.#folds.get(market)?.depth.settled(depthScale);
  }

  recentTrades(market: string): readonly PublicTrade[] | undefined {
    return this.#folds.get(market)?.recentTrades();
  }

  candles(market: string, query: CandleQuery): readonly Bar[] | undefined {
    if (!isCandleInterval(query.intervalS)) return undefined;
    return this.#folds.get(market)?.candles(query);
  }

  candlesKnownFromS(market: string, intervalS: number): number | undefined {
    if (!isCandleInterval(intervalS)) return undefined;
    return this.#folds.get(market)?.candlesKnownFromS(intervalS);
  }

  /** The candle of the interval that `nowUs` belongs to; undefined without trades. */
  runningCandle(market: string, intervalS: number, nowUs: number): CandleUpdate | undefined {
    if (!isCandleInterval(intervalS)) return undefined;
    return this.#folds.get(market)?.runningCandle(intervalS, nowUs);
  }

  /** The last price as a newcomer to its stream is told it; undefined before the first trade. */
  joinLastPrices(market: string): Told<LastPriceUpdate> | undefined {
    return this.#folds.get(market)?.joinLastPrice();
  }

  /** The 24-hour figures as a newcomer to their stream is told them; undefined before the first trade. */
  joinTickers(market: string, nowUs: number): Told<TickerUpdate> | undefined {
    return this.#folds.get(market)?.joinTicker(nowUs);
  }

  /** The candle of the interval that `nowUs` belongs to as a newcomer is told it; undefined without trades. */
  joinCandles(market: string, intervalS: number, nowUs: number): Told<CandleUpdate> | undefined {
    if (!isCandleInterval(intervalS)) return undefined;
    return this.#folds.get(market)?.joinCandles(intervalS, nowUs);
  }

  /**
   * The groups that changed since the last call, by market and wanted scale, with their whole
   * quantities; the whole book where too many did. `timeUs` is the time that the updates tell. Of a scale
   * that is not wanted it is only told that it changed.
   */
  takeDepth(timeUs: number, taker: DepthTaker): readonly DepthUpdate[] {
    return this.#all().flatMap(({ depth, rules: { code } }) =>
      depth.take(timeUs, {
        wanted: (depthScale) => taker.wanted(code, depthScale),
        passedOver: (depthScale, isWhole) => taker.passedOver?.(code, depthScale, isWhole),
        checked: (depthScale) => taker.checked?.(code, depthScale) === true,
      }),
    );
  }

  /** The wanted last prices that are not what those who listen know. */
  takeLastPrices(wanted: (market: string) => boolean): readonly LastPriceUpdate[] {
    return this.#all().flatMap((fold) => {
      if (wanted(fold.rules.code)) return fold.takeLastPrice() ?? [];
      fold.leaveLastPrice();
      return [];
    });
  }

  /** The wanted 24-hour figures that are not what those who listen know. */
  takeTickers(nowUs: number, wanted: (market: string) => boolean): readonly TickerUpdate[] {
    return this.#all().flatMap((fold) => {
      if (wanted(fold.rules.code)) return fold.takeTicker(nowUs) ?? [];
      fold.leaveTicker();
      return [];
    });
  }

  /**
   * The wanted candles that trades have changed since the last call: the running one of each interval,
   * and before it the one that has ended meanwhile.
   */
  takeCandles(
    wanted: (market: string, intervalS: number) => boolean,
    { passedOver, ...taker }: BoardCandleTaker = {},
  ): readonly CandleUpdate[] {
    return this.#all().flatMap((fold) => {
      const { code } = fold.rules;
      return fold.takeCandles((intervalS) => wanted(code, intervalS), {
        ...taker,
        passedOver: (intervalS, count) => passedOver?.(code, intervalS, count),
      });
    });
  }

  #fold(event: ExchangeEvent, command: DurableEvents): void {
    switch (event.kind) {
      case "level-changed":
        this.#foldOf(event.market).depth.set(event, command.timeUs);
        break;
      case "traded":
        this.#foldOf(event.market).trade(publicTrade(event, command));
        break;
      case "market-added":
        this.#add(newMarket(event.rules), command.timeUs);
        break;
      case "market-state-changed":
        this.#foldOf(event.market).halted = event.halted;
        this.#listed = undefined;
        break;
      case "market-rules-set":
        // Tick and lot never change, so what was folded before means what it did.
        this.#foldOf(event.market).rules = event.rules;
        this.#listed = undefined;
        break;
      default:
        // What happens to accounts is not public.
        break;
    }
  }

  #add(state: MarketState, timeUs: number): void {
    const { code } = state.rules;
    assert(!this.#folds.has(code), "a market is added once");
    this.#folds.set(code, new MarketFold(state, timeUs, this.depthScales));
    this.#listed = undefined;
    this.#currencies = undefined;
  }

  #all(): readonly MarketFold[] {
    return [...this.#folds.values()];
  }

  #foldOf(market: string): MarketFold {
    const fold = this.#folds.get(market);
    assert(fold !== undefined, "a market is added before anything happens in it");
    return fold;
  }
}

function listed({ rules, halted }: MarketFold): ListedMarket {
  return { rules, halted };
}

function newMarket(rules: MarketRules): MarketState {
  return { rules, halted: false, lastPrice: 0, levels: [] };
}

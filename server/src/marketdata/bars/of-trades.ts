/** Bars of an exchange's trades, page by page, for intervals that are shorter than the bars which are kept. */
import type { MarketSteps, Side } from "../../core/market/rules.ts";
import { timesExactly } from "../../core/num/exact-sum.ts";
import type { Bar } from "./bar.ts";
import { BarFold } from "./fold.ts";
import { type BarInterval, intervalStart } from "./interval.ts";

/** A trade in ticks and lots. */
export interface SteppedTrade {
  readonly timeUs: number;
  readonly price: number;
  readonly quantity: number;
  /** Side of the taker. */
  readonly aggressor: Side;
}

/** What bars are made of, and how much of it is taken at once. */
export interface TradePage {
  readonly steps: MarketSteps;
  readonly interval: BarInterval;
  readonly isOldestFirst: boolean;
  /** Most bars that are made; what follows them is left. */
  readonly barsMax: number;
}

/** Bars, oldest first; the first and the last one may be parts of bars. */
export interface TakenBars<Taken> {
  readonly bars: readonly Bar[];
  /** How many trades they were made of, and which was the last one. */
  readonly count: number;
  readonly last: Taken | undefined;
  /** Whether there were more trades. */
  readonly isCut: boolean;
}

/** Makes bars of trades, which come in either order; reads no more of them than it needs. */
export function takeBars<Taken extends SteppedTrade>(
  trades: Iterable<Taken>,
  { steps, interval, isOldestFirst, barsMax }: TradePage,
): TakenBars<Taken> {
  const taken: Taken[] = [];
  let starts = 0;
  let startUs: number | undefined;
  let isCut = false;
  for (const trade of trades) {
    const ownStartUs = intervalStart(interval, trade.timeUs);
    if (ownStartUs !== startUs) {
      isCut = starts === barsMax;
      if (isCut) break;
      starts += 1;
      startUs = ownStartUs;
    }
    taken.push(trade);
  }
  const last = taken.at(-1);
  const oldestFirst = isOldestFirst ? taken : taken.toReversed();
  return {
    bars: [...foldTrades(oldestFirst, steps, interval)],
    ...{ count: taken.length, last, isCut },
  };
}

/** Price and quantity of a trade as decimals of the scales of its market's steps. */
export function inDecimals(
  { price, quantity }: Pick<SteppedTrade, "price" | "quantity">,
  { tickSize, lotSize }: MarketSteps,
): { readonly price: number | bigint; readonly quantity: number | bigint } {
  return {
    price: timesExactly(price, tickSize.coefficient),
    quantity: timesExactly(quantity, lotSize.coefficient),
  };
}

function* foldTrades(
  trades: readonly SteppedTrade[],
  steps: MarketSteps,
  interval: BarInterval,
): Generator<Bar, void> {
  const scales = { priceScale: steps.tickSize.scale, quantityScale: steps.lotSize.scale };
  let fold: BarFold | undefined;
  for (const trade of trades) {
    const { timeUs: eventTimeUs, aggressor } = trade;
    const startUs = intervalStart(interval, eventTimeUs);
    if (fold?.startUs !== startUs) {
      if (fold !== undefined) yield fold.toBar();
      fold = new BarFold({ startUs, ...scales });
    }
    fold.add({ ...inDecimals(trade, steps), eventTimeUs, aggressor });
  }
  if (fold !== undefined) yield fold.toBar();
}

/** Bars made at once from all of their trades in unbounded integers: what every fold has to equal. */
import fc from "fast-check";
import type { AggressorSide } from "../trade.ts";
import type { Bar } from "./bar.ts";
import { BarFold } from "./fold.ts";
import { type BarInterval, intervalStart } from "./interval.ts";

/** A trade as a source tells it. */
export interface DrawnTrade {
  readonly price: number | bigint;
  readonly priceScale: number;
  readonly quantity: number | bigint;
  readonly quantityScale: number;
  readonly eventTimeUs: number;
  readonly aggressor: AggressorSide;
}

/** The finest scale of drawn trades. */
const finest = 6;
const startUs = Date.UTC(2024, 1, 27, 23, 50) * 1_000;

const number = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.constant(Number.MAX_SAFE_INTEGER),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 60n }),
);
const step = fc.record({
  passedUs: fc.oneof(
    fc.nat({ max: 3_000_000 }),
    fc.nat({ max: 4_000 }).map((seconds) => seconds * 1_000_000),
    fc.nat({ max: 900 }).map((hours) => hours * 3_600_000_000),
  ),
  price: number,
  priceScale: fc.nat({ max: finest }),
  quantity: number,
  quantityScale: fc.nat({ max: finest }),
  aggressor: fc.constantFrom<AggressorSide>("buy", "sell", "unknown"),
});

/** Trades that follow each other at once, within seconds, or after up to some weeks. */
export const drawnTrades: fc.Arbitrary<readonly DrawnTrade[]> = fc
  .array(step, { maxLength: 60, size: "max" })
  .map((steps) => {
    let eventTimeUs = startUs;
    return steps.map(({ passedUs, ...trade }) => {
      eventTimeUs += passedUs;
      return { ...trade, eventTimeUs };
    });
  });

const product = (left: bigint, right: bigint) => left * right;
const sum = (values: readonly bigint[]) => values.reduce((left, right) => left + right, 0n);
const priceOf = ({ price, priceScale }: DrawnTrade) =>
  BigInt(price) * 10n ** BigInt(finest - priceScale);
const quantityOf = ({ quantity, quantityScale }: DrawnTrade) =>
  BigInt(quantity) * 10n ** BigInt(finest - quantityScale);

/** The bars of trades in order of time, at the finest scales. */
export function naiveBars(trades: readonly DrawnTrade[], interval: BarInterval) {
  const groups = Map.groupBy(trades, ({ eventTimeUs }) => intervalStart(interval, eventTimeUs));
  return [...groups].map(([start, inside]) => {
    const prices = inside.map(priceOf);
    const ascending = prices.toSorted((left, right) => (left < right ? -1 : 1));
    const turnover = (some: readonly DrawnTrade[]) =>
      sum(some.map((trade) => product(priceOf(trade), quantityOf(trade))));
    const bought = inside.filter(({ aggressor }) => aggressor === "buy");
    return {
      startUs: start,
      open: prices[0],
      high: ascending.at(-1),
      low: ascending[0],
      close: prices.at(-1),
      volume: sum(inside.map(quantityOf)),
      quoteVolume: turnover(inside),
      takerBuyVolume: sum(bought.map(quantityOf)),
      takerBuyQuoteVolume: turnover(bought),
      tradeCount: inside.length,
      firstUs: inside[0]?.eventTimeUs,
      lastUs: inside.at(-1)?.eventTimeUs,
      revision: 0,
    };
  });
}

/** A bar at the finest scales, as {@link naiveBars} has it. */
export function atFinest(bar: Bar) {
  const price = (value: number | bigint) => BigInt(value) * 10n ** BigInt(finest - bar.priceScale);
  const base = (value: number | bigint) => BigInt(value) * 10n ** BigInt(finest - bar.volumeScale);
  const quote = (value: number | bigint) =>
    BigInt(value) * 10n ** BigInt(2 * finest - bar.priceScale - bar.volumeScale);
  const { priceScale: _, volumeScale: __, ...figures } = bar;
  const { takerBuyVolume, takerBuyQuoteVolume } = bar;
  return {
    ...figures,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: base(bar.volume),
    quoteVolume: quote(bar.quoteVolume),
    takerBuyVolume: takerBuyVolume === undefined ? undefined : base(takerBuyVolume),
    takerBuyQuoteVolume: takerBuyQuoteVolume === undefined ? undefined : quote(takerBuyQuoteVolume),
  };
}

/** The bars of trades in order of time, made by the fold. */
export function foldedBars(trades: readonly DrawnTrade[], interval: BarInterval): readonly Bar[] {
  const folds = new Map<number, BarFold>();
  for (const trade of trades) {
    const { priceScale, quantityScale } = trade;
    const start = intervalStart(interval, trade.eventTimeUs);
    const fold = folds.get(start) ?? new BarFold({ startUs: start, priceScale, quantityScale });
    folds.set(start, fold);
    fold.refine(priceScale, quantityScale);
    fold.add({
      ...trade,
      price: BigInt(trade.price) * 10n ** BigInt(fold.priceScale - priceScale),
      quantity: BigInt(trade.quantity) * 10n ** BigInt(fold.quantityScale - quantityScale),
    });
  }
  return Array.from(folds.values(), (fold) => fold.toBar());
}

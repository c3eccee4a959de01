/** The nine moving averages by their names, as TA-Lib's MA chooses among them. */
import {
  CascadeAverage,
  cascadeWeights,
  ExponentialAverage,
  exponentialWeight,
} from "./exponential-averages.ts";
import { assertPeriod, decayLength, type Filter } from "./indicator.ts";
import { KaufmanAverage, kamaWeightMin } from "./kama.ts";
import { MesaAverage, mamaLookBack, mamaWeightMin } from "./mama.ts";
import { SimpleAverage, TriangularAverage, WeightedAverage } from "./simple-averages.ts";

/** Moving averages. `T3MA` is Tillson's T3 with a volume factor of 0.7. */
export const movingAverageTypes = [
  "SMA",
  "EMA",
  "WMA",
  "DEMA",
  "TEMA",
  "TRIMA",
  "KAMA",
  "MAMA",
  "T3MA",
] as const;
export type MovingAverageType = (typeof movingAverageTypes)[number];

/** An average of numbers. */
export type MovingAverage = Filter<number, number>;

/**
 * A moving average of `period` values, 1 to 500. Of one value each average is that value; MAMA adapts by itself and
 * looks at no other period.
 */
export function movingAverage(type: MovingAverageType, period: number): MovingAverage {
  assertPeriod(period);
  if (period === 1) return { lookBack: 0, warmUp: 0, begin: () => ({ add: (value) => value }) };
  const before = period - 1;
  switch (type) {
    case "SMA":
      return { lookBack: before, warmUp: before, begin: () => new SimpleAverage(period) };
    case "WMA":
      return { lookBack: before, warmUp: before, begin: () => new WeightedAverage(period) };
    case "TRIMA":
      return { lookBack: before, warmUp: before, begin: () => new TriangularAverage(period) };
    case "EMA":
      return {
        lookBack: before,
        warmUp: before + decayLength(exponentialWeight(period)),
        begin: () => new ExponentialAverage(period),
      };
    case "KAMA":
      return {
        lookBack: period,
        warmUp: period + decayLength(kamaWeightMin),
        begin: () => new KaufmanAverage(period),
      };
    case "MAMA":
      return {
        lookBack: mamaLookBack,
        warmUp: mamaLookBack + decayLength(mamaWeightMin),
        begin: () => new MesaAverage(),
      };
    default:
      return cascade(cascadeWeights[type], period);
  }
}

function cascade(weights: readonly number[], period: number): MovingAverage {
  const lookBack = weights.length * (period - 1);
  return {
    lookBack,
    warmUp: lookBack + decayLength(exponentialWeight(period), weights.length),
    begin: () => new CascadeAverage(period, weights),
  };
}

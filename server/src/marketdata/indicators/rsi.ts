/**
 * Relative strength index: the part that rises have in all moves, 0 to 100 (J. W. Wilder, New Concepts in Technical
 * Trading Systems, 1978; TA-Lib RSI). Where nothing moved it is 0.
 */
import { ExponentialAverage } from "./exponential-averages.ts";
import { assertPeriod, decayLength, type Indicator, type SeriesType } from "./indicator.ts";

export interface RsiOptions {
  readonly seriesType: SeriesType;
  /** 2 to 500. */
  readonly timePeriod: number;
}

/** Figures: the index. */
export function rsi({ seriesType, timePeriod }: RsiOptions): Indicator<readonly [number]> {
  assertPeriod(timePeriod, 2);
  const weight = 1 / timePeriod;
  return {
    lookBack: timePeriod,
    warmUp: timePeriod + decayLength(weight),
    begin() {
      const rises = new ExponentialAverage(timePeriod, weight);
      const falls = new ExponentialAverage(timePeriod, weight);
      let before: number | undefined;
      return {
        add(bar) {
          const value = bar[seriesType];
          const change = before === undefined ? undefined : value - before;
          before = value;
          if (change === undefined) return undefined;
          const rise = rises.add(Math.max(change, 0));
          const fall = falls.add(Math.max(-change, 0));
          if (rise === undefined || fall === undefined) return undefined;
          return [rise + fall === 0 ? 0 : (100 * rise) / (rise + fall)];
        },
      };
    },
  };
}

/**
 * Average true range: how far the price moves in a bar, the gap from the bar before it included (J. W. Wilder, New
 * Concepts in Technical Trading Systems, 1978; TA-Lib ATR). The first true range is that of the second bar.
 */
import { ExponentialAverage } from "./exponential-averages.ts";
import { assertPeriod, decayLength, type Indicator, type PriceBar } from "./indicator.ts";

/** Figures: the range, in units of the price. The period is 1 to 500. */
export function atr(timePeriod: number): Indicator<readonly [number]> {
  assertPeriod(timePeriod);
  const weight = 1 / timePeriod;
  return {
    lookBack: timePeriod,
    warmUp: timePeriod + decayLength(weight),
    begin() {
      const average = new ExponentialAverage(timePeriod, weight);
      let close: number | undefined;
      return {
        add(bar) {
          const before = close;
          close = bar.close;
          if (before === undefined) return undefined;
          const range = average.add(trueRange(bar, before));
          return range === undefined ? undefined : [range];
        },
      };
    },
  };
}

function trueRange({ high, low }: PriceBar, closeBefore: number): number {
  return Math.max(high, closeBefore) - Math.min(low, closeBefore);
}

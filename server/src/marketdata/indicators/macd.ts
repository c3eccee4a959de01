/**
 * Moving average convergence and divergence: a fast exponential average less a slow one, and the average of that
 * (G. Appel, The Moving Average Convergence-Divergence Method, 1979; TA-Lib MACD). Both averages have their first value at
 * the same bar, so the fast one begins later; periods in the wrong order are swapped.
 */
import { ExponentialAverage, exponentialWeight } from "./exponential-averages.ts";
import { assertPeriod, decayLength, type Indicator, type SeriesType } from "./indicator.ts";

export interface MacdOptions {
  readonly seriesType: SeriesType;
  /** 2 to 500. */
  readonly fastPeriod: number;
  /** 2 to 500. */
  readonly slowPeriod: number;
  /** 1 to 500. */
  readonly signalPeriod: number;
}

/** Figures: the difference, its signal, and how far it is above the signal. */
export function macd(options: MacdOptions): Indicator<readonly [number, number, number]> {
  const { seriesType, fastPeriod, slowPeriod, signalPeriod } = options;
  assertPeriod(fastPeriod, 2);
  assertPeriod(slowPeriod, 2);
  assertPeriod(signalPeriod);
  const short = Math.min(fastPeriod, slowPeriod);
  const long = Math.max(fastPeriod, slowPeriod);
  const lookBack = long - 1 + signalPeriod - 1;
  const decays =
    decayLength(exponentialWeight(long)) + decayLength(exponentialWeight(signalPeriod));
  return {
    lookBack,
    warmUp: lookBack + decays,
    begin() {
      const fast = new ExponentialAverage(short);
      const slow = new ExponentialAverage(long);
      const signals = new ExponentialAverage(signalPeriod);
      let waits = long - short;
      return {
        add(bar) {
          const value = bar[seriesType];
          const slowValue = slow.add(value);
          const fastValue = waits > 0 ? undefined : fast.add(value);
          waits -= 1;
          if (slowValue === undefined || fastValue === undefined) return undefined;
          const difference = fastValue - slowValue;
          const signal = signals.add(difference);
          return signal === undefined ? undefined : [difference, signal, difference - signal];
        },
      };
    },
  };
}

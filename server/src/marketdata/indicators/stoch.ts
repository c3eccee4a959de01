/**
 * Stochastic oscillator: where the close stands between the lowest and the highest price of a time, 0 to 100 (G. Lane;
 * TA-Lib STOCH). Where the price did not move it is 0.
 */
import { assertPeriod, type Indicator } from "./indicator.ts";
import { type MovingAverageType, movingAverage } from "./moving-average.ts";
import { RollingMax } from "./rolling.ts";

export interface StochOptions {
  /** Bars among which the lowest and the highest price are looked for, 1 to 500. */
  readonly fastKPeriod: number;
  /** Bars that %K is averaged over, 1 to 500. */
  readonly slowKPeriod: number;
  readonly slowKmaType: MovingAverageType;
  /** Bars that %D averages %K over, 1 to 500. */
  readonly slowDPeriod: number;
  readonly slowDmaType: MovingAverageType;
}

/** Figures: slow %K and slow %D. */
export function stoch(options: StochOptions): Indicator<readonly [number, number]> {
  const { fastKPeriod } = options;
  assertPeriod(fastKPeriod);
  const slowK = movingAverage(options.slowKmaType, options.slowKPeriod);
  const slowD = movingAverage(options.slowDmaType, options.slowDPeriod);
  return {
    lookBack: fastKPeriod - 1 + slowK.lookBack + slowD.lookBack,
    warmUp: fastKPeriod - 1 + slowK.warmUp + slowD.warmUp,
    begin() {
      const highs = new RollingMax(fastKPeriod);
      const lows = new RollingMax(fastKPeriod);
      const k = slowK.begin();
      const d = slowD.begin();
      return {
        add({ high, low, close }) {
          const highest = highs.add(high);
          const lowest = lows.add(-low);
          if (highest === undefined || lowest === undefined) return undefined;
          const slow = k.add(place(close, -lowest, highest));
          const slower = slow === undefined ? undefined : d.add(slow);
          return slow === undefined || slower === undefined ? undefined : [slow, slower];
        },
      };
    },
  };
}

function place(close: number, lowest: number, highest: number): number {
  return highest === lowest ? 0 : (100 * (close - lowest)) / (highest - lowest);
}

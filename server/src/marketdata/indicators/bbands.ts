/**
 * Bollinger bands: an average, and lines that run so many standard deviations above and below it (J. Bollinger, Bollinger on
 * Bollinger Bands, 2001; TA-Lib BBANDS). The deviation is that of a whole population, around the arithmetic mean of the
 * same bars, whatever the average in the middle is.
 */
import { assertPeriod, type Indicator, type SeriesType } from "./indicator.ts";
import { type MovingAverageType, movingAverage } from "./moving-average.ts";
import { Lag } from "./rolling.ts";

export interface BbandsOptions {
  readonly seriesType: SeriesType;
  /** 2 to 500. */
  readonly timePeriod: number;
  /** How many standard deviations the bands are away. */
  readonly sd: number;
  readonly maType: MovingAverageType;
}

/** Figures: upper, middle and lower band. */
export function bbands(options: BbandsOptions): Indicator<readonly [number, number, number]> {
  const { seriesType, timePeriod, sd, maType } = options;
  assertPeriod(timePeriod, 2);
  const average = movingAverage(maType, timePeriod);
  return {
    lookBack: Math.max(average.lookBack, timePeriod - 1),
    warmUp: Math.max(average.warmUp, timePeriod - 1),
    begin() {
      const middles = average.begin();
      const deviations = new Deviation(timePeriod);
      return {
        add(bar) {
          const middle = middles.add(bar[seriesType]);
          const deviation = deviations.add(bar[seriesType]);
          if (middle === undefined || deviation === undefined) return undefined;
          return [middle + sd * deviation, middle, middle - sd * deviation];
        },
      };
    },
  };
}

/**
 * Standard deviation of the newest values. Both moments are kept for values less the first one: squares of prices that are
 * far from 0 would leave no digits for what they differ in.
 */
class Deviation {
  readonly #period: number;
  readonly #lag: Lag;
  #first: number | undefined;
  #count = 0;
  #sum = 0;
  #squares = 0;

  constructor(period: number) {
    this.#period = period;
    this.#lag = new Lag(period);
  }

  add(input: number): number | undefined {
    this.#first ??= input;
    const value = input - this.#first;
    const oldest = this.#lag.push(value) ?? 0;
    this.#sum += value - oldest;
    this.#squares += value * value - oldest * oldest;
    this.#count += 1;
    if (this.#count < this.#period) return undefined;
    const mean = this.#sum / this.#period;
    return Math.sqrt(Math.max(this.#squares / this.#period - mean * mean, 0));
  }
}

/** A moving average of one of a bar's prices (TA-Lib MA). */
import type { Indicator, SeriesType } from "./indicator.ts";
import { type MovingAverageType, movingAverage } from "./moving-average.ts";

export interface MaOptions {
  readonly seriesType: SeriesType;
  /** 1 to 500. */
  readonly timePeriod: number;
  readonly maType: MovingAverageType;
}

/** Figures: the average. */
export function ma({ seriesType, timePeriod, maType }: MaOptions): Indicator<readonly [number]> {
  const average = movingAverage(maType, timePeriod);
  return {
    ...average,
    begin() {
      const fold = average.begin();
      return {
        add(bar) {
          const value = fold.add(bar[seriesType]);
          return value === undefined ? undefined : [value];
        },
      };
    },
  };
}

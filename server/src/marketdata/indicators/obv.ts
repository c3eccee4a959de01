/**
 * On-balance volume: volume added where the price rose and taken away where it fell (J. Granville, Granville's New Key to
 * Stock Market Profits, 1963; TA-Lib OBV). It counts from the volume of its first bar, so only its changes mean anything.
 */
import type { Indicator, SeriesType } from "./indicator.ts";

/** Figures: the volume, in units of the base. It never forgets where it began: see `origin.ts`. */
export function obv(seriesType: SeriesType): Indicator<readonly [number]> {
  return {
    lookBack: 0,
    warmUp: 0,
    begin() {
      let before: number | undefined;
      let sum = 0;
      return {
        add(bar) {
          const value = bar[seriesType];
          sum += before === undefined ? bar.volume : Math.sign(value - before) * bar.volume;
          before = value;
          return [sum];
        },
      };
    },
  };
}

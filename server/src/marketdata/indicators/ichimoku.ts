/**
 * Ichimoku Kinko Hyo: middles of the highest and the lowest price of three times (G. Hosoda, 1969). Leading spans are drawn
 * as many bars ahead as the base line is long, and the lagging span, which is the close, so many bars back; here each figure
 * stands at the bar that it was made of, and `displaced.ts` moves them.
 */
import { assertPeriod, type Indicator } from "./indicator.ts";
import { RollingMax } from "./rolling.ts";

export interface IchimokuOptions {
  /** 1 to 500. */
  readonly conversionLinePeriod: number;
  /** 1 to 500. */
  readonly baseLinePeriod: number;
  /** 1 to 500. */
  readonly leadingSpanBPeriod: number;
}

/** Figures: conversion line (tenkan-sen), base line (kijun-sen), leading span A and B (senkou span), close. */
export type IchimokuFigures = readonly [number, number, number, number, number];

export function ichimoku(options: IchimokuOptions): Indicator<IchimokuFigures> {
  const { conversionLinePeriod, baseLinePeriod, leadingSpanBPeriod } = options;
  const periods = [conversionLinePeriod, baseLinePeriod, leadingSpanBPeriod];
  for (const period of periods) assertPeriod(period);
  const lookBack = Math.max(...periods) - 1;
  return {
    lookBack,
    warmUp: lookBack,
    begin() {
      const conversions = new Middle(conversionLinePeriod);
      const bases = new Middle(baseLinePeriod);
      const spans = new Middle(leadingSpanBPeriod);
      return {
        add({ high, low, close }) {
          const conversion = conversions.add(high, low);
          const base = bases.add(high, low);
          const span = spans.add(high, low);
          if (conversion === undefined || base === undefined || span === undefined)
            return undefined;
          return [conversion, base, (conversion + base) / 2, span, close];
        },
      };
    },
  };
}

/** Half way between the highest and the lowest price of the newest bars. */
class Middle {
  readonly #highs: RollingMax;
  readonly #lows: RollingMax;

  constructor(period: number) {
    this.#highs = new RollingMax(period);
    this.#lows = new RollingMax(period);
  }

  add(high: number, low: number): number | undefined {
    const highest = this.#highs.add(high);
    const lowest = this.#lows.add(-low);
    return highest === undefined || lowest === undefined ? undefined : (highest - lowest) / 2;
  }
}

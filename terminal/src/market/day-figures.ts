/** What the candles of a day say: open, high, low, volume and change of 24 hours, exactly. */
import { add, compare, divide, multiply, subtract } from "@openbourse/client";
import type { ChartCandle } from "./candles/candle.ts";

/** Length of the candles that a day is made of, in seconds. */
export const intervalS = 1_800;
export const dayMs = 86_400_000;

/** The candles of a day, the oldest first; empty where nothing was traded. */
export type Day = readonly ChartCandle[];

/** Figures of a day. */
export interface DayFigures {
  readonly price: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly volume: string;
  /** Change in percent, cut to two decimals; undefined where it cannot be said. */
  readonly change: string | undefined;
}

/** The figures of the 24 hours before the end of the newest candle; undefined without one. */
export function figuresOf(candles: Day): DayFigures | undefined {
  const newest = candles.at(-1);
  if (newest === undefined) return undefined;
  const fromMs = newest.startMs + intervalS * 1_000 - dayMs;
  const day = candles.filter(({ startMs }) => startMs >= fromMs);
  const most = (a: string, b: string) => (compare(a, b) >= 0 ? a : b);
  const least = (a: string, b: string) => (compare(a, b) <= 0 ? a : b);
  const open = day[0]?.open ?? newest.open;
  return {
    ...{ price: newest.close, open, change: changePercent(newest.close, open) },
    high: day.map(({ high }) => high).reduce(most),
    low: day.map(({ low }) => low).reduce(least),
    volume: day.map(({ volume }) => volume).reduce(add, "0"),
  };
}

/** How much a price has changed, in percent, cut to two decimals. */
export function changePercent(price: string, from: string): string | undefined {
  if (compare(from, "0") === 0) return undefined;
  return divide(multiply(subtract(price, from), "100"), from, 2);
}

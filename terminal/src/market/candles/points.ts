/**
 * Places on the time axis. Where nothing was traded there is no candle, and yet time went by: such intervals have an empty place
 * each, unless they are so many that they would push everything else away.
 */
import type { ChartCandle } from "./candle.ts";

/** A place: with its candle, or empty. */
export interface Point {
  readonly startMs: number;
  readonly candle: ChartCandle | undefined;
}

/** Most empty places in a row; a longer time without trades has none. */
export const emptyRunMax = 300;
/** Empty places for each candle, at most and on average: rarely traded markets would have nothing else. */
const emptyShareMax = 4;

/** The place of a candle, and the empty ones before it, behind the candle before. */
export function pointsAfter(
  before: ChartCandle | undefined,
  candle: ChartCandle,
  intervalMs: number | undefined,
): readonly Point[] {
  const own = { startMs: candle.startMs, candle };
  if (before === undefined || intervalMs === undefined) return [own];
  const missing = Math.round((candle.startMs - before.startMs) / intervalMs) - 1;
  if (missing <= 0 || missing > emptyRunMax) return [own];
  const empty = Array.from({ length: missing }, (_, index) => ({
    startMs: before.startMs + (index + 1) * intervalMs,
    candle: undefined,
  }));
  return [...empty, own];
}

/** The places of all candles. */
export function pointsOf(
  candles: readonly ChartCandle[],
  intervalMs: number | undefined,
): readonly Point[] {
  const points: Point[] = [];
  candles.forEach((candle, index) => {
    const added = pointsAfter(candles[index - 1], candle, intervalMs);
    if (points.length + added.length <= (index + 1) * (emptyShareMax + 1) + emptyRunMax)
      points.push(...added);
    else points.push({ startMs: candle.startMs, candle });
  });
  return points;
}

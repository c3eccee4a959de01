/** The line of a day in a box of 48 by 16, and whether it went up. It is drawn, not read: numbers will do. */
import type { ChartCandle } from "./candles/candle.ts";

const width = 48;
const height = 16;

/** A path for SVG, empty where there are no two candles. */
export function sparkline(candles: readonly ChartCandle[]): {
  readonly line: string;
  readonly tone: "up" | "down" | undefined;
} {
  const [first, last] = [candles[0], candles.at(-1)];
  if (first === undefined || last === undefined || first === last)
    return { line: "", tone: undefined };
  const closes = candles.map(({ close }) => Number(close));
  const [low, high] = [Math.min(...closes), Math.max(...closes)];
  const span = Math.max(1, last.startMs - first.startMs);
  const points = candles.map(({ startMs }, index) => {
    const x = ((startMs - first.startMs) / span) * width;
    const part = high === low ? 0.5 : ((closes[index] ?? low) - low) / (high - low);
    return `${tenths(x)} ${tenths(height - 1 - part * (height - 2))}`;
  });
  const tone = Number(last.close) >= Number(first.open) ? "up" : "down";
  return { line: `M${points.join("L")}`, tone };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

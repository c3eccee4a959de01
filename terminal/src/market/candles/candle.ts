/** A candle as the chart has it, wherever it came from. Figures are exact texts. */
import type { BarInterval, Candle, PastBar, Span } from "@openbourse/client";

/** See the head of the file; `startMs` is milliseconds since 1970. */
export type ChartCandle = PastBar;

/** A page of candles, the oldest first, and times of it of which not everything is known. */
export interface CandlePage {
  readonly candles: readonly ChartCandle[];
  readonly unknown: readonly Span[];
  /** Whether there is nothing before it. */
  readonly isOldest: boolean;
}

/** An interval of candles. */
export interface Interval {
  /** For people: `1m`, `4h`, `1d`. */
  readonly name: string;
  /** Seconds; undefined where it has no fixed length, as months have none. */
  readonly seconds: number | undefined;
  /** Whether the exchange has candles of it. */
  readonly isMarkets: boolean;
  /** Its name for datasets and for indicators; undefined where they know none, or a different one, as their weeks begin on Monday. */
  readonly bars: BarInterval | undefined;
  /** Whether it stands in the bar above the chart rather than in the menu. */
  readonly isCommon: boolean;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const common: ReadonlySet<string> = new Set(["1m", "5m", "15m", "1h", "4h", "1d"]);
const lengths: Readonly<Record<string, number>> = {
  ...{ "1s": 1, "5s": 5, "10s": 10, "15s": 15, "30s": 30 },
  ...{ "1m": minute, "2m": 2 * minute, "3m": 3 * minute, "4m": 4 * minute, "5m": 5 * minute },
  ...{ "10m": 10 * minute, "15m": 15 * minute, "20m": 20 * minute, "30m": 30 * minute },
  ...{ "45m": 45 * minute, "1h": hour, "2h": 2 * hour, "3h": 3 * hour, "4h": 4 * hour },
  ...{ "6h": 6 * hour, "8h": 8 * hour, "12h": 12 * hour, "1d": day, "2d": 2 * day, "3d": 3 * day },
};
const barNames = [
  ...["1m", "2m", "3m", "4m", "5m", "10m", "15m", "20m", "30m", "45m"],
  ...["1h", "2h", "3h", "4h", "8h", "12h", "1d"],
] as const;

/** All intervals, the shortest first. */
export const intervals: readonly Interval[] = [
  ...Object.entries(lengths).map(([name, seconds]) => ({
    ...{ name, seconds, isMarkets: true, isCommon: common.has(name) },
    bars: barNames.find((bars) => bars === name),
  })),
  { name: "1w", seconds: 7 * day, isMarkets: true, bars: undefined, isCommon: false },
  { name: "1w Mon", seconds: 7 * day, isMarkets: false, bars: "1w", isCommon: false },
  { name: "30d", seconds: 30 * day, isMarkets: true, bars: undefined, isCommon: false },
  ...([1, 2, 3, 4] as const).map((months) => ({
    ...{ name: `${months}mo`, seconds: undefined, isMarkets: false, isCommon: false },
    bars: `${months}mo` as const,
  })),
];

/** Those of one kind of instrument. */
export function intervalsOf(kind: "market" | "ticker"): readonly Interval[] {
  return intervals.filter(({ isMarkets, bars }) =>
    kind === "market" ? isMarkets : bars !== undefined,
  );
}

/** The interval some steps away, or the last one in that direction. */
export function intervalBeside(
  all: readonly Interval[],
  name: string,
  step: number,
): Interval | undefined {
  const at = all.findIndex((interval) => interval.name === name);
  return all[Math.min(all.length - 1, Math.max(0, at + step))];
}

/** A candle of the exchange as the chart has it. */
export function chartCandle(candle: Candle | ChartCandle): ChartCandle {
  const { startMs, open, high, low, close, volume } = candle;
  return { startMs, open, high, low, close, volume };
}

/** What is shown of the chart: its interval, its indicators, where somebody points. Remembered while the page is open. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Loading } from "../../session/loading.ts";
import { type Interval, intervalBeside, intervalsOf } from "../candles/candle.ts";
import type { CandleSeries } from "../candles/series.ts";
import { chosen } from "../chosen.ts";
import type { IndicatorFeed } from "./indicator-feed.ts";
import { type IndicatorKind, indicatorKinds, indicatorsMax } from "./indicator-kinds.ts";

/** Candles and figures as they are drawn; another value after each drawing. */
export interface ChartContent {
  readonly series: CandleSeries;
  readonly indicators: readonly IndicatorFeed[];
  readonly interval: Interval;
}

const wantedInterval = signal("1m");
const wantedIndicators = signal<readonly string[]>([]);

/** What is drawn; undefined while nothing is. */
export const content: Signal<ChartContent | undefined> = signal(undefined);
/** Whether any candle has been drawn since the page was opened. */
export const hasDrawn: Signal<boolean> = signal(false);
/** How loading is doing. */
export const loading: Signal<Loading> = signal({ is: "loading" });
/** Set where no more live candles come. */
export const ended: Signal<{ readonly why: string | undefined } | undefined> = signal(undefined);
/** Indicators that cannot be had now, and why. */
export const indicatorTrouble: Signal<string | undefined> = signal(undefined);
/** Start of the interval that somebody points at, in milliseconds since 1970. */
export const hovered: Signal<number | undefined> = signal(undefined);

const kind = computed(() => chosen.value?.kind ?? "market");
/** Intervals that can be chosen, the shortest first. */
export const choices: ReadonlySignal<readonly Interval[]> = computed(() => intervalsOf(kind.value));
/** The interval that is shown. */
export const interval: ReadonlySignal<Interval> = computed(() => {
  const wanted = choices.value.find(({ name }) => name === wantedInterval.value);
  const minute = choices.value.find(({ name }) => name === "1m");
  return (wanted ?? minute ?? choices.value[0]) as Interval;
});
/** Indicators that are shown, where the interval has any. */
export const indicators: ReadonlySignal<readonly IndicatorKind[]> = computed(() =>
  indicatorKinds.filter(({ id }) => wantedIndicators.value.includes(id)),
);

/** Shows another interval. */
export function chooseInterval(name: string): void {
  wantedInterval.value = name;
}

/** Shows the interval some steps away. */
export function stepInterval(step: number): void {
  const next = intervalBeside(choices.value, interval.value.name, step);
  if (next !== undefined) wantedInterval.value = next.name;
}

/** Shows an indicator, or shows it no more. Beyond {@link indicatorsMax} the one that was chosen first goes. */
export function toggleIndicator(id: string): void {
  const now = wantedIndicators.value;
  wantedIndicators.value = now.includes(id)
    ? now.filter((other) => other !== id)
    : [...now, id].slice(-indicatorsMax);
}

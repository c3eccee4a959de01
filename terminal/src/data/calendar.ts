/** What is stored of a ticker, day by day: days with data, known days without trades, and days of which something is missing. */
import type { Span } from "@openbourse/client";

/** What is known of a day. */
export type DayState =
  /** Everything is known, and there was trade. */
  | "data"
  /** Everything is known, and nobody traded. */
  | "quiet"
  /** There is data, and something is missing. */
  | "part"
  /** Nothing is known. */
  | "gap";

/** A day in UTC. */
export interface Day {
  /** Its beginning, in milliseconds since 1970. */
  readonly startMs: number;
  readonly state: DayState;
  /** What was traded, as an exact decimal; undefined where there was nothing. */
  readonly volume: string | undefined;
}

/** A month with its days, and how many weekdays lie before the first one. */
export interface Month {
  /** `2026-11`. */
  readonly name: string;
  /** Days of the week before its first day that is shown; weeks begin on Monday. */
  readonly offset: number;
  readonly days: readonly Day[];
}

/** A day in milliseconds. */
export const dayMs = 86_400_000;

/** Most days of a calendar: as many as one page of bars has. */
export const daysMax = 1_000;

/** What a calendar is made of. */
export interface CalendarParts {
  /** Bars of whole days. */
  readonly bars: readonly { readonly startMs: number; readonly volume: string }[];
  /** Times of which not everything is known. */
  readonly unknown: readonly Span[];
  /** The time now, of the dataset: its day is the last one. */
  readonly nowMs: number;
}

/** The months, the oldest first, from the first day with data on. None where there is no data. */
export function calendarOf({ bars, unknown, nowMs }: CalendarParts): readonly Month[] {
  if (bars.length === 0) return [];
  const volumes = new Map(bars.map(({ startMs, volume }) => [startMs, volume]));
  const last = dayOf(Math.max(nowMs, ...volumes.keys()));
  const first = Math.max(dayOf(Math.min(...volumes.keys())), last - (daysMax - 1) * dayMs);
  const months = new Map<string, { offset: number; days: Day[] }>();
  for (let startMs = first; startMs <= last; startMs += dayMs) {
    const name = new Date(startMs).toISOString().slice(0, 7);
    const offset = (new Date(startMs).getUTCDay() + 6) % 7;
    const month = months.get(name) ?? { offset, days: [] };
    months.set(name, month);
    const volume = volumes.get(startMs);
    // The running day is not over: what has not happened is not missing.
    const endMs = Math.min(startMs + dayMs, Math.max(nowMs, startMs));
    const isMissing = unknown.some(({ fromMs, toMs }) => fromMs < endMs && toMs > startMs);
    months.get(name)?.days.push({ startMs, state: stateOf(volume, isMissing), volume });
  }
  return [...months].map(([name, month]) => ({ name, ...month }));
}

function stateOf(volume: string | undefined, isMissing: boolean): DayState {
  if (volume === undefined) return isMissing ? "gap" : "quiet";
  return isMissing ? "part" : "data";
}

function dayOf(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

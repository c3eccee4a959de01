/**
 * Bars of one file as minutes: bars of a minute as they are, bars of seconds rolled up. Longer bars cannot
 * be made into minutes, and are refused with what can be done.
 */
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { intervalStart, minuteInterval } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import { mergedSpans } from "../marketdata/bars/span.ts";
import type { KnownSpan } from "../ports/dataset-reader.ts";
import type { TickerBar } from "../ports/dataset-store.ts";
import type { RecordedBar } from "./bar-map.ts";

/** A bar of a ticker, or a time in which nothing was traded. */
export interface PlacedBar extends RecordedBar {
  readonly ticker: string;
}

/** Minutes, and the times that are known by them. */
export interface Minutes {
  readonly bars: readonly TickerBar[];
  readonly known: readonly KnownSpan[];
  /** Minutes in which nothing was traded. */
  readonly empty: number;
}

const secondUs = 1_000_000;

/** Distances that have to be seen to tell how long bars are by them. */
const distancesMin = 4;

/** How long the bars of a file are, in microseconds, by its first rows and its name. */
export function barLength(rows: readonly RecordedBar[], named: string | undefined): number {
  // One that was cut off, as the last of a file may be, is shorter than the others.
  const told = Math.max(...rows.map(({ startUs, endUs = startUs }) => endUs - startUs));
  if (told > 0) return told;
  if (named !== undefined) return namedLength(named);
  const starts = [...new Set(rows.map(({ startUs }) => startUs))].toSorted((a, b) => a - b);
  const distances = starts.slice(1).map((startUs, at) => startUs - starts[at]!);
  const shortest = Math.min(...distances);
  // Minutes without trades may be left out, but hardly all that are not on a raster of longer bars.
  const isRaster = distances.length >= distancesMin && starts.every((us) => us % shortest === 0);
  return isRaster || shortest < barIntervalUs ? shortest : barIntervalUs;
}

const unitsUs: Readonly<Record<string, number>> = {
  s: secondUs,
  m: 60 * secondUs,
  h: 3_600 * secondUs,
  d: 86_400 * secondUs,
  w: 604_800 * secondUs,
};

function namedLength(interval: string): number {
  const unit = interval.replace(/^\d+/, "");
  return Number.parseInt(interval, 10) * (unitsUs[unit] ?? Number.POSITIVE_INFINITY);
}

/** Why bars of a length cannot be stored; undefined when they can. */
export function lengthFault(lengthUs: number): string | undefined {
  if (lengthUs <= barIntervalUs && barIntervalUs % lengthUs === 0) return undefined;
  const length =
    lengthUs % barIntervalUs === 0
      ? `${lengthUs / barIntervalUs} minutes`
      : `${lengthUs / secondUs} s`;
  return `its bars are ${length} long: what is stored are minutes, of which longer bars are made; take the file of 1m, or the trades`;
}

/** Makes minutes of bars of one length, which divides a minute. Those of seconds come oldest first. */
export function minutesOf(rows: readonly PlacedBar[], lengthUs: number): Minutes {
  const bars: TickerBar[] = [];
  const known: KnownSpan[] = [];
  let minutes = 0;
  for (const [ticker, some] of Map.groupBy(rows, (row) => row.ticker)) {
    const spans = mergedSpans(
      some.map(({ startUs }) => ({ fromUs: startUs, toUs: startUs + lengthUs })),
    );
    for (const span of spans) known.push({ ...span, ticker });
    minutes += new Set(some.map(({ startUs }) => intervalStart(minuteInterval, startUs))).size;
    const traded = some.flatMap(({ bar }) => bar ?? []);
    for (const bar of lengthUs === barIntervalUs
      ? traded
      : rollUp(inTime(traded), minuteInterval)) {
      bars.push({ ticker, bar });
    }
  }
  // A file may tell a minute twice.
  const traded = new Set(bars.map(({ ticker, bar }) => `${bar.startUs} ${ticker}`));
  return { bars, known, empty: minutes - traded.size };
}

function inTime(bars: readonly StoredBar[]): readonly StoredBar[] {
  const byStart = new Map(bars.map((bar) => [bar.startUs, bar]));
  return [...byStart.values()].toSorted((left, right) => left.startUs - right.startUs);
}

/** The rows before the minute of the last one, which may not be whole yet, and that minute's. */
export function wholeMinutes(
  rows: readonly PlacedBar[],
): readonly [readonly PlacedBar[], PlacedBar[]] {
  const last = rows.at(-1);
  if (last === undefined) return [[], []];
  const startUs = intervalStart(minuteInterval, last.startUs);
  const isOfLast = (row: PlacedBar) => intervalStart(minuteInterval, row.startUs) === startUs;
  return [rows.filter((row) => !isOfLast(row)), rows.filter(isOfLast)];
}

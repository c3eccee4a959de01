/** The intervals that REST knows bars of, by their names on the wire. */
import {
  type BarInterval,
  monthsInterval,
  secondsInterval,
  weekInterval,
} from "../../marketdata/bars/interval.ts";

const minuteS = 60;
const hourS = 60 * minuteS;

/** Value of `interval`: days are those of UTC, weeks begin on Monday, months are those of the calendar. */
export const intervalByName: ReadonlyMap<string, BarInterval> = new Map([
  ...[1, 2, 3, 4, 5, 10, 15, 20, 30, 45].map(
    (minutes) => [`${minutes}m`, secondsInterval(minutes * minuteS)] as const,
  ),
  ...[1, 2, 3, 4, 8, 12].map((hours) => [`${hours}h`, secondsInterval(hours * hourS)] as const),
  ["1d", secondsInterval(24 * hourS)],
  ["1w", weekInterval],
  ...[1, 2, 3, 4].map((months) => [`${months}mo`, monthsInterval(months)] as const),
]);

/** All values of `interval`, shortest first. */
export const intervalNames: readonly string[] = [...intervalByName.keys()];

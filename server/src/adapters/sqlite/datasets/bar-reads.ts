/**
 * Reads the bars of a dataset's file, in bytes where they leave as they are stored. Days and longer are rolled
 * up from days, hours from hours, and what is not whole hours from minutes.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredBar } from "../../../marketdata/bars/bar.ts";
import { type BarInterval, dayInterval, intervalStart } from "../../../marketdata/bars/interval.ts";
import { rollUp } from "../../../marketdata/bars/roll.ts";
import type { Span } from "../../../marketdata/bars/span.ts";
import { wholeIn } from "./bar-writer.ts";
import { type BarBytes, barOf, bytesOfBar, minutesIn } from "./hour-body.ts";
import {
  bytesOf,
  dayUs,
  hoursPerDay,
  hourUs,
  integer,
  minuteUs,
  slotAt,
  slotId,
  slotOf,
  slotRange,
} from "./rows.ts";

/** Which bars of a ticker; the range begins and ends where intervals do. */
export interface BarRange extends Span {
  readonly ticker: number;
  readonly isNewestFirst: boolean;
}

/** How many bars may still be left out before the first that is answered. */
export interface Skip {
  left: number;
}

/** Rows of whole hours or days that are read at once. */
const rowsAtOnce = 400;

/** What bars of an interval are made of. */
export function baseOf(interval: BarInterval): "day" | "hour" | "minute" | "trade" {
  if (interval.kind === "months") return "day";
  const isWhole = (unit: number) =>
    interval.lengthUs % unit === 0 && interval.originUs % unit === 0;
  if (isWhole(dayUs)) return "day";
  if (isWhole(hourUs)) return "hour";
  return isWhole(minuteUs) ? "minute" : "trade";
}

const baseLengthUs = { day: dayUs, hour: hourUs, minute: minuteUs };

/** Bars of a part's interval that are made of them, in the order of the parts. */
function* rolled(
  parts: Iterable<BarBytes>,
  interval: BarInterval,
  isNewestFirst: boolean,
): Generator<BarBytes, void> {
  let group: StoredBar[] = [];
  let startUs: number | undefined;
  const whole = (): BarBytes => {
    const [bar] = rollUp(isNewestFirst ? group.toReversed() : group, interval);
    return { startUs: startUs!, bytes: bytesOfBar(bar!) };
  };
  for (const part of parts) {
    const start = intervalStart(interval, part.startUs);
    if (start !== startUs && group.length > 0) {
      yield whole();
      group = [];
    }
    startUs = start;
    group.push(barOf(part.bytes, part.startUs));
  }
  if (group.length > 0) yield whole();
}

/** The reads of one file. */
export class BarReads {
  readonly #hours: readonly [oldestFirst: StatementSync, newestFirst: StatementSync];
  readonly #next: readonly [oldestFirst: StatementSync, newestFirst: StatementSync];
  readonly #wholes: readonly [oldestFirst: StatementSync, newestFirst: StatementSync];
  readonly #days: readonly [oldestFirst: StatementSync, newestFirst: StatementSync];

  constructor(database: DatabaseSync) {
    const both = (sql: string): readonly [StatementSync, StatementSync] => [
      database.prepare(sql.replace("ORDER BY id", "ORDER BY id ASC")),
      database.prepare(sql.replace("ORDER BY id", "ORDER BY id DESC")),
    ];
    this.#hours = both("SELECT id, count, body FROM hour WHERE id BETWEEN ? AND ? ORDER BY id");
    this.#next = both("SELECT id FROM hour WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1");
    this.#wholes = both(`SELECT id, whole, iif(whole IS NULL, body, NULL) AS body FROM hour
      WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ${rowsAtOnce}`);
    this.#days = both(`SELECT id, minutes, whole FROM day
      WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ${rowsAtOnce}`);
  }

  /** Bars of an interval of minutes or longer, without the first `skip`. */
  *bars(range: BarRange, interval: BarInterval, skip: Skip): Generator<BarBytes, void> {
    const base = baseOf(interval);
    if (base === "trade") return;
    const isBase = interval.kind === "fixed" && interval.lengthUs === baseLengthUs[base];
    // Bars that are stored are left out many at once, the others have to be made to be counted.
    const parts = this.#parts(base, range, isBase ? skip : { left: 0 });
    for (const bar of isBase ? parts : rolled(parts, interval, range.isNewestFirst)) {
      if (skip.left > 0) skip.left -= 1;
      else yield bar;
    }
  }

  /** Starts of the oldest and of the newest minute of a ticker. */
  ends(ticker: number): Span | undefined {
    const [fromUs, toUs] = this.#next.map((next) => {
      const id = next.get(...slotRange(ticker))?.["id"];
      if (id === undefined) return undefined;
      const [row] = this.#hours[0].all(id, id);
      const minutes = [...minutesIn(bytesOf(row?.["body"])).keys()];
      const minute = minutes.at(next === this.#next[0] ? 0 : -1) ?? 0;
      return slotOf(integer(id)) * hourUs + minute * minuteUs;
    });
    return fromUs === undefined || toUs === undefined ? undefined : { fromUs, toUs };
  }

  #parts(base: "day" | "hour" | "minute", range: BarRange, skip: Skip): Iterable<BarBytes> {
    const { ticker, fromUs, toUs } = range;
    if (fromUs >= toUs) return [];
    const lengthUs = base === "day" ? dayUs : hourUs;
    const first = slotId(ticker, slotAt(fromUs, lengthUs));
    const last = slotId(ticker, slotAt(toUs - 1, lengthUs));
    if (base === "day") return this.#wholeDays(range, first, last);
    if (base === "hour") return this.#wholeHours(range, first, last);
    return this.#minutes(range, skip, first, last);
  }

  *#minutes(
    range: BarRange,
    skip: Skip,
    firstId: number,
    lastId: number,
  ): Generator<BarBytes, void> {
    const { ticker, isNewestFirst } = range;
    let [first, last] = [firstId, lastId];
    while (first <= last) {
      const next = this.#next[isNewestFirst ? 1 : 0].get(first, last)?.["id"];
      if (next === undefined) return;
      const slot = slotOf(integer(next));
      const dayFirst = slotId(ticker, Math.floor(slot / hoursPerDay) * hoursPerDay);
      const from = Math.max(first, dayFirst);
      const to = Math.min(last, dayFirst + hoursPerDay - 1);
      const isWholeDay = from === dayFirst && to === dayFirst + hoursPerDay - 1;
      const minutes = skip.left > 0 && isWholeDay ? this.#minutesOfDay(range, slot) : undefined;
      if (minutes !== undefined && minutes <= skip.left) skip.left -= minutes;
      else yield* this.#minutesOfHours(range, skip, from, to);
      if (isNewestFirst) last = from - 1;
      else first = to + 1;
    }
  }

  /** How many minutes the day of an hour has, where that is stored and all of them are in the range. */
  #minutesOfDay({ ticker, fromUs, toUs }: BarRange, hourSlot: number): number | undefined {
    const slot = Math.floor(hourSlot / hoursPerDay);
    if (slot * dayUs < fromUs || (slot + 1) * dayUs > toUs) return undefined;
    const id = slotId(ticker, slot);
    const row = this.#days[0].get(id, id);
    return row === undefined ? undefined : integer(row["minutes"]);
  }

  *#minutesOfHours(
    { fromUs, toUs, isNewestFirst }: BarRange,
    skip: Skip,
    first: number,
    last: number,
  ): Generator<BarBytes, void> {
    for (const row of this.#hours[isNewestFirst ? 1 : 0].all(first, last)) {
      const startUs = slotOf(integer(row["id"])) * hourUs;
      const isWhole = startUs >= fromUs && startUs + hourUs <= toUs;
      const count = integer(row["count"]);
      if (isWhole && count <= skip.left) {
        skip.left -= count;
        continue;
      }
      const minutes = [...minutesIn(bytesOf(row["body"]))];
      const bars = (isNewestFirst ? minutes.reverse() : minutes).map(([minute, bytes]) => ({
        startUs: startUs + minute * minuteUs,
        bytes,
      }));
      yield* isWhole ? bars : bars.filter((bar) => bar.startUs >= fromUs && bar.startUs < toUs);
    }
  }

  *#wholeHours({ isNewestFirst }: BarRange, firstId: number, lastId: number) {
    let [first, last] = [firstId, lastId];
    for (;;) {
      const rows = this.#wholes[isNewestFirst ? 1 : 0].all(first, last);
      for (const row of rows) {
        const id = integer(row["id"]);
        yield wholeIn(row);
        if (isNewestFirst) last = id - 1;
        else first = id + 1;
      }
      if (rows.length < rowsAtOnce) return;
    }
  }

  *#wholeDays(range: BarRange, first: number, last: number): Generator<BarBytes, void> {
    const newest = this.#newestDay(range.ticker);
    const isRunning = newest !== undefined && newest >= first && newest <= last;
    const running = isRunning ? this.#runningDay(range, newest) : [];
    if (range.isNewestFirst) yield* running;
    yield* this.#storedDays(range, first, last);
    if (!range.isNewestFirst) yield* running;
  }

  *#storedDays({ isNewestFirst }: BarRange, firstId: number, lastId: number) {
    let [first, last] = [firstId, lastId];
    for (;;) {
      const rows = this.#days[isNewestFirst ? 1 : 0].all(first, last);
      for (const row of rows) {
        const id = integer(row["id"]);
        yield { startUs: slotOf(id) * dayUs, bytes: bytesOf(row["whole"]) };
        if (isNewestFirst) last = id - 1;
        else first = id + 1;
      }
      if (rows.length < rowsAtOnce) return;
    }
  }

  /** The id of a ticker's newest day, which has no bar of its own. */
  #newestDay(ticker: number): number | undefined {
    const id = this.#next[1].get(...slotRange(ticker))?.["id"];
    if (id === undefined) return undefined;
    return slotId(ticker, Math.floor(slotOf(integer(id)) / hoursPerDay));
  }

  *#runningDay({ ticker }: BarRange, dayId: number): Generator<BarBytes, void> {
    const slot = slotOf(dayId) * hoursPerDay;
    const range = { ticker, fromUs: 0, toUs: 0, isNewestFirst: false };
    const ids = [slotId(ticker, slot), slotId(ticker, slot + hoursPerDay - 1)] as const;
    yield* rolled(this.#wholeHours(range, ...ids), dayInterval, false);
  }
}

/**
 * Writes the minutes of a dataset's tickers, an hour in a row, with the bars of whole hours and days beside
 * them: each equals its minutes rolled up, and is made again in the same transaction when one of them
 * changes. A ticker's newest hour and day have none, for they change with every trade.
 * It leaves it to its caller to begin and to end the transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { dayInterval } from "../../../marketdata/bars/interval.ts";
import { rollUp } from "../../../marketdata/bars/roll.ts";
import { DamagedBytes } from "./bytes.ts";
import { type BarBytes, barOf, bodyOf, bytesOfBar, minutesIn, wholeHour } from "./hour-body.ts";
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

/** What takes the place of a stored minute: given its bytes if there are any, undefined to leave them. */
export type MinuteChange = (stored: Uint8Array | undefined) => Uint8Array | undefined;

/** Changes to the minutes of one ticker, in any order: the last of a minute counts after those before it. */
export interface MinuteChanges {
  readonly startUs: number;
  readonly change: MinuteChange;
}

/** What became of minutes. */
export interface MinutesWritten {
  /** Changes that were made. */
  readonly changed: number;
  /** Minutes that had no bar before. */
  readonly added: number;
}

/** Writes bars. */
export class BarWriter {
  readonly #hour: StatementSync;
  readonly #newest: StatementSync;
  readonly #putHour: StatementSync;
  readonly #putWhole: StatementSync;
  readonly #hoursOfDay: StatementSync;
  readonly #putDay: StatementSync;
  readonly #deleteHours: StatementSync;
  readonly #deleteDays: StatementSync;
  readonly #deleteHour: StatementSync;
  readonly #counts: StatementSync;

  constructor(database: DatabaseSync) {
    this.#hour = database.prepare("SELECT body FROM hour WHERE id = ?");
    this.#newest = database.prepare("SELECT max(id) AS id FROM hour WHERE id BETWEEN ? AND ?");
    this.#putHour = database.prepare(`INSERT INTO hour (id, count, body) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET count = excluded.count, body = excluded.body, whole = NULL`);
    this.#putWhole = database.prepare("UPDATE hour SET whole = ? WHERE id = ?");
    this.#hoursOfDay = database.prepare(
      "SELECT id, count, whole, iif(whole IS NULL, body, NULL) AS body FROM hour WHERE id BETWEEN ? AND ? ORDER BY id",
    );
    this.#putDay = database.prepare("REPLACE INTO day (id, minutes, whole) VALUES (?, ?, ?)");
    this.#deleteHours = database.prepare("DELETE FROM hour WHERE id >= ? AND id < ?");
    this.#deleteHour = database.prepare("DELETE FROM hour WHERE id = ?");
    this.#deleteDays = database.prepare("DELETE FROM day WHERE id >= ? AND id < ?");
    this.#counts = database.prepare(
      "SELECT coalesce(sum(count), 0) AS minutes FROM hour WHERE id >= ? AND id < ?",
    );
  }

  /** Changes minutes of a ticker. */
  change(ticker: number, changes: readonly MinuteChanges[]): MinutesWritten {
    const before = this.#newestHour(ticker);
    const touched = new Set<number>();
    let [changed, added] = [0, 0];
    const byHour = Map.groupBy(changes, ({ startUs }) => Math.floor(startUs / hourUs));
    for (const [slot, some] of byHour) {
      const written = this.#changeHour(ticker, slot, some);
      if (written.changed > 0) touched.add(slot);
      changed += written.changed;
      added += written.added;
    }
    this.#rollUpTouched(ticker, touched, before);
    return { changed, added };
  }

  /** Forgets the minutes of a ticker that begin before a time; how many there were. */
  forget(ticker: number, beforeUs: number): number {
    const [first] = slotRange(ticker);
    const slot = slotAt(beforeUs, hourUs);
    const boundary = slotId(ticker, slot);
    const whole = integer(this.#counts.get(first, boundary)?.["minutes"]);
    this.#deleteHours.run(first, boundary);
    this.#deleteDays.run(first, slotId(ticker, slotAt(beforeUs, dayUs)) + 1);
    const forgotten = whole + this.#forgetOfHour(ticker, slot, beforeUs);
    this.#rollUpTouched(ticker, new Set([slot]), undefined);
    return forgotten;
  }

  #forgetOfHour(ticker: number, slot: number, beforeUs: number): number {
    const id = slotId(ticker, slot);
    const row = this.#hour.get(id);
    if (row === undefined) return 0;
    const minutes = minutesIn(bytesOf(row["body"]));
    const size = minutes.size;
    for (const minute of minutes.keys()) {
      if (slot * hourUs + minute * minuteUs < beforeUs) minutes.delete(minute);
    }
    if (minutes.size === 0) this.#deleteHour.run(id);
    else if (minutes.size < size) this.#putHour.run(id, minutes.size, bodyOf(minutes));
    return size - minutes.size;
  }

  #newestHour(ticker: number): number | undefined {
    const id = this.#newest.get(...slotRange(ticker))?.["id"];
    return id === null || id === undefined ? undefined : slotOf(integer(id));
  }

  #changeHour(ticker: number, slot: number, changes: readonly MinuteChanges[]): MinutesWritten {
    const id = slotId(ticker, slot);
    const row = this.#hour.get(id);
    const minutes = row === undefined ? new Map() : minutesIn(bytesOf(row["body"]));
    const size = minutes.size;
    let changed = 0;
    for (const { startUs, change } of changes) {
      const minute = (startUs - slot * hourUs) / minuteUs;
      const bytes = change(minutes.get(minute));
      if (bytes === undefined) continue;
      minutes.set(minute, bytes);
      changed += 1;
    }
    if (changed > 0) this.#putHour.run(id, minutes.size, bodyOf(minutes));
    return { changed, added: minutes.size - size };
  }

  /** Makes the bars again that changes have made stale, and those that are complete since. */
  #rollUpTouched(ticker: number, touched: Set<number>, formerNewest: number | undefined): void {
    const newest = this.#newestHour(ticker);
    if (newest === undefined) return;
    if (formerNewest !== undefined && newest > formerNewest) touched.add(formerNewest);
    const days = new Set<number>();
    for (const slot of touched) {
      if (slot < newest) this.#rollUpHour(ticker, slot);
      days.add(Math.floor(slot / hoursPerDay));
    }
    const newestDay = Math.floor(newest / hoursPerDay);
    for (const slot of days) if (slot < newestDay) this.#rollUpDay(ticker, slot);
  }

  #rollUpHour(ticker: number, slot: number): void {
    const id = slotId(ticker, slot);
    const row = this.#hour.get(id);
    if (row !== undefined) this.#putWhole.run(wholeHour(bytesOf(row["body"]), slot), id);
  }

  #rollUpDay(ticker: number, slot: number): void {
    const newest = this.#newestHour(ticker);
    if (newest === undefined || slot >= Math.floor(newest / hoursPerDay)) return;
    const firstHour = slotId(ticker, slot * hoursPerDay);
    const rows = this.#hoursOfDay.all(firstHour, firstHour + hoursPerDay - 1);
    if (rows.length === 0) return;
    const minutes = rows.reduce((sum, row) => sum + integer(row["count"]), 0);
    const [bar] = rollUp(
      rows.map(wholeIn).map(({ startUs, bytes }) => barOf(bytes, startUs)),
      dayInterval,
    );
    if (bar === undefined) throw new DamagedBytes("a day without hours");
    this.#putDay.run(slotId(ticker, slot), minutes, bytesOfBar(bar));
  }
}

/** The bar of an hour in a row of its id, its bar, and its minutes where it has none. */
export function wholeIn(row: Record<string, unknown>): BarBytes {
  const slot = slotOf(integer(row["id"]));
  const { whole, body } = row;
  const bytes = whole === null ? wholeHour(bytesOf(body), slot) : bytesOf(whole);
  return { startUs: slot * hourUs, bytes };
}

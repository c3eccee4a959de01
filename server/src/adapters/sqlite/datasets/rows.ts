/** Statements and keys that writing and reading a dataset's file have in common. */
import type { DatabaseSync } from "node:sqlite";
import { assert } from "../../../core/assert.ts";
import { barIntervalUs } from "../../../marketdata/bar-update.ts";
import type { StoredPosition } from "../../../ports/dataset-store.ts";
import { DamagedBytes } from "./bytes.ts";

/** Lengths in microseconds. */
export const minuteUs: number = barIntervalUs;
export const hourUs: number = 60 * minuteUs;
export const hoursPerDay = 24;
export const dayUs: number = hoursPerDay * hourUs;

/** Hours, or days, that an id has room for on either side of 1970. */
const halfRange = 2 ** 23;
const range = 2 * halfRange;

/** The id of a ticker's hour or day, which are numbered from 1970; ids of a ticker follow each other in time. */
export function slotId(ticker: number, slot: number): number {
  assert(slot >= -halfRange && slot < halfRange, "a bar is of our era");
  return ticker * range + slot + halfRange;
}

/** The hour or day of an id. */
export function slotOf(id: number): number {
  return (id % range) - halfRange;
}

/** The ids of a ticker, its first and its last. */
export function slotRange(ticker: number): readonly [first: number, last: number] {
  return [ticker * range, ticker * range + range - 1];
}

/** Hour or day of a time, kept within what ids have room for. */
export function slotAt(timeUs: number, lengthUs: number): number {
  return Math.min(halfRange - 1, Math.max(-halfRange, Math.floor(timeUs / lengthUs)));
}

/** A cell that holds a safe integer. */
export function integer(cell: unknown): number {
  if (typeof cell !== "number" || !Number.isSafeInteger(cell)) {
    throw new DamagedBytes("a row holds what is never written");
  }
  return cell;
}

/** A cell that holds bytes. */
export function bytesOf(cell: unknown): Uint8Array {
  if (!(cell instanceof Uint8Array)) throw new DamagedBytes("a row holds what is never written");
  return cell;
}

/** A cell that holds a text. */
export function textOf(cell: unknown): string {
  if (typeof cell !== "string") throw new DamagedBytes("a row holds what is never written");
  return cell;
}

/** Finds the row of {@link positionOf}. */
export const selectPosition = "SELECT epoch, sequence, time_us AS timeUs FROM position";

/** The position in a row; undefined where there is none. */
export function positionOf(row: Record<string, unknown> | undefined): StoredPosition | undefined {
  if (row === undefined) return undefined;
  const { epoch, sequence, timeUs } = row;
  return { epoch: textOf(epoch), sequence: integer(sequence), timeUs: integer(timeUs) };
}

/** Stands for all tickers of a dataset where times are known or missing. */
export const allTickers = 0;

/** The number of a ticker; undefined when nothing is stored of it. */
export function findTicker(database: DatabaseSync, name: string): number | undefined {
  // Half of a surrogate pair cannot be stored; it stands for the same character everywhere.
  const row = database.prepare("SELECT id FROM ticker WHERE name = ?").get(name.toWellFormed());
  return row === undefined ? undefined : integer(row["id"]);
}

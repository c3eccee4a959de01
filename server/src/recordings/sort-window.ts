/**
 * Puts the rows of one file into the order of their times as far as a window reaches, and holds back
 * rows whose times are far from all others. It reads nothing by itself.
 */
import { inEventOrder } from "../marketdata/event-order.ts";
import { type RecordedTrade, symbolOf } from "./map.ts";
import { jumpUs, wildAtEnd, wildAtStart } from "./outliers.ts";

/** Rows in order, and how far the file has been played with them. */
export interface SortedRun {
  readonly kind: "trades";
  readonly path: string;
  readonly trades: readonly RecordedTrade[];
  /** Share of the file's bytes that were read and released, 0 … 1. */
  readonly done: number;
}

/** Rows that are looked at together at the start of a file. */
export const headRowsMin = 4_096;

/** The same where they are not in order, and most rows that are held back at any time. */
export const windowRowsMax = 65_536;

/** Rows that are held back where a file is in order. */
export const windowRowsMin = 1_024;

/** The window keeps so many times the distance over which rows were out of place so far. */
const marginFactor = 2;

/** Rows in order, and those that were left out. */
export interface OrderedRows {
  readonly rows: readonly RecordedTrade[];
  readonly outlying: readonly RecordedTrade[];
}

const nothing: OrderedRows = { rows: [], outlying: [] };

/** The rows of one file on their way into order. */
export class SortWindow {
  #rows: RecordedTrade[] = [];
  #lastUs = Number.NEGATIVE_INFINITY;
  #isSorted = true;
  #isFirst = true;
  /** Rows that stay in the window at a release. */
  #keep = windowRowsMin;
  #limit = headRowsMin;
  readonly #headRows: number;
  #released = { count: 0, lastUs: undefined as number | undefined, gapUs: 0, lineMax: 0 };

  /** `headRows` are looked at before the first is released where the start is not in order. */
  constructor(headRows: number = windowRowsMax) {
    this.#headRows = Math.max(headRows, headRowsMin);
  }

  /** Takes the file's next rows; answers those that nothing can come before any more, in order. */
  push(rows: readonly RecordedTrade[]): OrderedRows {
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at]!;
      if (row.eventTimeUs < this.#lastUs) this.#noteDisorder(row.eventTimeUs);
      this.#lastUs = row.eventTimeUs;
      this.#rows.push(row);
    }
    if (this.#rows.length < this.#limit) return nothing;
    const outlying = this.#sort();
    this.#measure();
    const count = Math.max(0, this.#rows.length - this.#keep);
    const released = this.#rows.slice(0, count);
    this.#rows = this.#rows.slice(count);
    this.#limit = this.#keep;
    this.#note(released);
    return { rows: released, outlying };
  }

  /** The file has ended: answers all rows that are left. */
  end(): OrderedRows {
    const outlying = this.#sort();
    const end = wildAtEnd(this.#rows, this.#released);
    const rows = this.#rows.slice(0, end);
    outlying.push(...this.#rows.slice(end));
    this.#rows = [];
    return { rows, outlying };
  }

  /** A row is out of place: more is looked at together, all that may be where this one is out of reach. */
  #noteDisorder(us: number): void {
    this.#isSorted = false;
    if (this.#isFirst) this.#limit = this.#headRows;
    const behindUs = (this.#released.lastUs ?? us) - us;
    if (behindUs > 0 && behindUs <= jumpUs) this.#keep = windowRowsMax;
  }

  /** Sorts the rows; answers those at the very start that are wild. */
  #sort(): RecordedTrade[] {
    if (!this.#isSorted) this.#rows = [...inEventOrder(this.#rows, symbolOf)];
    const wild = this.#isFirst ? wildAtStart(this.#rows) : 0;
    this.#isFirst = false;
    this.#isSorted = true;
    this.#lastUs = this.#rows.at(-1)?.eventTimeUs ?? this.#lastUs;
    return this.#rows.splice(0, wild);
  }

  /** Makes the window wide enough for rows as far out of place as those that are about to be released. */
  #measure(): void {
    let farthest = 0;
    let { lineMax } = this.#released;
    const from = this.#released.lastUs ?? Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.#rows.length - this.#keep; at += 1) {
      const { line, eventTimeUs } = this.#rows[at]!;
      // What is past already was out of reach; no window of this size would have held it.
      if (eventTimeUs < from) continue;
      farthest = Math.max(farthest, lineMax - line);
      lineMax = Math.max(lineMax, line);
    }
    this.#keep = Math.min(Math.max(this.#keep, farthest * marginFactor), windowRowsMax);
  }

  #note(released: readonly RecordedTrade[]): void {
    const { count } = this.#released;
    let { lastUs, gapUs, lineMax } = this.#released;
    for (const { eventTimeUs, line } of released) {
      if (lastUs !== undefined) gapUs = Math.max(gapUs, eventTimeUs - lastUs);
      lastUs = Math.max(lastUs ?? 0, eventTimeUs);
      lineMax = Math.max(lineMax, line);
    }
    this.#released = { count: count + released.length, lastUs, gapUs, lineMax };
  }
}

/**
 * The minutes of one instrument that had trades, oldest first, packed into one typed array: 80 bytes
 * a minute and nothing for minutes without trades. It does not know what a window or a clock is.
 */
import { assert } from "../core/assert.ts";
import { powersOfTen } from "../core/num/decimal.ts";
import { PackedSum, packedSumLimit } from "../core/num/packed-sum.ts";

/** Length of a minute in microseconds. */
export const minuteUs = 60_000_000;

/** Most minutes that are kept: those of a day. */
export const minutesMax = 1_440;

/** One minute of which all trades are known, in the table's units. */
export interface WholeMinute {
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly volume: bigint;
  readonly quoteVolume: bigint;
  readonly tradeCount: number;
}

/** What all minutes of a table come to. Prices and sums are integers in the table's units. */
export interface MinuteFigures {
  /** First price by event time, then by arrival. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly volume: number | bigint;
  readonly quoteVolume: number | bigint;
  readonly tradeCount: number;
}

// The columns of a row. A sum takes two columns.
const minuteColumn = 0;
const firstUsColumn = 1;
const openColumn = 2;
const highColumn = 3;
const lowColumn = 4;
const countColumn = 5;
const volumeColumn = 6;
const quoteColumn = 8;
const columns = 10;

const rowsAtFirst = 2;
/** Limit of one minute's sums, so far below that of a packed sum that a day of minutes fits one. */
const minuteSumMax = packedSumLimit / 2 ** 12;

/** Rows of minutes, ascending and without duplicates. */
export class MinuteTable {
  #rows: Float64Array = new Float64Array(0);
  #used = 0;

  /** Minutes that had trades. */
  get size(): number {
    return this.#used / columns;
  }

  /**
   * Adds a trade to its minute, in the table's units. False, and nothing changes, when the minute's
   * turnover would pass what sums can hold.
   */
  add(price: number, quantity: number, eventTimeUs: number): boolean {
    const minute = Math.floor(eventTimeUs / minuteUs);
    const at = this.#find(minute);
    const isNew = at === this.#used || this.#rows[at + minuteColumn] !== minute;
    const turnover = isNew ? 0 : this.#sum(at + quoteColumn).approximate;
    if (turnover + price * quantity > minuteSumMax) return false;
    if (isNew) this.#insert(at, minute);

    const rows = this.#rows;
    if (isNew || eventTimeUs < rows[at + firstUsColumn]!) {
      rows[at + firstUsColumn] = eventTimeUs;
      rows[at + openColumn] = price;
    }
    if (isNew || price > rows[at + highColumn]!) rows[at + highColumn] = price;
    if (isNew || price < rows[at + lowColumn]!) rows[at + lowColumn] = price;
    rows[at + countColumn]! += 1;
    this.#sum(at + volumeColumn).add(quantity);
    this.#sum(at + quoteColumn).addProduct(price, quantity);
    return true;
  }

  /**
   * Adds a minute after all that are here. Its open counts as traded when it began, so that a later
   * trade of it does not take its place. False, and nothing changes, when sums cannot hold it.
   */
  append(whole: WholeMinute): boolean {
    const minute = Math.floor(whole.startUs / minuteUs);
    const at = this.#used;
    const isNewest = at === 0 || this.#rows[at - columns + minuteColumn]! < minute;
    assert(isNewest, "whole minutes are added oldest first");
    if (whole.volume > minuteSumMax || whole.quoteVolume > minuteSumMax) return false;
    this.#insert(at, minute);
    const rows = this.#rows;
    rows[at + firstUsColumn] = whole.startUs;
    rows[at + openColumn] = whole.open;
    rows[at + highColumn] = whole.high;
    rows[at + lowColumn] = whole.low;
    rows[at + countColumn] = whole.tradeCount;
    this.#sum(at + volumeColumn).addBigInt(whole.volume);
    this.#sum(at + quoteColumn).addBigInt(whole.quoteVolume);
    return true;
  }

  /** Forgets the minutes before `minute`. */
  dropBefore(minute: number): void {
    if (this.#used === 0 || this.#rows[minuteColumn]! >= minute) return;
    const from = this.#find(minute);
    this.#rows.copyWithin(0, from, this.#used);
    this.#used -= from;
  }

  /**
   * Makes the units of price and quantity finer by powers of ten. False, and nothing changes, when a
   * price or the volume of a minute would not be a safe integer any more. (A volume could be larger,
   * but then no usual quantity would fit the new unit: one speck of dust must not shut out the rest.)
   */
  refine(pricePlaces: number, quantityPlaces: number): boolean {
    const priceFactor = powersOfTen[pricePlaces];
    const quantityFactor = powersOfTen[quantityPlaces];
    if (priceFactor === undefined || quantityFactor === undefined) return false;
    const fits = (at: number) => {
      const volume = quantityPlaces === 0 ? 0 : this.#sum(at + volumeColumn).approximate;
      const turnover = this.#sum(at + quoteColumn).approximate;
      return (
        Number.isSafeInteger(this.#rows[at + highColumn]! * priceFactor) &&
        Number.isSafeInteger(volume * quantityFactor) &&
        turnover * priceFactor * quantityFactor <= minuteSumMax
      );
    };
    for (let at = 0; at < this.#used; at += columns) {
      if (!fits(at)) return false;
    }
    for (let at = 0; at < this.#used; at += columns) {
      this.#rows[at + openColumn]! *= priceFactor;
      this.#rows[at + highColumn]! *= priceFactor;
      this.#rows[at + lowColumn]! *= priceFactor;
      this.#sum(at + volumeColumn).multiply(quantityFactor);
      this.#sum(at + quoteColumn).multiply(priceFactor);
      this.#sum(at + quoteColumn).multiply(quantityFactor);
    }
    return true;
  }

  /** Adds up all minutes; there is at least one. */
  figures(): MinuteFigures {
    assert(this.#used > 0, "only a table with trades has figures");
    const rows = this.#rows;
    let high = rows[highColumn]!;
    let low = rows[lowColumn]!;
    let tradeCount = 0;
    for (let at = 0; at < this.#used; at += columns) {
      if (rows[at + highColumn]! > high) high = rows[at + highColumn]!;
      if (rows[at + lowColumn]! < low) low = rows[at + lowColumn]!;
      tradeCount += rows[at + countColumn]!;
    }
    return {
      open: rows[openColumn]!,
      high,
      low,
      volume: this.#total(volumeColumn),
      quoteVolume: this.#total(quoteColumn),
      tradeCount,
    };
  }

  #total(column: number): number | bigint {
    const total = new PackedSum(new Float64Array(2), 0);
    total.addColumn(this.#rows, { first: column, stride: columns, end: this.#used });
    return total.value();
  }

  /** Offset of the first row whose minute is not before `minute`. */
  #find(minute: number): number {
    const rows = this.#rows;
    let low = 0;
    let high = this.size;
    // Nearly every trade belongs to the newest minute or to the one that follows it.
    if (high > 0 && rows[(high - 1) * columns + minuteColumn]! <= minute) low = high - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rows[middle * columns + minuteColumn]! < minute) low = middle + 1;
      else high = middle;
    }
    return low * columns;
  }

  /** Makes room for an empty row at an offset. */
  #insert(at: number, minute: number): void {
    assert(this.size < minutesMax, "a table holds at most one day of minutes");
    if (this.#used === this.#rows.length) {
      const size = Math.min(Math.max(this.size * 2, rowsAtFirst), minutesMax);
      const larger = new Float64Array(size * columns);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.copyWithin(at + columns, at, this.#used);
    this.#rows.fill(0, at, at + columns);
    this.#rows[at + minuteColumn] = minute;
    this.#used += columns;
  }

  #sum(at: number): PackedSum {
    return new PackedSum(this.#rows, at);
  }
}

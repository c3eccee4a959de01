/**
 * Bars of one instrument and one length, oldest first, packed into one typed array: 88 bytes a bar and
 * nothing for intervals without trades. It is storage; {@link BarFold} does the folding, and the bar that
 * is folded into is packed when the table is read or another bar's turn has come.
 *
 * All rows share one unit of price and one of quantity, in which prices and quantities of trades are safe
 * integers: ticks and lots for candles, decimals that are made finer on demand for the ticker.
 */
import { assert } from "../../core/assert.ts";
import { powersOfTen } from "../../core/num/decimal.ts";
import { columnSum } from "../../core/num/exact-sum.ts";
import type { Bar } from "./bar.ts";
import { BarFold, type ScaledTrade } from "./fold.ts";

/** A trade in the units of a table: safe integers. */
export interface TableTrade extends ScaledTrade {
  readonly price: number;
  readonly quantity: number;
}

/** A bar in the units of a table: its prices are safe integers, and its scales are 0. */
export interface TableBar extends Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** The figures of a bar of which neither sides nor the times of its trades are known. */
export type PlainFigures = Pick<
  TableBar,
  "startUs" | "open" | "high" | "low" | "close" | "volume" | "quoteVolume" | "tradeCount"
>;

/** A bar in the units of a table. */
export function tableBar(figures: PlainFigures): TableBar {
  return {
    ...figures,
    priceScale: 0,
    volumeScale: 0,
    takerBuyVolume: undefined,
    takerBuyQuoteVolume: undefined,
    firstUs: figures.startUs,
    lastUs: figures.startUs,
    revision: 0,
  };
}

/** What a table keeps. */
export interface BarTableOptions {
  readonly lengthUs: number;
  /** Most bars that are kept; beyond it the oldest are dropped. */
  readonly rowsMax: number;
  /** What the sums of one bar must not exceed; by default all that can be packed. */
  readonly sumMax?: number;
}

// The columns of a row. The sums take two slots and three.
const firstUsColumn = 0;
const openColumn = 1;
const highColumn = 2;
const lowColumn = 3;
const closeColumn = 4;
const countColumn = 5;
const volumeColumn = 6;
const volumeLimbs = 2;
const quoteColumn = 8;
const quoteLimbs = 3;
const columns = 11;

const rowsAtFirst = 2;
/** A full table has room for one more in so many rows, so that rows are rarely moved. */
const slackPart = 16;
const limb = 2 ** 53;

/** Rows of bars, ascending and without duplicates. */
export class BarTable {
  readonly lengthUs: number;
  readonly #rowsMax: number;
  readonly #sumMax: number;
  #rows: Float64Array = new Float64Array(0);
  /** The rows are in the slots from `#from` to below `#end`. */
  #from = 0;
  #end = 0;
  /** The bar that was last folded into. */
  #current: BarFold | undefined;
  /** Whether its row does not show that yet. */
  #isUnpacked = false;

  constructor({ lengthUs, rowsMax, sumMax = Number.POSITIVE_INFINITY }: BarTableOptions) {
    this.lengthUs = lengthUs;
    this.#rowsMax = rowsMax;
    this.#sumMax = sumMax;
  }

  /** Bars that had trades. */
  get size(): number {
    return (this.#end - this.#from) / columns;
  }

  /** Whether so many bars are here that older ones may have been dropped. */
  get isFull(): boolean {
    return this.size >= this.#rowsMax;
  }

  /**
   * Adds a trade to its bar. A bar that is not the current one keeps no time of its last trade: a trade
   * that comes to it counts as its last. False, and nothing changes, when sums would exceed their maximum.
   */
  add(trade: TableTrade): boolean {
    const startUs = this.#startOf(trade.eventTimeUs);
    if (!this.#isWithinMaximum(trade, startUs)) return false;
    this.#turnTo(startUs).add(trade);
    this.#isUnpacked = true;
    return true;
  }

  /** Adds a whole bar after all that are here. False, and nothing changes, when its sums exceed the maximum. */
  append(bar: TableBar): boolean {
    assert(bar.priceScale === 0 && bar.volumeScale === 0, "a bar is in the units of the table");
    assert(bar.startUs % this.lengthUs === 0, "a bar starts with its interval");
    const isNewest = this.size === 0 || this.#startAt(this.#end - columns) < bar.startUs;
    assert(isNewest, "whole bars are added oldest first");
    if (bar.volume > this.#sumMax || bar.quoteVolume > this.#sumMax) return false;
    this.#turnTo(bar.startUs).join(bar);
    this.#isUnpacked = true;
    return true;
  }

  /** Forgets the bars that start before a time. */
  dropBefore(startUs: number): void {
    if (this.size === 0 || this.#startAt(this.#from) >= startUs) return;
    this.#pack();
    this.#from = this.#find(startUs);
    if ((this.#current?.startUs ?? 0) < startUs) this.#current = undefined;
  }

  /**
   * Makes the units of price and quantity finer by powers of ten. False, and nothing changes, when a
   * price or the volume of a bar would not be a safe integer any more. (A volume could be larger, but
   * then no usual quantity would fit the new unit: one speck of dust must not shut out the rest.)
   */
  refine(pricePlaces: number, quantityPlaces: number): boolean {
    const priceFactor = powersOfTen[pricePlaces];
    const quantityFactor = powersOfTen[quantityPlaces];
    if (priceFactor === undefined || quantityFactor === undefined) return false;
    this.#pack();
    for (let at = this.#from; at < this.#end; at += columns) {
      const { high, volume } = this.#barAt(at);
      const fits =
        Number.isSafeInteger(high * priceFactor) &&
        (quantityPlaces === 0 || Number.isSafeInteger(Number(volume) * quantityFactor)) &&
        this.#turnoverAt(at) * priceFactor * quantityFactor <= this.#sumMax;
      if (!fits) return false;
    }
    for (let at = this.#from; at < this.#end; at += columns) {
      const fold = BarFold.of(this.#barAt(at));
      fold.refine(pricePlaces, quantityPlaces);
      this.#packAt(at, fold);
    }
    this.#current = undefined;
    return true;
  }

  /** The bars that start at or after a time, oldest first. */
  *from(startUs: number): Generator<TableBar, void> {
    this.#pack();
    for (let at = this.#find(startUs); at < this.#end; at += columns) yield this.#barAt(at);
  }

  /** Start of the oldest bar; there is one. */
  get oldestUs(): number {
    return this.#startAt(this.#from);
  }

  /** All bars as one, which starts with the oldest; there is at least one. */
  whole(): TableBar {
    assert(this.size > 0, "only a table with trades has figures");
    this.#pack();
    const [rows, from, end] = [this.#rows, this.#from, this.#end];
    let high = rows[from + highColumn]!;
    let low = rows[from + lowColumn]!;
    let tradeCount = 0;
    for (let at = from; at < end; at += columns) {
      if (rows[at + highColumn]! > high) high = rows[at + highColumn]!;
      if (rows[at + lowColumn]! < low) low = rows[at + lowColumn]!;
      tradeCount += rows[at + countColumn]!;
    }
    const oldest = this.#barAt(from);
    const { close, lastUs } = this.#barAt(end - columns);
    const volume = this.#sum(volumeColumn, volumeLimbs, { first: from, end });
    const quoteVolume = this.#sum(quoteColumn, quoteLimbs, { first: from, end });
    return { ...oldest, high, low, close, lastUs, tradeCount, volume, quoteVolume };
  }

  #isWithinMaximum({ price, quantity }: TableTrade, startUs: number): boolean {
    if (this.#sumMax === Number.POSITIVE_INFINITY) return true;
    if (this.#current?.startUs === startUs) {
      return this.#current.quoteVolume.approximate + price * quantity <= this.#sumMax;
    }
    const at = this.#find(startUs);
    const isKnown = at < this.#end && this.#startAt(at) === startUs;
    return (isKnown ? this.#turnoverAt(at) : 0) + price * quantity <= this.#sumMax;
  }

  /** A row's quote volume as a double. */
  #turnoverAt(at: number): number {
    const [top, middle, low] = this.#rows.subarray(at + quoteColumn, at + columns);
    return (top! * limb + middle!) * limb + low!;
  }

  #startOf(timeUs: number): number {
    return timeUs - (timeUs % this.lengthUs);
  }

  #startAt(at: number): number {
    return this.#startOf(this.#rows[at + firstUsColumn]!);
  }

  /** The bar that starts at a time becomes the current one. */
  #turnTo(startUs: number): BarFold {
    if (this.#current?.startUs === startUs) return this.#current;
    this.#pack();
    const at = this.#find(startUs);
    if (at < this.#end && this.#startAt(at) === startUs) {
      this.#current = BarFold.of(this.#barAt(at));
    } else {
      this.#current = new BarFold({ startUs, priceScale: 0, quantityScale: 0 });
      const row = this.#insert(at);
      this.#rows[row + firstUsColumn] = startUs;
    }
    return this.#current;
  }

  /** Brings the row of the current bar up to date. */
  #pack(): void {
    if (!this.#isUnpacked || this.#current === undefined) return;
    this.#packAt(this.#find(this.#current.startUs), this.#current);
    this.#isUnpacked = false;
  }

  #packAt(at: number, fold: BarFold): void {
    const rows = this.#rows;
    rows[at + firstUsColumn] = fold.firstUs;
    rows[at + openColumn] = Number(fold.open);
    rows[at + highColumn] = Number(fold.high);
    rows[at + lowColumn] = Number(fold.low);
    rows[at + closeColumn] = Number(fold.close);
    rows[at + countColumn] = fold.tradeCount;
    fold.volume.store(rows, at + volumeColumn, volumeLimbs);
    fold.quoteVolume.store(rows, at + quoteColumn, quoteLimbs);
  }

  #barAt(at: number): TableBar {
    const rows = this.#rows;
    const firstUs = rows[at + firstUsColumn]!;
    const end = at + columns;
    return {
      startUs: this.#startAt(at),
      priceScale: 0,
      open: rows[at + openColumn]!,
      high: rows[at + highColumn]!,
      low: rows[at + lowColumn]!,
      close: rows[at + closeColumn]!,
      volume: this.#sum(volumeColumn, volumeLimbs, { first: at, end }),
      volumeScale: 0,
      quoteVolume: this.#sum(quoteColumn, quoteLimbs, { first: at, end }),
      takerBuyVolume: undefined,
      takerBuyQuoteVolume: undefined,
      tradeCount: rows[at + countColumn]!,
      firstUs,
      lastUs: firstUs,
      revision: 0,
    };
  }

  #sum(column: number, limbs: number, rows: { first: number; end: number }): number | bigint {
    return columnSum(this.#rows, {
      first: rows.first + column,
      stride: columns,
      end: rows.end,
      limbs,
    });
  }

  /** Offset of the first row that does not start before a time. */
  #find(startUs: number): number {
    let low = 0;
    let high = this.size;
    // Nearly every trade belongs to the newest bar or to the one that follows it.
    if (high > 0 && this.#startAt(this.#end - columns) <= startUs) low = high - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startAt(this.#from + middle * columns) < startUs) low = middle + 1;
      else high = middle;
    }
    return this.#from + low * columns;
  }

  /** Makes room for a row before the one at an offset, and says at which offset it is now. */
  #insert(before: number): number {
    if (this.isFull) {
      assert(before > this.#from, "a bar that would be dropped at once is not added");
      this.#from += columns;
    }
    const at = this.#end === this.#rows.length ? before - this.#makeRoom() : before;
    this.#rows.copyWithin(at + columns, at, this.#end);
    this.#end += columns;
    return at;
  }

  /** Makes room at the end; answers by how much the rows have moved to the front. */
  #makeRoom(): number {
    const { size } = this;
    const moved = this.#from;
    const slack = Math.ceil(this.#rowsMax / slackPart);
    if (moved * (slackPart + 1) >= this.#rows.length && moved > 0) {
      this.#rows.copyWithin(0, moved, this.#end);
    } else {
      const rows = Math.min(Math.max(size * 2, rowsAtFirst), this.#rowsMax + slack);
      const larger = new Float64Array(rows * columns);
      larger.set(this.#rows.subarray(moved, this.#end));
      this.#rows = larger;
    }
    this.#from = 0;
    this.#end -= moved;
    return moved;
  }
}

/**
 * Where a maker's quotes on one side of the market belong. The price axis is cut into cells of equal
 * width, and a ladder is a run of cells that begins at a distance from the fair price: at most one
 * quote to a cell, so that a quote needs not be moved as long as its cell belongs to the ladder.
 */
import type { Side } from "../core/market/rules.ts";

/** A ladder's place and shape, in ticks. */
export interface LadderShape {
  readonly side: Side;
  /** The price around which is quoted, with a fraction. */
  readonly fairTicks: number;
  /** Least distance of a new quote from it. */
  readonly gapTicks: number;
  readonly cellTicks: number;
  readonly levels: number;
}

/** A quote is left alone until it is nearer than this share of the gap. */
const keptGapShare = 0.5;

/** One side's cells; number 0 is the nearest one to the fair price. */
export class Ladder {
  readonly side: Side;
  readonly levels: number;
  readonly #sign: number;
  readonly #cellTicks: number;
  readonly #firstCell: number;
  readonly #nearestKept: number;

  constructor({ side, fairTicks, gapTicks, cellTicks, levels }: LadderShape) {
    this.side = side;
    this.levels = levels;
    this.#sign = side === "sell" ? 1 : -1;
    this.#cellTicks = cellTicks;
    const edge = fairTicks + this.#sign * gapTicks;
    this.#firstCell =
      side === "sell" ? Math.ceil(edge / cellTicks) : Math.floor((edge + 1) / cellTicks) - 1;
    this.#nearestKept = fairTicks + this.#sign * gapTicks * keptGapShare;
  }

  /** Which cell a price is in: 0 … levels − 1 on the ladder, less when too near, more when too far. */
  numberOf(price: number): number {
    const cell = Math.floor(price / this.#cellTicks);
    return this.side === "sell" ? cell - this.#firstCell : this.#firstCell - cell;
  }

  /** Whether a quote at this price should not stand there any more. */
  isExposed(price: number): boolean {
    return this.#sign * (price - this.#nearestKept) < 0;
  }

  /** Lowest and highest price of a cell. */
  rangeOf(number: number): { readonly low: number; readonly high: number } {
    const low = (this.#firstCell + this.#sign * number) * this.#cellTicks;
    return { low, high: low + this.#cellTicks - 1 };
  }
}

/** Places of a tape of which it is known how many trades had been taken there: beginnings of minutes, as far apart as it needs. */

/** A place before which everything has been folded. */
export interface Mark {
  /** Number of the next row. */
  readonly row: number;
  /** Trades that were taken before it. */
  readonly taken: number;
}

/** Most marks; with more the half of them goes, and new ones are set twice as far apart. */
export const marksMax = 4_096;

/** Rows between two marks, at first. */
const spacingMin = 2_048;

/** See the head of the file. */
export class Marks {
  #marks: Mark[] = [];
  #spacing = spacingMin;

  /** Whether a mark would be set at a row. */
  isDue(row: number): boolean {
    return row >= (this.#marks.at(-1)?.row ?? 0) + this.#spacing;
  }

  set(mark: Mark): void {
    if (!this.isDue(mark.row)) return;
    this.#marks.push(mark);
    if (this.#marks.length < marksMax) return;
    this.#marks = this.#marks.filter((_, at) => at % 2 === 1);
    this.#spacing *= 2;
  }

  /** The last one that is not behind a row; that of the beginning where there is none. */
  before(row: number): Mark {
    return this.#marks.findLast((mark) => mark.row <= row) ?? { row: 0, taken: 0 };
  }
}

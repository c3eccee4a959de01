/** The kinds of market makers: how far, how deep and how fast each one quotes. It does not quote. */

/** What kind of maker it is; distances are in the market's cells. */
export interface MakerStyle {
  readonly cells: number;
  /** Least distance of the first quote from the price around which it quotes. */
  readonly gapCells: number;
  /** Quotes on each side. */
  readonly levels: number;
  /** Median size of a quote, in ordinary orders. */
  readonly sizeFactor: number;
  /** Mean time between two turns, when the market is as busy as usual. */
  readonly turnSeconds: number;
}

/** Makers of one market: a fast one at the price, one behind it, and a slow one far out. */
export const makerStyles: readonly MakerStyle[] = [
  { cells: 1, gapCells: 0.6, levels: 12, sizeFactor: 1.5, turnSeconds: 0.4 },
  { cells: 4, gapCells: 3, levels: 10, sizeFactor: 5, turnSeconds: 1.2 },
  { cells: 40, gapCells: 20, levels: 10, sizeFactor: 25, turnSeconds: 6 },
];

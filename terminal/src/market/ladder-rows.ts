/** Rows of the ladder out of levels of a book: the best ones of a side, and how much rests up to each of them. */
import { add, type Level } from "@openbourse/client";

/** A row. Figures are exact texts; `share` is the length of its bar, 0 to 1. */
export interface LadderRow {
  readonly price: string;
  readonly quantity: string;
  /** All that rests from the best price to this one. */
  readonly sum: string;
  readonly share: number;
}

/** The best so many levels of each side, with bars on one scale. */
export function ladderRows(
  { bids, asks }: { readonly bids: readonly Level[]; readonly asks: readonly Level[] },
  count: number,
): { readonly bids: readonly LadderRow[]; readonly asks: readonly LadderRow[] } {
  const [bidSums, askSums] = [sums(bids, count), sums(asks, count)];
  const most = Math.max(Number(bidSums.at(-1) ?? 0), Number(askSums.at(-1) ?? 0));
  return { bids: rows(bids, bidSums, most), asks: rows(asks, askSums, most) };
}

function sums(levels: readonly Level[], count: number): readonly string[] {
  const result: string[] = [];
  let sum = "0";
  for (const [, quantity] of levels.slice(0, count)) {
    sum = add(sum, quantity);
    result.push(sum);
  }
  return result;
}

function rows(
  levels: readonly Level[],
  all: readonly string[],
  most: number,
): readonly LadderRow[] {
  return all.map((sum, index) => {
    const [price = "", quantity = ""] = levels[index] ?? [];
    return { price, quantity, sum, share: most > 0 ? Number(sum) / most : 0 };
  });
}

/** Figures of a column with as many decimals each, so that their points are under each other: zeros are added, none is taken away. */
export function aligned(figures: readonly string[]): readonly string[] {
  const decimals = Math.max(0, ...figures.map(decimalsOf));
  return figures.map((figure) => padded(figure, decimals));
}

/** A figure with at least so many decimals. */
export function padded(figure: string, decimals: number): string {
  const missing = decimals - decimalsOf(figure);
  if (missing <= 0) return figure;
  return `${figure}${figure.includes(".") ? "" : "."}${"0".repeat(missing)}`;
}

function decimalsOf(figure: string): number {
  const point = figure.indexOf(".");
  return point < 0 ? 0 : figure.length - point - 1;
}

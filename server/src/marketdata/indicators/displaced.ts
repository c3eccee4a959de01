/** The lines of Ichimoku where they are drawn: spans ahead of their bars, the close behind its own. */
import { type BarInterval, nextIntervalStart } from "../bars/interval.ts";
import type { IchimokuFigures } from "./ichimoku.ts";
import type { PriceBar } from "./indicator.ts";

/** How far lines are drawn from the bars that they were made of, in bars. */
export interface Displacement {
  /** How far ahead leading spans are drawn: as many bars as the base line is long. */
  readonly ahead: number;
  /** How far back the close is drawn. */
  readonly back: number;
}

/** What is drawn at one time. What is not there yet is undefined. */
export interface IchimokuRow {
  readonly startUs: number;
  readonly conversion: number | undefined;
  readonly base: number | undefined;
  readonly spanA: number;
  readonly spanB: number;
  /** The close of a later bar. */
  readonly lagging: number | undefined;
  /** Close of the bar, or of the newest one, by which the decimals of the lines are chosen. */
  readonly price: number;
}

/** A bar with what was made of it; undefined where there were too few before it. */
export interface IchimokuBar {
  readonly bar: PriceBar;
  readonly figures: IchimokuFigures | undefined;
}

/**
 * What is drawn at the bars from `from` on, oldest first. There is nothing at bars that leading spans do not reach.
 * `closes` are those of the bars that follow.
 */
export function displacedRows(
  { bars, from }: { readonly bars: readonly IchimokuBar[]; readonly from: number },
  closes: readonly number[],
  { ahead, back }: Displacement,
): IchimokuRow[] {
  return bars.slice(from).flatMap(({ bar, figures }, position) => {
    const index = from + position;
    const spans = bars[index - ahead]?.figures;
    if (figures === undefined || spans === undefined) return [];
    const [conversion, base] = figures;
    const [, , spanA, spanB] = spans;
    const later = index + back;
    const lagging = bars[later]?.bar.close ?? closes[later - bars.length];
    return [{ startUs: bar.startUs, conversion, base, spanA, spanB, lagging, price: bar.close }];
  });
}

/** The leading spans of the newest bars, at the intervals that follow the last one. */
export function aheadRows(
  bars: readonly IchimokuBar[],
  interval: BarInterval,
  { ahead }: Displacement,
): IchimokuRow[] {
  const rows: IchimokuRow[] = [];
  const newest = bars.at(-1)?.bar;
  if (newest === undefined) return rows;
  let { startUs } = newest;
  for (let index = bars.length - ahead; index < bars.length; index += 1) {
    startUs = nextIntervalStart(interval, startUs);
    const figures = bars[index]?.figures;
    if (figures === undefined) continue;
    const [, , spanA, spanB] = figures;
    const missing = { conversion: undefined, base: undefined, lagging: undefined };
    rows.push({ startUs, ...missing, spanA, spanB, price: newest.close });
  }
  return rows;
}

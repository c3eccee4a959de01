/**
 * The bars that the figures of a page are made of: those of the page, and as many before them as it takes for the
 * figures to be the same on any page. They are read in pieces, and no more of them than are needed.
 */
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import type { Span } from "../../marketdata/bars/span.ts";
import {
  anchoredFigures,
  barsBeforeMax,
  type IsAnchor,
  reachesBack,
} from "../../marketdata/indicators/anchored.ts";
import type { Indicator, PriceBar } from "../../marketdata/indicators/indicator.ts";
import { toPriceBar } from "../../marketdata/indicators/price-bar.ts";
import { storedOffsetMax } from "../../ports/dataset-reader.ts";
import { inTurns } from "../../ports/timers.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { invalid } from "./parameters.ts";
import type { RestCall } from "./resource.ts";
import { toldTime } from "./rest-series.ts";
import { allTime, queryBars, readBars, type Series } from "./series.ts";

/** Bars that are read at once before a page. */
const pieceBars = 1_000;

/** What is to be made of the bars of a call. */
export interface IndicatorPlan<Figures extends readonly number[]> {
  readonly indicator: Indicator<Figures>;
  readonly isAnchor: IsAnchor;
  /** Bars before the page whose figures are wanted as well. */
  readonly margin: number;
}

/** A bar with what was made of it; undefined where there are too few bars before it. */
export interface BarFigures<Figures> {
  readonly bar: PriceBar;
  readonly figures: Figures | undefined;
}

/** The bars of a page with their figures, oldest first, after those of the margin as far as there are any. */
export interface FiguresPage<Figures> {
  readonly bars: readonly BarFigures<Figures>[];
  /** Where the page begins among them. */
  readonly from: number;
  /** The time that the page tells of, and what is not known of the time that was asked for. */
  readonly told: Span;
  readonly unknown: readonly Span[];
}

/** Reads a page and makes its figures. */
export async function readFigures<Figures extends readonly number[]>(
  call: RestCall,
  series: Series,
  plan: IndicatorPlan<Figures>,
): Promise<FiguresPage<Figures> | RestFault> {
  const shifted = await withoutUnfigured(call, series, plan.indicator.lookBack + plan.margin);
  if (isRestFault(shifted)) return shifted;
  const page = await readBars(call, shifted);
  if (isRestFault(page)) return page;
  const newestLast = series.order === "oldest-first" ? page.bars : page.bars.toReversed();
  const paged = newestLast.map(toPriceBar);
  const known = { told: toldTime(shifted, page.bars), unknown: page.unknown };
  if (paged.length === 0) return { bars: [], from: 0, ...known };
  const before = await readBefore(call, series, paged[0]!, plan);
  if (isRestFault(before)) return before;
  const bars = [...before, ...paged];
  const first = Math.max(0, before.length - plan.margin);
  const figures = await inTurns(anchoredFigures(plan.indicator, bars, first, plan.isAnchor));
  return {
    bars: bars.slice(first).map((bar, index) => ({ bar, figures: figures[index] })),
    from: before.length - first,
    ...known,
  };
}

/**
 * The series without bars that cannot have figures, which are the oldest that there are. Told oldest first, they
 * would make the first page short, and a short page means the end.
 */
async function withoutUnfigured(
  call: RestCall,
  series: Series,
  lookBack: number,
): Promise<Series | RestFault> {
  const { order, page } = series;
  if (order === "newest-first" || lookBack === 0) return series;
  const missing = await missingBefore(call, series, lookBack);
  if (isRestFault(missing)) return missing;
  const offset = page.offset + missing;
  return offset > storedOffsetMax ? invalid("page") : { ...series, page: { ...page, offset } };
}

/** How many of so many bars before the time that is asked for do not exist. */
async function missingBefore(
  call: RestCall,
  { time, ...series }: Series,
  lookBack: number,
): Promise<number | RestFault> {
  if (time.fromUs === 0) return lookBack;
  const before = {
    interval: series.interval,
    order: "newest-first",
    fromUs: 0,
    toUs: time.fromUs,
  } as const;
  const last = await queryBars(call, series, { ...before, offset: lookBack - 1, limit: 1 });
  if (isRestFault(last)) return last;
  if (last.bars.length > 0) return 0;
  const all = await queryBars(call, series, { ...before, limit: lookBack });
  return isRestFault(all) ? all : lookBack - all.bars.length;
}

/** Bars before a page, oldest first. */
async function readBefore<Figures extends readonly number[]>(
  call: RestCall,
  series: Series,
  first: PriceBar,
  { indicator, isAnchor, margin }: IndicatorPlan<Figures>,
): Promise<readonly PriceBar[] | RestFault> {
  let bars: readonly PriceBar[] = [first];
  while (bars.length <= margin + barsBeforeMax(indicator)) {
    const at = bars.length - 1 - margin;
    if (at >= 0 && reachesBack(bars, at, indicator, isAnchor)) break;
    const piece = await queryBars(call, series, {
      ...{ interval: series.interval, order: "newest-first" },
      ...{ fromUs: 0, toUs: bars[0]!.startUs, limit: pieceBars },
    });
    if (isRestFault(piece)) return piece;
    bars = [...piece.bars.toReversed().map(toPriceBar), ...bars];
    if (piece.bars.length < pieceBars) break;
  }
  return bars.slice(0, -1);
}

/** The bars that follow a page, oldest first. */
export async function readAfter(
  call: RestCall,
  series: Series,
  last: PriceBar,
  limit: number,
): Promise<readonly StoredBar[] | RestFault> {
  const found = await queryBars(call, series, {
    ...{ interval: series.interval, order: "oldest-first", limit },
    ...{ fromUs: last.startUs + 1, toUs: allTime.toUs },
  });
  return isRestFault(found) ? found : found.bars;
}

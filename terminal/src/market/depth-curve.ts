/** The curve of the depth chart: how much rests up to each price. What comes of it are pixels, so these are numbers. */
import type { Level } from "@openbourse/client";

/** A step of the curve: from this price on, so much. */
export interface DepthStep {
  readonly price: number;
  readonly sum: number;
}

/** Both sides within a distance from the middle, and what the axes reach to. */
export interface DepthCurve {
  readonly bids: readonly DepthStep[];
  readonly asks: readonly DepthStep[];
  readonly low: number;
  readonly high: number;
  readonly most: number;
}

/** The part of the price around the middle that is shown at most, such as 0.05 for five percent to each side. */
export const reachMax = 0.5;

/** The curve of a book, as wide as the narrower of its sides allows; undefined where a side is empty. */
export function depthCurve(
  bids: readonly Level[],
  asks: readonly Level[],
  reach: number,
): DepthCurve | undefined {
  const [bestBid, bestAsk] = [Number(bids[0]?.[0]), Number(asks[0]?.[0])];
  if (!(bestBid > 0 && bestAsk > 0)) return undefined;
  const middle = (bestBid + bestAsk) / 2;
  const [low, high] = [middle * (1 - reach), middle * (1 + reach)];
  const below = steps(bids, (price) => price >= low);
  const above = steps(asks, (price) => price <= high);
  const most = Math.max(below.at(-1)?.sum ?? 0, above.at(-1)?.sum ?? 0);
  return { bids: below, asks: above, low, high, most };
}

/** The distance that shows most of a book: that of the farther end of its nearer side, bounded. */
export function reachOf(bids: readonly Level[], asks: readonly Level[]): number {
  const [bid, ask] = [Number(bids[0]?.[0]), Number(asks[0]?.[0])];
  const middle = (bid + ask) / 2;
  const below = (middle - Number(bids.at(-1)?.[0])) / middle;
  const above = (Number(asks.at(-1)?.[0]) - middle) / middle;
  const reach = Math.min(below, above);
  return Number.isFinite(reach) && reach > 0 ? Math.min(reach, reachMax) : 0.01;
}

function steps(levels: readonly Level[], isShown: (price: number) => boolean): DepthStep[] {
  const result: DepthStep[] = [];
  let sum = 0;
  for (const [price, quantity] of levels) {
    if (!isShown(Number(price))) break;
    sum += Number(quantity);
    result.push({ price: Number(price), sum });
  }
  return result;
}

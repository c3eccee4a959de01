/** In which price steps the depth of a market is grouped. The exchange itself knows nothing of them. */
import { assert } from "../core/assert.ts";
import type { MarketRules } from "../core/market/rules.ts";
import { type Decimal, powersOfTen } from "../core/num/decimal.ts";

/** Most depth scales that a market can have, and what it has by default (D-C47). */
export const depthScalesMax = 6;

/** The steps of so many scales, finest first: tick × 10^i. */
export function depthScalesOf(
  { tickSize }: Pick<MarketRules, "tickSize">,
  depthScales: number,
): readonly Decimal[] {
  return Array.from({ length: depthScales }, (_, index) => {
    const places = Math.max(tickSize.scale - index, 0);
    const zeros = powersOfTen[index - (tickSize.scale - places)];
    assert(zeros !== undefined, "a depth scale is at most the tick × 10^5");
    return { coefficient: tickSize.coefficient * zeros, scale: places };
  });
}

/** In which price steps the depth of a market is grouped. The exchange itself knows nothing of them. */
import { assert } from "../core/assert.ts";
import type { MarketRules } from "../core/market/rules.ts";
import { type Decimal, powersOfTen } from "../core/num/decimal.ts";

/** Number of depth scales of a market (D-C47). */
export const depthScaleCount = 6;

/** The steps, finest first: tick × 10^i. */
export function depthScalesOf({ tickSize }: Pick<MarketRules, "tickSize">): readonly Decimal[] {
  return Array.from({ length: depthScaleCount }, (_, index) => {
    const places = Math.max(tickSize.scale - index, 0);
    const zeros = powersOfTen[index - (tickSize.scale - places)];
    assert(zeros !== undefined, "a depth scale is at most the tick × 10^5");
    return { coefficient: tickSize.coefficient * zeros, scale: places };
  });
}

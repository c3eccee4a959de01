/**
 * How large a simulated trade is: mostly near the median, sometimes far above it, and often a round
 * number, because people type those.
 */
import { exponential } from "./portable-math.ts";
import type { Random } from "./random.ts";

/** No trade is larger than this many times the median. */
export const quantityFactorMax = 10_000;

/** Standard deviation of the logarithm of an ordinary size. */
const sizeSpread = 1.3;
/** Share of the trades of large traders, whose sizes have a Pareto tail of exponent 1.5 on top. */
const largeShare = 1 / 40;
const tailPerExponential = 1 / 1.5;
/** Caps one draw of the tail at about 150 times an ordinary size. */
const tailLogMax = 5;
/** Share of sizes cut to their leading digit: 0.05, 0.2, 3, 500. */
const roundShare = 1 / 3;

/** Draws a quantity in lots, 1 … `medianLots ×` {@link quantityFactorMax}. */
export function drawLots(random: Random, medianLots: number): number {
  let size = medianLots * exponential(sizeSpread * random.normal());
  if (random.chance(largeShare)) {
    size *= exponential(Math.min(random.exponential() * tailPerExponential, tailLogMax));
  }
  const lots = Math.floor(Math.min(size, medianLots * quantityFactorMax) + 0.5);
  if (lots < 1) return 1;
  return random.chance(roundShare) ? leadingDigit(lots) : lots;
}

/** 4,731 becomes 4,000. */
function leadingDigit(lots: number): number {
  let unit = 1;
  while (unit * 10 <= lots) unit *= 10;
  return Math.floor(lots / unit) * unit;
}

/** Rates as people write them, in percent, and as the exchange counts them, in millionths. */
import { formatDecimal, parseDecimal, rescale } from "../core/num/decimal.ts";

/** Decimals between a percentage and millionths. */
export const percentToPpmScale = 4;

/** The millionths of a percentage of either sign; undefined when it has more than four decimals. */
export function parsePercent(text: string): number | undefined {
  const percent = parseDecimal(text);
  if (typeof percent === "string" || percent.scale > percentToPpmScale) return undefined;
  return rescale(percent.coefficient, percent.scale, percentToPpmScale);
}

/** The percentage of so many millionths. */
export function percentText(ppm: number): string {
  return formatDecimal(ppm, percentToPpmScale);
}

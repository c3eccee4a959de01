/** Writes doubles as plain decimals: rounded, without zeros at the end, never with an exponent. */
import { formatDecimal } from "../../core/num/decimal.ts";

/** Decimals of figures between 0 and 100. */
export const percentDecimals = 6;

/** Decimals of sums of volumes. */
export const volumeDecimals = 8;

const priceDigits = 10;
const priceDecimalsMin = 2;
const priceDecimalsMax = 18;

/**
 * Decimals of figures in units of the price: the ten leading digits of a price have a place. It looks at the bar that a figure
 * stands at and at nothing else, so a figure has the same text on all pages.
 */
export function priceDecimals(price: number): number {
  if (price === 0) return priceDecimalsMax;
  const decimals = priceDigits - 1 - Math.floor(Math.log10(Math.abs(price)));
  return Math.min(Math.max(decimals, priceDecimalsMin), priceDecimalsMax);
}

/** A figure with at most so many decimals, and no more digits than a double has. */
export function figureText(value: number, decimals: number): string {
  for (let places = decimals; places > 0; places -= 1) {
    const coefficient = Math.round(value * 10 ** places);
    if (Number.isSafeInteger(coefficient)) return formatDecimal(coefficient, places);
  }
  return formatDecimal(BigInt(Math.round(value)), 0);
}

/** Bars of prices that walk, for tests of properties. */
import fc from "fast-check";
import type { PriceBar } from "./indicator.ts";

const minuteUs = 60_000_000;

/** Bars of these closes, a minute each from `fromUs`, each with a spread of up to a cent around what it moved. */
export function walkedBars(
  closes: readonly number[],
  fromUs: number,
  volumes?: readonly number[],
): PriceBar[] {
  return closes.map((close, index) => {
    const open = closes[index - 1] ?? close;
    return {
      startUs: fromUs + index * minuteUs,
      open,
      high: Math.max(open, close),
      low: Math.min(open, close),
      close,
      volume: volumes?.[index] ?? 1,
    };
  });
}

/** Up to 150 bars of a price that walks in cents, and sometimes stays for long. */
export const pricePath = fc
  .array(
    fc.tuple(fc.oneof(fc.constant(0), fc.integer({ min: -50, max: 50 })), fc.nat({ max: 9 })),
    {
      minLength: 1,
      maxLength: 150,
    },
  )
  .map((steps) => {
    let cents = 10_000;
    const closes = steps.map(([step]) => {
      cents += step;
      return cents / 100;
    });
    return walkedBars(
      closes,
      0,
      steps.map(([, volume]) => volume),
    );
  });

/** Outside prices and quantities in the steps of a market, exactly: what is between two steps goes to the named one. */
import type { Decimal } from "../../core/num/decimal.ts";

/** A number as a source tells it. */
export interface OutsideNumber {
  readonly coefficient: number | bigint;
  /** Decimal places. */
  readonly scale: number;
}

const ppmWhole = 1_000_000n;

/** The last step at or below a number that is first made larger by so many millionths; undefined where it is none. */
export function stepBelow(number: OutsideNumber, step: Decimal, morePpm = 0): number | undefined {
  const { dividend, divisor } = ratio(number, step, morePpm);
  return countOf(dividend / divisor);
}

/** The first step at or above it. */
export function stepAbove(number: OutsideNumber, step: Decimal, morePpm = 0): number | undefined {
  const { dividend, divisor } = ratio(number, step, morePpm);
  return countOf((dividend + divisor - 1n) / divisor);
}

/** The number as one that is compared and never traded at. */
export function approximately({ coefficient, scale }: OutsideNumber): number {
  return Number(coefficient) / 10 ** scale;
}

function ratio({ coefficient, scale }: OutsideNumber, step: Decimal, morePpm: number) {
  const factor = ppmWhole + BigInt(morePpm);
  return {
    dividend: BigInt(coefficient) * factor * 10n ** BigInt(step.scale),
    divisor: BigInt(step.coefficient) * ppmWhole * 10n ** BigInt(scale),
  };
}

/** Nothing below the first step and nothing that a safe integer cannot hold can be traded. */
function countOf(steps: bigint): number | undefined {
  return steps >= 1n && steps <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(steps) : undefined;
}

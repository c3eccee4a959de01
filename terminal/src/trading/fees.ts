/** What a trade costs in fees, as the exchange counts: a percentage of what is received, a fee rounded up, a rebate down. */
import { divide, multiply, roundToStep, stepOf, subtract } from "@openbourse/client";

/** Percentages of what is received; negative for a rebate. */
export interface FeeRates {
  readonly makerPercent: string;
  readonly takerPercent: string;
}

/** The smallest amount of money. */
const atom = stepOf(16);

/** Fee on a received amount; negative for a rebate. */
export function feeOn(received: string, percent: string): string {
  const exact = divide(multiply(received, percent), "100", 32);
  // Divided by a power of ten, so that nothing was cut where amounts and percentages are as fine as they are here.
  return roundToStep(exact, atom, "up");
}

/** What is left of a received amount. */
export function afterFee(received: string, percent: string): string {
  return subtract(received, feeOn(received, percent));
}

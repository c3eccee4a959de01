/** What balances are worth in one currency, by last prices. What has no price is said to have none. */
import { add, type Balance, divide, multiply, normalized, roundToStep } from "@openbourse/client";

/** Decimals of what something is worth. */
const worthDecimals = 8;

/** Gives the last price of a market; undefined where there is none. */
export type PriceOf = (market: string) => string | undefined;

/** Worth of an amount, cut to 8 decimals; undefined where no market says. */
export function worthOf(
  amount: string,
  currency: string,
  quote: string,
  priceOf: PriceOf,
): string | undefined {
  if (currency === quote) return normalized(amount);
  const direct = priceOf(`${currency}_${quote}`);
  if (direct !== undefined) return roundToStep(multiply(amount, direct), "0.00000001", "down");
  const inverse = priceOf(`${quote}_${currency}`);
  return inverse === undefined || /^[0.]*$/.test(inverse)
    ? undefined
    : divide(amount, inverse, worthDecimals);
}

/** What everything is worth together. */
export interface TotalWorth {
  readonly total: string;
  /** Currencies with money that count for nothing, since they have no price. */
  readonly without: readonly string[];
}

/** See {@link TotalWorth}. */
export function totalWorth(
  balances: Iterable<Balance>,
  quote: string,
  priceOf: PriceOf,
): TotalWorth {
  let total = "0";
  const without: string[] = [];
  for (const { currency, available, held } of balances) {
    const amount = add(available, held);
    if (/^[0.]*$/.test(amount)) continue;
    const worth = worthOf(amount, currency, quote, priceOf);
    if (worth === undefined) without.push(currency);
    else total = add(total, worth);
  }
  return { total, without };
}

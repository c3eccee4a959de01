/** Orders in words. */
import { normalized, type OrderEnd, type OrderRow, type OrderTerms } from "@openbourse/client";

/** `buy 0.5 BTC at 107152.55 USDT`, without a full stop. */
export function orderWords(terms: OrderTerms, market: string): string {
  const [base = "", quote = ""] = market.split("_");
  const { direction } = terms;
  if (terms.type === "limit")
    return `${direction} ${normalized(terms.quantity)} ${base} at ${normalized(terms.price)} ${quote}`;
  if (terms.quantity !== undefined)
    return `${direction} ${normalized(terms.quantity)} ${base} at the market's price`;
  return `${direction} ${base} for ${normalized(terms.value)} ${quote} at the market's price`;
}

/** An order of a list in words. */
export function rowWords({ market, direction, price, quantity }: OrderRow): string {
  const [base = "", quote = ""] = market.split("_");
  const at = price === undefined ? "" : ` at ${normalized(price)} ${quote}`;
  return `${direction} ${normalized(quantity)} ${base}${at}`;
}

/** How an order ended. */
export function endWords({ state, internalState }: OrderEnd): string {
  if (state === "completed") return "filled";
  return internalState === "partially_filled" ? "cancelled, partly filled" : "cancelled";
}

/** `25 %`, which no line is broken in. */
export function percentText(percent: string | number): string {
  return `${percent}\u202f%`;
}

/** Orders in words. */
import {
  normalized,
  type OrderEnd,
  type OrderRow,
  type OrderTerms,
  subtract,
} from "@openbourse/client";

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

/** What {@link leftWords} tells of. */
type Left = Pick<OrderRow, "market" | "direction" | "quantity" | "filledQuantity">;

/** What is left of an order, since nothing else can be cancelled or moved: `buy 0.5 BTC`, or `buy 0.2 of 0.5 BTC`. */
export function leftWords({ market, direction, quantity, filledQuantity }: Left): string {
  const [base = ""] = market.split("_");
  const all = normalized(quantity);
  const left = normalized(subtract(quantity, filledQuantity));
  return `${direction} ${left === all ? all : `${left} of ${all}`} ${base}`;
}

/** An order of a list in words. */
export function rowWords(order: OrderRow): string {
  const { market, price } = order;
  const [, quote = ""] = market.split("_");
  return `${leftWords(order)}${price === undefined ? "" : ` at ${normalized(price)} ${quote}`}`;
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

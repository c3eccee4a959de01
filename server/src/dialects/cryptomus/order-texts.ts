/** What the stream and REST say about an order in the same words: its size and how it ended. */
import type { CloseReason, OrderView } from "../../core/events.ts";
import { notionalAtoms } from "../../core/market/rules.ts";
import type { MarketUnits } from "../../marketdata/updates.ts";
import { moneyText16, priceText16, quantityText16 } from "./format.ts";
import type { OrderState } from "./messages.ts";

/** The steps of an order's market. */
type Steps = Pick<MarketUnits, "tickSize" | "lotSize">;

/** An order's amounts, with 16 decimals each. */
export interface OrderAmounts {
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
}

/**
 * The amounts of an order. A market order has the price 0, and what it was not asked for is what it
 * has traded so far: the quantity of one by value, the value of one by quantity (D-C33).
 */
export function orderAmounts(units: Steps, order: OrderView): OrderAmounts {
  const filledQuantity = quantityText16(units, order.filled);
  const filledValue = moneyText16(order.filledValue);
  const isByValue = order.value > 0n;
  const quantity = isByValue ? filledQuantity : quantityText16(units, order.quantity);
  return {
    price: priceText16(units, order.price),
    quantity,
    value: valueText(units, order, filledValue),
    filledQuantity,
    filledValue,
  };
}

function valueText(units: Steps, order: OrderView, filledValue: string): string {
  if (order.value > 0n) return moneyText16(order.value);
  if (order.type === "market") return filledValue;
  return moneyText16(BigInt(order.price) * BigInt(order.quantity) * notionalAtoms(units));
}

/**
 * How a closed order ended: completed when it traded in full, else cancelled, whatever the reason,
 * even when it traded all that there was (D-C36, D-C37).
 */
export function orderState(reason: CloseReason, filled: number): OrderState {
  if (reason === "filled") return { state: "completed", internalState: "filled" };
  return { state: "cancelled", internalState: filled > 0 ? "partially_filled" : "empty" };
}

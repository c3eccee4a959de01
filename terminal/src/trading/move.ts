/**
 * Moves an order to another price. The protocol has no word for it, so the order is cancelled and placed anew, and loses its
 * place in the queue. Whatever happens in between is told as it is: nothing is placed for what was filled meanwhile.
 */
import {
  ClientError,
  type ClosedOrder,
  type CryptomusRest,
  compare,
  type Fault,
  type Market,
  multiply,
  normalized,
  type OrderRow,
  subtract,
} from "@openbourse/client";
import { isPositive } from "./amounts.ts";

/** What became of a move. */
export type MoveOutcome =
  /** The old order is gone, and the new one was taken. */
  | { readonly kind: "moved"; readonly id: string; readonly quantity: string }
  /** Nothing was changed: the new order could not be one. */
  | { readonly kind: "not-possible"; readonly why: string }
  /** It was filled, or cancelled by somebody else, before it could be cancelled. Nothing was placed. */
  | { readonly kind: "over"; readonly order: ClosedOrder | undefined }
  /** It could not be cancelled, and may still be open. Nothing was placed. */
  | { readonly kind: "not-cancelled"; readonly fault: Fault }
  /** The old order is cancelled, and the new one was refused, or it is not known whether it was taken. */
  | { readonly kind: "not-placed"; readonly fault: Fault; readonly rest: string | undefined };

/** What a move is asked with. */
export interface MoveRequest {
  readonly market: Market;
  readonly order: OrderRow;
  readonly price: string;
  readonly clientOrderId: string;
}

const orderNotFound = "5";

/** Why what is left of an order can be no order at another price; undefined where it can be. */
export function whyNot({ market, order, price }: MoveRequest): string | undefined {
  const rest = subtract(order.quantity, order.filledQuantity);
  if (compare(rest, market.quantityMin) < 0)
    return `What is left of it, ${normalized(rest)} ${market.base}, is less than an order may have (${normalized(market.quantityMin)}).`;
  const value = multiply(rest, price);
  const isOut = compare(value, market.valueMin) < 0 || compare(value, market.valueMax) > 0;
  if (isOut)
    return `It would be worth ${value} ${market.quote}; an order must be worth between ${normalized(market.valueMin)} and ${normalized(market.valueMax)}.`;
  const stop = order.stopLossPrice;
  if (stop === undefined) return undefined;
  const isBuy = order.direction === "buy";
  const isWrong = isBuy ? compare(stop, price) <= 0 : compare(stop, price) >= 0;
  return isWrong
    ? `Its stop price ${stop} must stay ${isBuy ? "above" : "below"} its price.`
    : undefined;
}

/** See the head of the file. Rejects for bugs alone. */
export async function moveOrder(rest: CryptomusRest, request: MoveRequest): Promise<MoveOutcome> {
  const { id } = request.order;
  let open: OrderRow | undefined;
  try {
    // The stream does not tell stop prices, so what the order is now is asked for first.
    [open] = await rest.openOrders({ orderId: id });
    if (open === undefined) return { kind: "over", order: await closed(rest, id) };
    const why = whyNot({ ...request, order: open });
    if (why !== undefined) return { kind: "not-possible", why };
    await rest.cancel(id);
  } catch (error) {
    const fault = faultIn(error);
    const isOver = fault.kind === "refused" && fault.code === orderNotFound;
    if (!isOver) return { kind: "not-cancelled", fault };
    return { kind: "over", order: await closed(rest, id).catch(() => undefined) };
  }
  return placeAgain(rest, request, open);
}

async function placeAgain(
  rest: CryptomusRest,
  { market, price, clientOrderId }: MoveRequest,
  open: OrderRow,
): Promise<MoveOutcome> {
  const { direction, stopLossPrice } = open;
  const stop = stopLossPrice === undefined ? {} : { stopLossPrice };
  let quantity: string | undefined;
  try {
    const order = await closed(rest, open.id);
    const left = subtract(open.quantity, (order ?? open).filledQuantity);
    if (!isPositive(left)) return { kind: "over", order };
    quantity = left;
    const { id } = await rest.place({
      ...{ type: "limit", market: market.market, direction, price, quantity, clientOrderId },
      ...stop,
    });
    return { kind: "moved", id, quantity };
  } catch (error) {
    return { kind: "not-placed", fault: faultIn(error), rest: quantity };
  }
}

async function closed(rest: CryptomusRest, orderId: string): Promise<ClosedOrder | undefined> {
  return (await rest.closedOrders({ orderId }))[0];
}

function faultIn(error: unknown): Fault {
  if (error instanceof ClientError) return error.fault;
  throw error;
}

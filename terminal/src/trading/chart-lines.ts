/** Own orders as lines of the chart: solid where the server has said so, hollow where it has not. A line that is dragged asks for a move. */
import { normalized } from "@openbourse/client";
import { effect } from "@preact/signals";
import { chartOrders, type OrderLine } from "../market/chart/orders.ts";
import { chosenName } from "../market/chosen.ts";
import { account } from "../session/session.ts";
import { askMove, busyOrders, moveAsked } from "./order-actions.ts";
import { openOrders } from "./private.ts";
import { pendingOrders } from "./sending.ts";

function linesOf(market: string): readonly OrderLine[] {
  const [base = ""] = market.split("_");
  const lines: OrderLine[] = [];
  const add = (line: Omit<OrderLine, "title">, quantity: string) =>
    lines.push({ ...line, title: `${line.direction} ${normalized(quantity)} ${base}` });
  const asked = moveAsked.value;
  if (asked?.order.market === market) {
    const { id, direction, quantity } = asked.order;
    add({ id: `${id} to`, price: asked.price, direction, isPending: true }, quantity);
  }
  for (const { clientOrderId, terms, market: of } of pendingOrders.value)
    if (of === market && terms.type === "limit")
      add(
        { id: clientOrderId, price: terms.price, direction: terms.direction, isPending: true },
        terms.quantity,
      );
  for (const { id, market: of, price, direction, quantity } of openOrders.value.values())
    if (of === market && price !== undefined)
      add(
        { id, price: normalized(price), direction, isPending: busyOrders.value.has(id) },
        quantity,
      );
  return lines;
}

effect(() => {
  chartOrders.set(account.value === undefined ? [] : linesOf(chosenName.value ?? ""));
});

effect(() => (account.value === undefined ? undefined : chartOrders.onMove(askMove)));

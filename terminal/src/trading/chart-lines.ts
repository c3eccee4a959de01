/** Own orders as lines of the chart: solid where the server has said so, hollow where it has not. A line that is dragged asks for a move. */
import { normalized } from "@openbourse/client";
import { effect } from "@preact/signals";
import { chartOrders, type OrderLine } from "../market/chart/orders.ts";
import { chosenName } from "../market/chosen.ts";
import { account } from "../session/session.ts";
import { askMove, busyOrders, moveAsked } from "./order-actions.ts";
import { openOrders } from "./private.ts";
import { pendingOrders } from "./sending.ts";
import { leftWords } from "./words.ts";

function linesOf(market: string): readonly OrderLine[] {
  const lines: OrderLine[] = [];
  const asked = moveAsked.value;
  if (asked?.order.market === market) {
    const { order, price } = asked;
    const { id, direction } = order;
    lines.push({ id: `${id} to`, price, direction, title: leftWords(order), isPending: true });
  }
  for (const { clientOrderId: id, terms, market: of } of pendingOrders.value) {
    if (of !== market || terms.type !== "limit") continue;
    const { price, direction } = terms;
    const title = leftWords({ ...terms, market, filledQuantity: "0" });
    lines.push({ id, price, direction, title, isPending: true });
  }
  for (const order of openOrders.value.values()) {
    const { id, market: of, price, direction } = order;
    if (of !== market || price === undefined) continue;
    const [title, isPending] = [leftWords(order), busyOrders.value.has(id)];
    lines.push({ id, price: normalized(price), direction, title, isPending });
  }
  return lines;
}

effect(() => {
  chartOrders.set(account.value === undefined ? [] : linesOf(chosenName.value ?? ""));
});

effect(() => (account.value === undefined ? undefined : chartOrders.onMove(askMove)));

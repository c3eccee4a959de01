/**
 * The trading desk over an engine: commands go through the sequencer, answers about now come from the
 * exchange once they are durable, answers about the past from the history once it has caught up.
 */
import type { Exchange } from "../core/exchange.ts";
import { type Answer, isUnanswered } from "../ports/history.ts";
import type { PastAnswer, TradingDesk, Unavailable } from "../ports/trading-desk.ts";
import type { Engine } from "./engine.ts";

/** Makes the desk of an engine, which need not have been started yet. */
export function createDesk(engine: Engine): TradingDesk {
  const { history } = engine;

  async function now<Result>(read: (exchange: Exchange) => Result): Promise<Result | Unavailable> {
    const reading = await engine.sequencer.read(read);
    if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
    return reading.result;
  }

  async function answered<Row>(answer: Answer<Row>): Promise<PastAnswer<Row>> {
    const rows = await answer;
    if (!isUnanswered(rows) || rows.kind === "busy") return rows;
    return { kind: "unavailable", reason: rows.message };
  }

  return {
    submit: (command) => engine.door.submit(command),
    openOrders: (user, query) => now((exchange) => exchange.openOrderPage(user, query)),
    openOrder: (user, id) => now((exchange) => exchange.openOrder(user, id)),
    balances: (user) => now((exchange) => exchange.balances(user)),
    tariff: (user, market) => now((exchange) => exchange.tariff(user, market)),
    async closedOrders(query) {
      const fault = await engine.historyCaughtUp();
      return fault === undefined
        ? answered(history.closedOrders(query))
        : { kind: "unavailable", reason: fault };
    },
    // That an order is closed was told by a history that holds its fills.
    fillsOfClosed: (query) => answered(history.orderFills(query)),
  };
}

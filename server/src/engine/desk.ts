/**
 * The trading desk over an engine: commands go through the sequencer, answers about now come from the
 * exchange once they are durable, answers about the past from the history once it has caught up.
 */
import type { Exchange } from "../core/exchange.ts";
import { type Answer, type HistoryQueries, isUnanswered } from "../ports/history.ts";
import type { DurableReading } from "../ports/released.ts";
import type { PastAnswer, TradingDesk, Unavailable } from "../ports/trading-desk.ts";
import type { Engine } from "./engine.ts";

/** What a desk stands on: an engine, or a replica of its exchange that hands commands on to one. */
export interface DeskParts {
  readonly submit: TradingDesk["submit"];
  /** Reads the exchange; what was read is durable when it is answered. */
  read<Result>(read: (exchange: Exchange) => Result): Promise<DurableReading<Result>>;
  readonly history: Pick<HistoryQueries, "closedOrders" | "orderFills">;
  /** Resolves when the history holds all that was released by now, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined>;
}

/** Makes the desk of an engine, which need not have been started yet. */
export function createDesk(engine: Engine): TradingDesk {
  return deskOf({
    submit: (command) => engine.submit(command),
    read: (read) => engine.read(read),
    history: engine.history,
    historyCaughtUp: () => engine.historyCaughtUp(),
  });
}

/** Makes a desk of its parts. */
export function deskOf(parts: DeskParts): TradingDesk {
  const { history, submit } = parts;

  async function now<Result>(read: (exchange: Exchange) => Result): Promise<Result | Unavailable> {
    const reading = await parts.read(read);
    if (reading.kind === "stopped") return { ...reading, kind: "unavailable" };
    return reading.result;
  }

  async function answered<Row>(answer: Answer<Row>): Promise<PastAnswer<Row>> {
    const rows = await answer;
    if (!isUnanswered(rows) || rows.kind === "busy") return rows;
    return { kind: "unavailable", reason: rows.message };
  }

  return {
    submit,
    openOrders: (user, query) => now((exchange) => exchange.openOrderPage(user, query)),
    openOrder: (user, id) => now((exchange) => exchange.openOrder(user, id)),
    balances: (user) => now((exchange) => exchange.balances(user)),
    tariff: (user, market) => now((exchange) => exchange.tariff(user, market)),
    async closedOrders(query) {
      const fault = await parts.historyCaughtUp();
      return fault === undefined
        ? answered(history.closedOrders(query))
        : { kind: "unavailable", reason: fault };
    },
    // That an order is closed was told by a history that holds its fills.
    fillsOfClosed: (query) => answered(history.orderFills(query)),
  };
}

/**
 * The trading desk over a venue: commands go through the sequencer, answers about now come from the
 * exchange once they are durable, answers about the past from the history once it has caught up.
 */
import type { Exchange } from "../../core/exchange.ts";
import { standardFees } from "../../core/market/fees.ts";
import type { TradingDesk, Unavailable } from "../../ports/trading-desk.ts";
import type { Venue } from "./venue.ts";

/** Makes the desk of a venue. */
export function createDesk(venue: Venue): TradingDesk {
  const { sequencer, history } = venue;

  async function now<Result>(read: (exchange: Exchange) => Result): Promise<Result | Unavailable> {
    const reading = await sequencer.read(read);
    if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
    return reading.result;
  }

  async function past<Result>(query: () => Result): Promise<Result | Unavailable> {
    const fault = await venue.historyCaughtUp();
    return fault === undefined ? stored(query) : { kind: "unavailable", reason: fault };
  }

  /** What the history holds at this moment. */
  function stored<Result>(query: () => Result): Result | Unavailable {
    try {
      return query();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "unavailable", reason };
    }
  }

  return {
    fees: standardFees,
    submit: (command) => venue.door.submit(command),
    openOrders: (user, query) => now((exchange) => exchange.openOrderPage(user, query)),
    openOrder: (user, id) => now((exchange) => exchange.openOrder(user, id)),
    balances: (user) => now((exchange) => exchange.balances(user)),
    tariff: (user) => now((exchange) => exchange.tariff(user)),
    orders: (query) => past(() => history.orders(query)),
    orderFills: (query) => past(() => history.orderFills(query)),
  };
}

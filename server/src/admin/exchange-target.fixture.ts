/** A target for tests: a real exchange whose every command is durable at once. */
import { Exchange } from "../core/exchange.ts";
import { type AdminTarget, parametersOf } from "./target.ts";

/** An exchange and what administers it. */
export interface ExchangeTarget extends AdminTarget {
  readonly exchange: Exchange;
}

/** Makes an exchange with these users; with `stopReason` it takes no commands. */
export function exchangeTarget(users: readonly string[] = [], stopReason?: string): ExchangeTarget {
  const exchange = new Exchange();
  return {
    exchange,
    async submit(command) {
      if (stopReason !== undefined) return { kind: "stopped", reason: stopReason };
      const sequence = exchange.sequence + 1;
      const stamped = { sequence, timeUs: sequence, command };
      return { kind: "released", released: { ...stamped, events: exchange.apply(stamped) } };
    },
    async markets() {
      if (stopReason !== undefined) return { kind: "unavailable", reason: stopReason };
      return exchange.markets();
    },
    async parameters(users) {
      if (stopReason !== undefined) return { kind: "unavailable", reason: stopReason };
      return parametersOf(exchange, users);
    },
    async openOrders(user) {
      if (stopReason !== undefined) return { kind: "unavailable", reason: stopReason };
      return exchange.openOrders(user);
    },
    async ownerOfOrder(id) {
      if (stopReason !== undefined) return { kind: "unavailable", reason: stopReason };
      return exchange.ownerOfOrder(id);
    },
    userExists: (id) => users.includes(id),
  };
}

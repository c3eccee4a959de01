/**
 * A flow of orders as commands of the exchange, and the commands before it: markets, deposits that
 * are never used up. Commands are made when they are asked for and not kept.
 */
import type { Command } from "../../../server/src/core/commands.ts";
import type { Exchange } from "../../../server/src/core/exchange.ts";
import type { MarketRules } from "../../../server/src/core/market/rules.ts";
import { type Atoms, atoms, atomsPerUnit } from "../../../server/src/core/num/money.ts";
import { lots, ticks } from "../../../server/src/core/num/units.ts";
import type { OrderFlow, OrderFlowOptions } from "./order-flow.ts";

const quote = "USDT";
const bases = ["BTC", "ETH", "TRX", "SOL", "LTC", "DOGE"];

/** What every user has of every currency; of the size of a large wallet, in as many machine words. */
const depositAtoms: Atoms = atoms(1_000_000_000n * atomsPerUnit);

/** Time of the first command; each later one comes a microsecond after the one before. */
export const flowStartUs = 1_800_000_000_000_000;

/** Markets and money for a flow. */
export function setupCommands(options: OrderFlowOptions): readonly Command[] {
  const traded = bases.slice(0, options.markets);
  const users = Array.from({ length: options.users }, (_, user) => userName(user));
  return [
    ...traded.map((base): Command => ({ kind: "add-market", rules: rulesOf(base) })),
    ...[quote, ...traded].flatMap((currency) =>
      users.map(
        (user): Command => ({
          kind: "deposit",
          user,
          currency,
          amount: depositAtoms,
          key: `start-${currency}`,
        }),
      ),
    ),
  ];
}

/** An operation of a flow as a command; `setupCount` commands come before the flow. */
export function commandAt(flow: OrderFlow, at: number, setupCount: number): Command {
  const user = userName(flow.user[at]!);
  const kind = flow.kind(at);
  const order = { id: setupCount + flow.target[at]! };
  if (kind === "cancel") return { kind: "cancel-order", user, order };
  const price = ticks(flow.price[at]!);
  const quantity = lots(flow.quantity[at]!);
  if (kind === "move") {
    return { kind: "replace-order", user, order, price, quantity, timeInForce: "gtc" };
  }
  return {
    kind: "place-limit",
    user,
    market: marketCode(flow.market[at]!),
    side: flow.side(at),
    price,
    quantity,
    timeInForce: kind === "limit" ? "gtc" : "ioc",
  };
}

/** Some commands of a flow, one after the other. */
export function commandsOf(
  flow: OrderFlow,
  range: { readonly from: number; readonly to: number },
  setupCount: number,
): readonly Command[] {
  const { from, to } = range;
  return Array.from({ length: to - from }, (_, index) => commandAt(flow, from + index, setupCount));
}

/** Opens the markets, hands out the money and fills the books; answers how many commands came before the flow. */
export function prepareExchange(exchange: Exchange, flow: OrderFlow): number {
  const setup = setupCommands(flow.options);
  const filling = commandsOf(flow, { from: 0, to: flow.fillLength }, setup.length);
  for (const command of [...setup, ...filling]) applyNext(exchange, command);
  return setup.length;
}

/** Applies a command at the next sequence; answers how many events came of it. */
export function applyNext(exchange: Exchange, command: Command): number {
  const sequence = exchange.sequence + 1;
  const events = exchange.apply({ sequence, timeUs: flowStartUs + sequence, command });
  const [first] = events;
  if (first?.kind === "refused") throw new Error(`command ${sequence}: ${first.reason}`);
  return events.length;
}

/** Code of a market of a flow. */
export function marketCode(market: number): string {
  return codes[market]!;
}

const codes: readonly string[] = bases.map((base) => `${base}_${quote}`);

/** Names are made once and shared, as they would be after a login. */
const names: string[] = [];

/** Name of a user of a flow. */
export function userName(user: number): string {
  names[user] ??= `user-${String(user).padStart(5, "0")}`;
  return names[user];
}

function rulesOf(base: string): MarketRules {
  return {
    code: `${base}_${quote}`,
    base,
    quote,
    tickSize: { coefficient: 1, scale: 2 },
    lotSize: { coefficient: 1, scale: 4 },
    baseMin: lots(1),
    baseMax: lots(1_000_000_000),
    quoteMin: atoms(0n),
    quoteMax: atoms(1_000_000_000_000n * atomsPerUnit),
    marketOrderBandPpm: 100_000,
  };
}

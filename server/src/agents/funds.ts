/** What agents are given to trade with: so much that no fee and no loss uses it up, given only once. */
import type { Transfer } from "../core/commands.ts";
import { lotAtoms, type MarketRules, notionalAtoms } from "../core/market/rules.ts";
import type { Atoms } from "../core/num/money.ts";

/** Funds in orders of median size. At 0.1 % a trade, fees use them up after 10¹¹ trades. */
const fundedOrders = 1_000_000_000n;

/** What one agent gets of each side of a market. */
export interface Funds {
  readonly base: Atoms;
  readonly quote: Atoms;
}

/** The funds of one agent, worth about the same on both sides. */
export function fundsFor(
  rules: MarketRules,
  { medianLots, startTicks }: { readonly medianLots: number; readonly startTicks: number },
): Funds {
  const lots = fundedOrders * BigInt(medianLots);
  return {
    base: (lots * lotAtoms(rules)) as Atoms,
    quote: (lots * BigInt(startTicks) * notionalAtoms(rules)) as Atoms,
  };
}

/** The deposits that bring funds to a user; the keys make a repetition harmless. */
export function depositsOf(user: string, rules: MarketRules, funds: Funds): readonly Transfer[] {
  return [depositOf(user, rules.base, funds.base), depositOf(user, rules.quote, funds.quote)];
}

function depositOf(user: string, currency: string, amount: Atoms): Transfer {
  // With the amount in the key, other funds after a change of the configuration are a new deposit.
  return { kind: "deposit", user, currency, amount, key: `start-${currency}-${amount}` };
}

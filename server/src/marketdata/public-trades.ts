/** The public half of trades: what everybody may know, and what is published of it. */
import type { ExchangeEvent, Traded } from "../core/events.ts";
import type { MarketRules } from "../core/market/rules.ts";
import { type PublicTrade, type TradesUpdate, unitsOf } from "./updates.ts";

/** One durable command and what happened because of it. */
export interface DurableEvents {
  /** Position of the command in the log. */
  readonly sequence: number;
  /** Its time stamp, in microseconds since 1970 (UTC). */
  readonly timeUs: number;
  readonly events: readonly ExchangeEvent[];
}

/** The public half of a trade. */
export function publicTrade(
  event: Traded,
  { sequence, timeUs }: Omit<DurableEvents, "events">,
): PublicTrade {
  const { ordinal, price, quantity, value, aggressor } = event;
  return { sequence, ordinal, timeUs, price, quantity, value, aggressor };
}

/** One update for each market that traded, its trades in the order of the log. */
export function tradesUpdates(
  released: readonly DurableEvents[],
  rulesOf: (market: string) => MarketRules,
): readonly TradesUpdate[] {
  const byMarket = new Map<string, PublicTrade[]>();
  for (const command of released) {
    for (const event of command.events) {
      if (event.kind !== "traded") continue;
      const trade = publicTrade(event, command);
      const trades = byMarket.get(event.market);
      if (trades === undefined) byMarket.set(event.market, [trade]);
      else trades.push(trade);
    }
  }
  return Array.from(byMarket, ([market, trades]) => ({
    ...unitsOf(rulesOf(market)),
    timeUs: trades.at(-1)?.timeUs ?? 0,
    trades,
  }));
}

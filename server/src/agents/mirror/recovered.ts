/** What a mirror sees of the exchange before it begins. */
import type { Level } from "../../core/book/book.ts";
import type { BalanceView, Exchange, MarketView } from "../../core/exchange.ts";
import type { Side } from "../../core/market/rules.ts";

/** An exchange as it was recovered. */
export interface RecoveredExchange {
  markets(): readonly MarketView[];
  depth(market: string, side: Side, levelsMax: number): readonly Level[];
  balances(user: string): readonly BalanceView[];
  tariff(user: string): Pick<ReturnType<Exchange["tariff"]>, "own">;
}

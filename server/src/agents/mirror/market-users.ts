/** What has to be done before users that stand for the outside have a market for themselves. */
import type { Command } from "../../core/commands.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import type { RecoveredExchange } from "./recovered.ts";

/** A market, and whether the exchange has to be given it first. */
export interface OwnMarket {
  readonly rules: MarketRules;
  readonly isMissing: boolean;
}

/** The users of one market that is traded from outside. */
export class MarketUsers {
  readonly #users: readonly string[];
  /** Those who pay fees. */
  readonly #charged: readonly string[];

  /** `exchange` is as it was recovered. */
  constructor(users: readonly string[], exchange: Pick<RecoveredExchange, "tariff">) {
    this.#users = users;
    this.#charged = users.filter((user) => {
      const own = exchange.tariff(user).own;
      return own === undefined || own.makerPpm !== 0 || own.takerPpm !== 0;
    });
  }

  /**
   * The market, an empty book and no fees. They trade with each other all day long: with fees none of them
   * would have anything left in the end.
   */
  setUp({ rules, isMissing }: OwnMarket): readonly Command[] {
    return [
      ...(isMissing ? [{ kind: "add-market", rules } as const] : []),
      ...this.#users.map((user): Command => ({ kind: "cancel-all", user })),
      ...this.#charged.map(
        (user): Command => ({
          kind: "set-fees",
          fees: { of: "user", user, rates: { makerPpm: 0, takerPpm: 0 } },
        }),
      ),
    ];
  }
}

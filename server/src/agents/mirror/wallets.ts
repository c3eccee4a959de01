/** What the participants of a mirror own, followed by events. */
import type { BalanceChanged } from "../../core/events.ts";
import type { BalanceView } from "../../core/exchange.ts";

/** Wallets of some users. */
export class Wallets {
  readonly #amounts = new Map<string, bigint>();
  readonly #users: ReadonlySet<string>;

  constructor(users: readonly string[], balancesOf: (user: string) => readonly BalanceView[]) {
    this.#users = new Set(users);
    for (const user of users) {
      for (const { currency, available, held } of balancesOf(user)) {
        this.#amounts.set(keyOf(user, currency), available + held);
      }
    }
  }

  /** Whether a user ever had something of a currency. */
  knows(user: string, currency: string): boolean {
    return this.#amounts.has(keyOf(user, currency));
  }

  /** What a user has, held for orders or not. */
  has(user: string, currency: string): bigint {
    return this.#amounts.get(keyOf(user, currency)) ?? 0n;
  }

  changed({ user, currency, newAvailable, newHeld }: BalanceChanged): void {
    if (this.#users.has(user)) this.#amounts.set(keyOf(user, currency), newAvailable + newHeld);
  }
}

function keyOf(user: string, currency: string): string {
  return `${user} ${currency}`;
}

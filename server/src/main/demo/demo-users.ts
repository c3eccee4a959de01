/**
 * The two users that a new exchange starts with, funded once in every currency, so that the signed
 * protocol can be tried at once. Their keys go to standard output and never into the log.
 */
import { type DemoUser, ensureDemoUsers, type UserRegistry } from "../../access/users.ts";
import { takenOr } from "../../admin/answer.ts";
import type { AdminTarget } from "../../admin/target.ts";
import { assert } from "../../core/assert.ts";
import type { Transfer } from "../../core/commands.ts";
import { parseAtoms } from "../../core/num/money.ts";
import type { Log } from "../../ports/log.ts";

/** What each of them gets, in whole units: worth about the same, and enough for any market. */
const funds: Readonly<Record<string, string>> = {
  USDT: "100000",
  USDC: "100000",
  BTC: "10",
  ETH: "100",
  SOL: "1000",
  LTC: "1000",
  XRP: "50000",
  TRX: "500000",
};

/** What they get of any other currency. */
const otherFunds = "10000";

/** Makes the demo users when they are missing and funds those that are not funded yet. */
export async function openDemoUsers(
  registry: UserRegistry,
  target: Pick<AdminTarget, "markets" | "submit">,
  { nowMs, log }: { readonly nowMs: number; readonly log: Log },
): Promise<readonly DemoUser[]> {
  const users = ensureDemoUsers(registry, nowMs);
  if (typeof users === "string") {
    log.warn("there are no demo users", { reason: users });
    return [];
  }
  const markets = await target.markets();
  const listed = "kind" in markets ? [] : markets;
  const currencies = new Set(listed.flatMap(({ rules }) => [rules.base, rules.quote]));
  const deposits = users.flatMap(({ userId }) =>
    Array.from(currencies, (currency) => depositOf(userId, currency)),
  );
  for (const submission of await Promise.all(deposits.map((deposit) => target.submit(deposit)))) {
    const taken = takenOr(submission, {});
    if ("kind" in taken) log.warn("a demo user was not funded", { reason: taken.message });
  }
  return users;
}

function depositOf(user: string, currency: string): Transfer {
  const amount = parseAtoms(funds[currency] ?? otherFunds);
  assert(amount !== undefined, "the funds of demo users are amounts");
  // With the same key at every start it is given once.
  return { kind: "deposit", user, currency, amount, key: `demo-${currency}` };
}

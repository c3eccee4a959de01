/**
 * Deposits and withdrawals. Money is brought to users that exist, unless the caller says that they
 * knows better: simulated participants have names that are no users'.
 */
import Type, { type Static } from "typebox";
import { nameLengthMax, type Transfer } from "../core/commands.ts";
import { type Atoms, atomsMax, formatAtoms, parseAtoms } from "../core/num/money.ts";
import { type AdminAnswer, type AdminRefusal, done, refused, takenOr } from "./answer.ts";
import { currenciesOf } from "./markets.ts";
import type { AdminTarget } from "./target.ts";

/** What a transfer is asked for with. */
export const transferRequest = Type.Object(
  {
    direction: Type.Enum(["deposit", "withdraw"]),
    user: Type.String(),
    currency: Type.String(),
    /** Plain decimal digits. */
    amount: Type.String(),
    /** The same key again changes nothing. */
    key: Type.String(),
    /** Whether the name may be one that is no user's. */
    anyUser: Type.Boolean(),
  },
  { additionalProperties: false },
);

/** A transfer as it is asked for. */
export type TransferRequest = Static<typeof transferRequest>;

/** A transfer as it was carried out, amounts as decimal texts. */
export interface TransferResult {
  readonly direction: "deposit" | "withdraw";
  readonly user: string;
  readonly currency: string;
  readonly amount: string;
  readonly key: string;
  /** Whether it had been carried out before under this key; then nothing has changed now. */
  readonly repeated: boolean;
  /** What the user has available after it; absent for a repeat. */
  readonly available?: string;
}

/** Carries out one transfer. */
export async function transfer(
  request: TransferRequest,
  target: AdminTarget,
): Promise<AdminAnswer<TransferResult>> {
  const { direction, user, currency, key } = request;
  const amount = checkTransfer(request, target);
  if (typeof amount === "object") return amount;
  const command: Transfer = { kind: direction, user, currency, amount, key };
  const released = takenOr(await target.submit(command), {
    "unknown-currency": `there is no currency ${currency}: ${await currenciesOf(target)}`,
    "insufficient-funds": `${user} has less than ${request.amount} ${currency} available; what open orders hold does not count`,
    "amount-out-of-range": `with ${request.amount} more there would be too much ${currency} in the exchange`,
    "transfer-key-reused": `the key ${key} was used for another transfer of ${user}: take another one`,
    "too-many-users": "the exchange has as many users as it can",
  });
  if ("kind" in released) return released;
  const result = { direction, user, currency, amount: formatAtoms(amount), key };
  for (const event of released.events) {
    if (event.kind === "balance-changed") {
      return done({ ...result, repeated: false, available: formatAtoms(event.newAvailable) });
    }
  }
  return done({ ...result, repeated: true });
}

function checkTransfer(request: TransferRequest, target: AdminTarget): Atoms | AdminRefusal {
  const { user, key, anyUser } = request;
  if (!isName(key) || !key.isWellFormed()) {
    return refused(`a key has 1 to ${nameLengthMax} characters, and no half of a surrogate pair`);
  }
  if (!isName(user)) return refused(`a user's name has 1 to ${nameLengthMax} characters`);
  if (!anyUser && !target.userExists(user)) {
    return refused(
      `there is no user ${user}: see users list, or say --any-user for a name that is no user's`,
    );
  }
  const amount = parseAtoms(request.amount);
  if (amount === undefined || amount === 0n) {
    return refused(
      `"${request.amount}" is no amount: write plain digits above 0 and up to ${formatAtoms(atomsMax)}, with at most 16 decimals, for example 1000 or 0.5`,
    );
  }
  return amount;
}

function isName(text: string): boolean {
  return text.length >= 1 && text.length <= nameLengthMax;
}

/** `deposit` and `withdraw`: bring money to a user, or take it out, while a server runs or not. */
import { randomUUID } from "node:crypto";
import type { TransferResult } from "../../admin/transfers.ts";
import type { ConfigInput } from "../../config/load.ts";
import { administer } from "../admin-client.ts";
import { askAndPrint } from "./administration.ts";

/** A transfer as it is written on the command line. */
export interface TransferOptions {
  readonly direction: "deposit" | "withdraw";
  readonly user: string;
  readonly currency: string;
  /** Decimal digits. */
  readonly amount: string;
  /** A random one when absent. */
  readonly key?: string;
  readonly anyUser?: true;
  readonly json?: true;
}

/** Carries out one transfer; resolves with the exit code. */
export function transferCommand(input: ConfigInput, options: TransferOptions): Promise<number> {
  const { direction, user, currency, amount, key = randomUUID(), anyUser } = options;
  return askAndPrint(input, options.json === true, {
    ask: (config) =>
      administer(config, "transfer", {
        direction,
        user,
        currency,
        amount,
        key,
        anyUser: anyUser === true,
      }),
    say: (result) => [sentence(result)],
  });
}

function sentence(result: TransferResult): string {
  const { direction, user, currency, amount, key, repeated, available } = result;
  const name = direction === "deposit" ? "deposit" : "withdrawal";
  return repeated
    ? `the ${name} of ${amount} ${currency} for ${user} was made before under the key ${key}: nothing changed`
    : `${name} of ${amount} ${currency} for ${user} under the key ${key}: now ${available} ${currency} available`;
}

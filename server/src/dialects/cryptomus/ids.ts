/**
 * Public ids of wallets and markets, which are not made by a command: texts in the shape of a ULID
 * that are the same after every restart (docs/protocols/cryptomus, The stream). Ids of orders, deals and trades are core/ids.
 */
import { formatId, idDigits } from "../../core/ids.ts";
import type { Secrets } from "../../ports/secrets.ts";

/** 2024-01-01 00:00:00 UTC: the time part of these ids, as neither thing has a moment of its own. */
const idTimeMs = 1_704_067_200_000;

const timePart = formatId({ timeMs: idTimeMs, sequence: 0, ordinal: 0 }).slice(0, 10);

/** Five hexadecimal digits are four digits of an id: 20 bits. */
const hexPerGroup = 5;
const digitsPerGroup = 4;
const groups = 4;

/** Id of what one user has of one currency; it tells nothing about either. */
export function walletId(userId: string, currency: string, secrets: Secrets): string {
  return derivedId(`wallet|${currency}|${userId}`, secrets);
}

/** Id of a market, by its code `BASE_QUOTE`. */
export function marketId(code: string, secrets: Secrets): string {
  return derivedId(`market|${code}`, secrets);
}

/** The fixed time and the first 80 bits of a digest of the name. */
function derivedId(name: string, secrets: Secrets): string {
  const digest = secrets.sha256Hex(`openbourse|${name}`);
  let text = timePart;
  for (let group = 0; group < groups; group += 1) {
    const bits = Number.parseInt(digest.slice(group * hexPerGroup, (group + 1) * hexPerGroup), 16);
    text += idDigits(bits, digitsPerGroup);
  }
  return text;
}

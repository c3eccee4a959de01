/**
 * The calls of all connections: who may make one more, and what each connection is held to account for. It reads no message and
 * answers nothing.
 */

import type { AddressKey } from "../peers/address.ts";
import type { AddressRates } from "../peers/address-rates.ts";
import type { Connections, Visitor } from "../peers/connections.ts";

/** Calls of all connections that wait for their answers at once. */
export const callsMax = 1_000;

/** Calls of one stranger that are refused one after another before the connection is ended. */
export const refusedInARowMax = 100;

/** Why a call is not taken. */
export type CallRefusal = "too-often" | "busy";

/** One call. */
export interface OpenCall {
  readonly visitor: Visitor;
  readonly address: AddressKey;
  readonly sinceMs: number;
  isWaiting: boolean;
  unsentBytes: number;
}

/** What a connection has open. */
interface Account {
  /** The oldest first. */
  readonly calls: Set<OpenCall>;
  unsentBytes: number;
  refusedInARow: number;
}

/** All open calls. */
export class Calls {
  readonly #connections: Connections;
  readonly #rates: AddressRates;
  readonly #nowMs: () => number;
  readonly #accounts = new WeakMap<Visitor, Account>();
  #waiting = 0;

  constructor(connections: Connections, rates: AddressRates, nowMs: () => number) {
    this.#connections = connections;
    this.#rates = rates;
    this.#nowMs = nowMs;
  }

  /** Takes a call, or says why not. A stranger's uses up one of its address's. */
  begin(visitor: Visitor, address: AddressKey): OpenCall | CallRefusal {
    const account = this.#accountOf(visitor);
    const nowMs = this.#nowMs();
    const isTooOften =
      !visitor.isKnown && address !== undefined && !this.#rates.take(address, nowMs);
    account.refusedInARow = isTooOften ? account.refusedInARow + 1 : 0;
    if (account.refusedInARow > refusedInARowMax) this.#connections.end(visitor, "flood");
    if (isTooOften) return "too-often";
    if (this.#waiting >= callsMax) return "busy";
    const call = { visitor, address, sinceMs: nowMs, isWaiting: true, unsentBytes: 0 };
    account.calls.add(call);
    this.#waiting += 1;
    visitor.askedAtMs ??= nowMs;
    return call;
  }

  /** The call has its answer, so many bytes, and it is known whether its maker has shown who they are. */
  answered(call: OpenCall, bytes: number, isShown: boolean | undefined): void {
    const { visitor, address } = call;
    if (isShown === true && !visitor.isKnown && address !== undefined)
      this.#rates.giveBack(address);
    visitor.isKnown = isShown ?? visitor.isKnown;
    this.#stopWaiting(call);
    const account = this.#accountOf(visitor);
    if (!account.calls.has(call)) return;
    call.unsentBytes = bytes;
    account.unsentBytes += bytes;
    this.#connections.answered(visitor, account.unsentBytes);
  }

  /** The answer was taken, or will never be. */
  ended(call: OpenCall): void {
    const { visitor } = call;
    const account = this.#accountOf(visitor);
    if (!account.calls.delete(call)) return;
    this.#stopWaiting(call);
    account.unsentBytes -= call.unsentBytes;
    const [oldest] = account.calls;
    if (oldest === undefined) {
      this.#connections.taken(visitor);
      return;
    }
    visitor.askedAtMs = oldest.sinceMs;
    this.#connections.answered(visitor, account.unsentBytes);
  }

  #stopWaiting(call: OpenCall): void {
    if (call.isWaiting) this.#waiting -= 1;
    call.isWaiting = false;
  }

  #accountOf(visitor: Visitor): Account {
    let account = this.#accounts.get(visitor);
    if (account === undefined) {
      account = { calls: new Set(), unsentBytes: 0, refusedInARow: 0 };
      this.#accounts.set(visitor, account);
    }
    return account;
  }
}

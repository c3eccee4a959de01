/**
 * Wallets: what each user has available and held, per currency. Money moves only between a wallet's
 * two balances, between wallets, to and from the collected fees, and to and from the outside; each
 * movement is one event per balance. It does not decide whether a movement is allowed: asking for
 * more than there is, is a bug and stops.
 */
import { assert } from "../assert.ts";
import type { BalanceReason, EventSink } from "../events.ts";
import { type Atoms, lesser, minus, noAtoms, plus } from "../num/money.ts";

/** Most currencies of an exchange. */
export const currenciesMax = 10_000;

/** Position of a currency in the ledger. */
export type CurrencyIndex = number;

/** An amount at hand and an amount reserved. */
export interface Amounts {
  readonly available: Atoms;
  readonly held: Atoms;
}

/** One user's money in one currency. It knows whose and which, as the events tell it. */
export interface Balance {
  readonly owner: string;
  readonly currency: string;
  readonly index: CurrencyIndex;
  /** The count in which it was counted last. */
  counted: number;
  available: Atoms;
  held: Atoms;
}

/** All balances of one user. */
export interface Wallet {
  readonly owner: string;
  /** The count in which it was counted last; 0 for none. */
  counted: number;
  /** By currency index; a missing entry is an empty balance. */
  readonly balances: (Balance | undefined)[];
}

/** Where one currency is, and what came in and went out; each figure is kept by its own additions. */
export interface CurrencyTotals {
  deposited: bigint;
  withdrawn: bigint;
  /** Available and held, all wallets together. */
  inWallets: bigint;
  fees: Atoms;
}

/** The wallets' movements and the running totals of each currency. */
export class Ledger {
  readonly #sink: EventSink;
  readonly #codes: string[] = [];
  readonly #indexes = new Map<string, CurrencyIndex>();
  readonly #totals: CurrencyTotals[] = [];
  /** Currencies whose totals moved since the last check. */
  readonly #touched = new Set<CurrencyIndex>();

  /** Number of the count that is under way, or was last. */
  #count = 0;
  /** What was counted of each currency, kept up to date; undefined while nothing is being counted. */
  #counted: bigint[] | undefined;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** The index of a currency, new or known. */
  ensureCurrency(code: string): CurrencyIndex {
    const known = this.#indexes.get(code);
    if (known !== undefined) return known;
    const index = this.#codes.length;
    assert(index < currenciesMax, "there is room for another currency");
    this.#codes.push(code);
    this.#indexes.set(code, index);
    this.#totals.push({ deposited: 0n, withdrawn: 0n, inWallets: 0n, fees: noAtoms });
    return index;
  }

  /** The index of a known currency. */
  currency(code: string): CurrencyIndex | undefined {
    return this.#indexes.get(code);
  }

  /** Codes of all currencies; the position is the index. */
  get currencies(): readonly string[] {
    return this.#codes;
  }

  available(wallet: Wallet, currency: CurrencyIndex): Atoms {
    return wallet.balances[currency]?.available ?? noAtoms;
  }

  totals(currency: CurrencyIndex): CurrencyTotals {
    const totals = this.#totals[currency];
    assert(totals !== undefined, "totals are asked of a known currency");
    return totals;
  }

  /** Everything of a currency that is in the house. */
  inHouse(currency: CurrencyIndex): bigint {
    const { inWallets, fees } = this.totals(currency);
    return inWallets + fees;
  }

  deposit(wallet: Wallet, currency: CurrencyIndex, amount: Atoms): void {
    this.totals(currency).deposited += amount;
    this.#credit(wallet, currency, amount, "deposit");
  }

  withdraw(wallet: Wallet, currency: CurrencyIndex, amount: Atoms): void {
    this.totals(currency).withdrawn += amount;
    this.#debit(wallet, currency, amount, "withdrawal");
  }

  /** Reserves available money for an order; nothing happens for no money. */
  hold(wallet: Wallet, currency: CurrencyIndex, amount: Atoms): void {
    if (amount === noAtoms) return;
    const balance = this.#balance(wallet, currency);
    const { available, held } = balance;
    this.#write(balance, minus(available, amount), plus(held, amount), "hold");
  }

  /** Gives reserved money back; nothing happens for no money. */
  release(wallet: Wallet, currency: CurrencyIndex, amount: Atoms): void {
    if (amount === noAtoms) return;
    const balance = this.#balance(wallet, currency);
    const { available, held } = balance;
    this.#write(balance, plus(available, amount), minus(held, amount), "release");
  }

  /**
   * Settles one half of a trade: pays out of what `from` holds into what `to` has available. What the
   * wallets have together stays as it is.
   */
  settle(from: Wallet, to: Wallet, currency: CurrencyIndex, amount: Atoms): void {
    const payer = this.#balance(from, currency);
    this.#write(payer, payer.available, minus(payer.held, amount), "settle");
    const payee = this.#balance(to, currency);
    this.#write(payee, plus(payee.available, amount), payee.held, "settle");
    this.#touched.add(currency);
  }

  /** Takes a fee out of available money. */
  charge(wallet: Wallet, currency: CurrencyIndex, fee: Atoms): void {
    if (fee === noAtoms) return;
    const totals = this.totals(currency);
    totals.fees = plus(totals.fees, fee);
    this.#debit(wallet, currency, fee, "fee");
  }

  /**
   * Pays a rebate out of the fees collected in the currency, and no more than those; returns what
   * was paid.
   */
  rebate(wallet: Wallet, currency: CurrencyIndex, amount: Atoms): Atoms {
    const totals = this.totals(currency);
    const paid = lesser(amount, totals.fees);
    if (paid === noAtoms) return paid;
    totals.fees = minus(totals.fees, paid);
    this.#credit(wallet, currency, paid, "fee");
    return paid;
  }

  /** Puts the totals of a state snapshot in place. */
  restoreTotals(currency: CurrencyIndex, totals: CurrencyTotals): void {
    Object.assign(this.totals(currency), totals);
  }

  /** Puts a balance of a state snapshot in place, without an event. */
  restoreBalance(wallet: Wallet, currency: CurrencyIndex, amounts: Amounts): void {
    Object.assign(this.#balance(wallet, currency), amounts);
  }

  /**
   * An assertion failure when the running totals of a currency that moved since the last check do
   * not add up. Costs a few additions however many wallets there are.
   */
  checkTouched(): void {
    if (this.#touched.size === 0) return;
    for (const currency of this.#touched) this.#checkConservation(currency);
    this.#touched.clear();
  }

  #checkConservation(currency: CurrencyIndex): void {
    const { deposited, withdrawn, inWallets, fees } = this.totals(currency);
    assert(
      deposited - withdrawn === inWallets + fees,
      "deposits less withdrawals are the wallets and the collected fees",
    );
  }

  /** Begins to count what is in the wallets, one after the other, while money goes on moving. */
  beginCount(): void {
    this.#count += 1;
    this.#counted = [];
  }

  /** Counts a wallet; what moves in it afterwards is counted as it moves. */
  count(wallet: Wallet): void {
    assert(this.#counted !== undefined, "wallets are counted in a count");
    wallet.counted = this.#count;
    for (const balance of wallet.balances) {
      if (balance === undefined) continue;
      assert(balance.available >= 0n && balance.held >= 0n, "no balance is negative");
      balance.counted = this.#count;
      this.#add(balance.index, balance.available + balance.held);
    }
  }

  /** Ends a count of all wallets; an assertion failure when the running totals say something else. */
  endCount(): void {
    for (const currency of this.#codes.keys()) {
      const counted = this.#counted?.[currency] ?? 0n;
      assert(counted === this.totals(currency).inWallets, "wallets add up to their total");
      this.#checkConservation(currency);
    }
    this.#counted = undefined;
  }

  #add(currency: CurrencyIndex, change: bigint): void {
    if (this.#counted === undefined) return;
    this.#counted[currency] = (this.#counted[currency] ?? 0n) + change;
  }

  /** Counts every wallet again; an assertion failure when the running totals say something else. */
  checkInvariants(wallets: Iterable<Wallet>): void {
    const counted = this.#codes.map(() => 0n);
    for (const wallet of wallets) {
      for (const [currency, balance] of wallet.balances.entries()) {
        if (balance === undefined) continue;
        assert(balance.available >= 0n && balance.held >= 0n, "no balance is negative");
        counted[currency] = (counted[currency] ?? 0n) + balance.available + balance.held;
      }
    }
    for (const currency of this.#codes.keys()) {
      assert(
        counted[currency] === this.totals(currency).inWallets,
        "wallets add up to their total",
      );
      this.#checkConservation(currency);
    }
  }

  #credit(wallet: Wallet, currency: CurrencyIndex, amount: Atoms, reason: BalanceReason): void {
    const balance = this.#balance(wallet, currency);
    this.totals(currency).inWallets += amount;
    this.#touched.add(currency);
    this.#write(balance, plus(balance.available, amount), balance.held, reason);
  }

  #debit(wallet: Wallet, currency: CurrencyIndex, amount: Atoms, reason: BalanceReason): void {
    const balance = this.#balance(wallet, currency);
    this.totals(currency).inWallets -= amount;
    this.#touched.add(currency);
    this.#write(balance, minus(balance.available, amount), balance.held, reason);
  }

  #balance(wallet: Wallet, currency: CurrencyIndex): Balance {
    const known = wallet.balances[currency];
    if (known !== undefined) return known;
    const code = this.#codes[currency];
    assert(code !== undefined, "a balance is in a known currency");
    const empty = {
      ...{ owner: wallet.owner, currency: code, index: currency, counted: wallet.counted },
      ...{ available: noAtoms, held: noAtoms },
    };
    // Filled without holes, so that the array stays a plain one.
    while (wallet.balances.length < currency) wallet.balances.push(undefined);
    wallet.balances[currency] = empty;
    return empty;
  }

  // A large command writes tens of thousands of balances: its arguments are not put in objects.
  #write(balance: Balance, available: Atoms, held: Atoms, reason: BalanceReason): void {
    this.#sink.emit({
      kind: "balance-changed",
      user: balance.owner,
      currency: balance.currency,
      reason,
      oldAvailable: balance.available,
      newAvailable: available,
      oldHeld: balance.held,
      newHeld: held,
    });
    if (this.#counted !== undefined && balance.counted === this.#count) {
      this.#add(balance.index, available + held - balance.available - balance.held);
    }
    balance.available = available;
    balance.held = held;
  }
}

import { beforeEach, describe, expect, it } from "vitest";
import type { Atoms } from "../num/money.ts";
import { Ledger, type Wallet } from "./ledger.ts";

const amount = (value: bigint) => value as Atoms;
const newWallet = (owner: string): Wallet => ({ owner, balances: [], counted: 0 });

describe("a count of all wallets while money moves", () => {
  let ledger: Ledger;
  let ann: Wallet;
  let bob: Wallet;
  beforeEach(() => {
    ledger = new Ledger({ emit() {} });
    ann = newWallet("ann");
    bob = newWallet("bob");
    for (const code of ["BTC", "USDT"]) ledger.ensureCurrency(code);
    ledger.deposit(ann, 0, amount(100n));
    ledger.deposit(bob, 1, amount(500n));
  });

  it("comes to the totals, from wallets that were counted before and after", () => {
    ledger.beginCount();
    ledger.count(ann);
    ledger.hold(ann, 0, amount(40n));
    ledger.hold(bob, 1, amount(50n));
    ledger.settle(ann, bob, 0, amount(40n));
    ledger.settle(bob, ann, 1, amount(50n));
    ledger.charge(ann, 1, amount(3n));
    ledger.deposit(ann, 1, amount(7n));
    ledger.withdraw(bob, 1, amount(9n));
    ledger.ensureCurrency("ETH");
    ledger.deposit(ann, 2, amount(11n));
    ledger.count(bob);
    ledger.deposit(bob, 2, amount(13n));

    expect(() => ledger.endCount()).not.toThrow();
  });

  it.each([0, 1, 2])("finds money that nobody brought in (wallet counted at %d)", (moment) => {
    const spoil = (at: number) => {
      if (at === moment) ann.balances[0]!.available = amount(101n);
    };
    ledger.beginCount();
    spoil(0);
    ledger.count(ann);
    spoil(1);
    ledger.count(bob);
    if (moment === 0) expect(() => ledger.endCount()).toThrow("wallets add up");
    else {
      // What was counted before it was spoiled is found by the next count.
      spoil(2);
      ledger.endCount();
      ledger.beginCount();
      for (const wallet of [ann, bob]) ledger.count(wallet);
      expect(() => ledger.endCount()).toThrow("wallets add up");
    }
  });
});

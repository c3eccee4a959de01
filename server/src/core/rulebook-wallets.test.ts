/** The rule book of money: what each command does to available and held balances. */

import { describe, expect, it } from "vitest";
import { noAtoms } from "./num/money.ts";
import { standardParameters } from "./parameters.ts";
import { describeRules, money, plainFees, rulesOf, Scenario } from "./scenario.fixture.ts";

describeRules(
  "holding",
  ["balances"],
  [
    ["a buy holds price × quantity in quote", ["ann buy 2@10"], ["ann USDT hold 1000+0 → 980+20"]],
    ["a sell holds its quantity in base", ["ann sell 2@10"], ["ann BTC hold 100+0 → 98+2"]],
    [
      "a cancel releases what is left",
      ["ann buy 3@10", "bob sell 1@10", "ann cancel #1"],
      ["ann USDT release 970+20 → 990+0"],
    ],
    [
      "a reduction releases its part",
      ["ann buy 3@10", "ann reduce #1 2"],
      ["ann USDT release 970+30 → 990+10"],
    ],
    [
      "a replacement releases the old order before it holds for the new one",
      ["ann buy 3@10", "ann replace #1 1@11"],
      ["ann USDT release 970+30 → 1000+0", "ann USDT hold 1000+0 → 989+11"],
    ],
    [
      "an immediate-or-cancel order gives back what it did not use",
      ["ann buy 3@10 ioc"],
      ["ann USDT hold 1000+0 → 970+30", "ann USDT release 970+30 → 1000+0"],
    ],
    [
      "a decrement releases the same part of both orders",
      ["ann prefers decrement", "ann sell 2@10", "ann buy 3@10"],
      [
        "ann USDT hold 1000+0 → 970+30",
        "ann BTC release 98+2 → 100+0",
        "ann USDT release 970+30 → 990+10",
      ],
    ],
  ],
);

describeRules(
  "settling",
  ["balances"],
  [
    [
      "moves quote to the seller and base to the buyer",
      ["bob sell 2@10", "ann buy 2@10"],
      [
        "ann USDT hold 1000+0 → 980+20",
        "ann USDT settle 980+20 → 980+0",
        "bob USDT settle 1000+0 → 1020+0",
        "bob BTC settle 98+2 → 98+0",
        "ann BTC settle 100+0 → 102+0",
      ],
    ],
    [
      "at a better price releases what the buyer did not have to pay",
      ["bob sell 2@8", "ann buy 2@10"],
      [
        "ann USDT hold 1000+0 → 980+20",
        "ann USDT settle 980+20 → 980+4",
        "bob USDT settle 1000+0 → 1016+0",
        "bob BTC settle 98+2 → 98+0",
        "ann BTC settle 100+0 → 102+0",
        "ann USDT release 980+4 → 984+0",
      ],
    ],
  ],
);

describeRules(
  "transfers",
  ["balances"],
  [
    [
      "a deposit adds",
      ["ann deposit 5.5 USDT k"],
      ["ann USDT deposit 1000+0 → 1005.5+0", "transferred"],
    ],
    [
      "a withdrawal takes",
      ["ann withdraw 5.5 USDT k"],
      ["ann USDT withdrawal 1000+0 → 994.5+0", "transferred"],
    ],
    [
      "a repeat of a key changes nothing",
      ["ann deposit 5 USDT k", "ann deposit 5 USDT k"],
      ["transferred"],
    ],
    [
      "a repeated withdrawal needs no funds",
      ["ann withdraw 1000 USDT k", "ann withdraw 1000 USDT k"],
      ["transferred"],
    ],
    [
      "a key with other content is refused",
      ["ann deposit 5 USDT k", "ann deposit 6 USDT k"],
      ["refused: transfer-key-reused"],
    ],
    [
      "a key is the user's own",
      ["ann deposit 5 USDT k", "bob deposit 6 USDT k"],
      ["bob USDT deposit 1000+0 → 1006+0", "transferred"],
    ],
    [
      "a deposit's key is no withdrawal's",
      ["ann deposit 5 USDT k", "ann withdraw 5 USDT k"],
      ["refused: transfer-key-reused"],
    ],
    [
      "held money cannot leave",
      ["ann buy 90@10", "ann withdraw 101 USDT k"],
      ["refused: insufficient-funds"],
    ],
    ["nothing is no amount", ["ann deposit 0 USDT k"], ["refused: amount-out-of-range"]],
    [
      "no currency gets more than there may be",
      ["ann deposit 1000000000000000000 USDT k"],
      ["refused: amount-out-of-range"],
    ],
    ["an unknown currency is refused", ["ann deposit 1 EUR k"], ["refused: unknown-currency"]],
    [
      "a stranger has nothing to withdraw",
      ["zoe withdraw 1 USDT k"],
      ["refused: insufficient-funds"],
    ],
    [
      "a stranger's first deposit makes a wallet",
      ["zoe deposit 1 USDT k"],
      ["zoe USDT deposit 0+0 → 1+0", "transferred"],
    ],
    ["a key has to be there", ["ann deposit 1 USDT"], ["refused: malformed-command"]],
  ],
);

describe("transfer keys", () => {
  it("are forgotten when a user has sent enough later ones", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 8, transferKeysPerUserMax: 2 } });
    for (const key of ["a", "b", "c"]) scenario.say(`ann deposit 1 USDT ${key}`);

    expect(scenario.tell(["ann deposit 1 USDT c"], "balances")).toEqual(["transferred"]);
    const first = scenario.exchange.sequence - 3;
    expect(scenario.exchange.transferKeysForgottenUpTo("ann")).toBe(first);
    expect(scenario.tell(["ann deposit 1 USDT a"], "balances")).toHaveLength(2);
    expect(scenario.exchange.transferKeysForgottenUpTo("ann")).toBe(first + 1);
  });

  it("are not used up by a refused withdrawal", () => {
    const scenario = new Scenario();
    scenario.say("ann withdraw 1001 USDT k");
    scenario.say("ann deposit 1 USDT k2");

    expect(scenario.tell(["ann withdraw 1001 USDT k"], "balances")).toHaveLength(2);
  });
});

describe("fees", () => {
  it("are taken from what each side receives, at the maker's and the taker's rate", () => {
    const scenario = new Scenario({ fees: plainFees });

    const told = scenario.tell(["bob sell 10@10", "ann buy 10@10"], "balances");

    expect(told.filter((line) => line.includes(" fee "))).toEqual([
      "ann BTC fee 110+0 → 109.8+0",
      "bob USDT fee 1100+0 → 1099+0",
    ]);
    expect(scenario.exchange.totals("USDT")?.fees).toBe(money("1"));
    expect(scenario.exchange.totals("BTC")?.fees).toBe(money("0.2"));
  });

  it("round up to the last of 16 decimals", () => {
    const step = { fromTurnover: noAtoms, makerPpm: 1, takerPpm: 1 };
    const tiny = { coefficient: 1, scale: 8 };
    const scenario = new Scenario({
      fees: { referenceCurrency: "USDT", steps: [step] },
      rules: { tickSize: tiny, lotSize: tiny, quoteMin: noAtoms },
    });

    scenario.tell(["bob sell 1@1", "ann buy 1@1"]);

    expect(scenario.wallet("bob")).toEqual({ USDT: "1000+0", BTC: "99.99999999+0" });
    expect(scenario.exchange.totals("USDT")?.fees).toBe(1n);
  });

  it("pay a rebate only out of fees that were collected in that currency", () => {
    const step = { fromTurnover: noAtoms, makerPpm: -10_000, takerPpm: 20_000 };
    const scenario = new Scenario({ fees: { referenceCurrency: "USDT", steps: [step] } });

    scenario.tell(["bob sell 10@10", "ann buy 10@10"]);
    expect(scenario.wallet("bob")["USDT"]).toBe("1100+0");

    scenario.tell(["bob buy 10@10", "ann sell 10@10"]);
    scenario.tell(["bob sell 10@10", "ann buy 10@10"]);
    expect(scenario.wallet("bob")["USDT"]).toBe("1101+0");
    expect(scenario.exchange.totals("USDT")?.fees).toBe(money("1"));
  });
});

describe("turnover", () => {
  const dayUs = 86_400_000_000;

  function nextDay(scenario: Scenario): void {
    scenario.timeUs += dayUs;
    scenario.say("ann prefers cancel-newest");
  }

  it("counts the quote of both sides' trades in the reference currency", () => {
    const scenario = new Scenario();

    scenario.tell(["bob sell 3@10", "ann buy 3@10"]);

    expect(scenario.exchange.tariff("ann").today).toBe(money("30"));
    expect(scenario.exchange.tariff("bob").today).toBe(money("30"));
    nextDay(scenario);
    expect(scenario.exchange.tariff("ann")).toMatchObject({ thirtyDays: money("30"), today: 0n });
  });

  it("converts another quote at the last price of its market against the reference", () => {
    const scenario = new Scenario();
    scenario.apply({ kind: "add-market", rules: rulesOf("ETH", "BTC") });
    scenario.tell(["bob deposit 9 ETH e", "bob sell 3@10", "ann buy 3@10"]);

    scenario.tell(["bob sell 2@4 ETH_BTC", "ann buy 2@4 ETH_BTC"]);

    expect(scenario.exchange.tariff("ann").today).toBe(money("110"));
  });

  it("does not count what it cannot convert", () => {
    const scenario = new Scenario();
    scenario.apply({ kind: "add-market", rules: rulesOf("ETH", "BTC") });

    scenario.tell(["bob deposit 9 ETH e", "bob sell 2@4 ETH_BTC", "ann buy 2@4 ETH_BTC"]);

    expect(scenario.exchange.tariff("ann").today).toBe(0n);
  });

  it("lowers the fees of the next days", () => {
    const scenario = new Scenario({ fees: standardParameters.fees });
    scenario.tell(["ann deposit 100000 USDT d", "bob sell 100@1001", "ann buy 100@1001"]);
    nextDay(scenario);

    const told = scenario.tell(["ann sell 1@1001", "bob buy 1@1001"], "balances");

    expect(told.filter((line) => line.includes("BTC fee"))).toEqual([
      "bob BTC fee 1+0 → 0.99905+0",
    ]);
  });
});

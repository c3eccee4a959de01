/** The rule book of what an exchange is run with: genesis, limits, fees, and rules that change under orders. */
import { describe, expect, it } from "vitest";
import type { Command, SetMarketRules } from "./commands.ts";
import type { ExchangeEvent } from "./events.ts";
import { Exchange } from "./exchange.ts";
import type { FeeRates } from "./market/fees.ts";
import { bandPpmMax, type MarketRules } from "./market/rules.ts";
import { atoms } from "./num/money.ts";
import { lots } from "./num/units.ts";
import { implicitParameters, limitsMax, rulesVersion, standardParameters } from "./parameters.ts";
import type { RejectReason } from "./reject.ts";
import { exchangeWith, money, rulesOf, Scenario } from "./scenario.fixture.ts";
import { hashOf } from "./trading/state-hash.ts";

const genesis = { kind: "genesis", rulesVersion, ...standardParameters } as const;
const addMarket = { kind: "add-market", rules: rulesOf("BTC", "USDT") } as const;

function refused(reason: RejectReason): readonly ExchangeEvent[] {
  return [{ kind: "refused", reason }];
}

/** Applies commands to an exchange at the start of its log; tells what the last one did. */
function told(...commands: readonly Command[]): readonly ExchangeEvent[] {
  const exchange = new Exchange();
  return commands
    .map((command, index) => exchange.apply({ sequence: index + 1, timeUs: 0, command }))
    .at(-1)!;
}

describe("what a log without a genesis means", () => {
  it("is frozen: these are the limits and fees of 0.1.0, and no release may change them", () => {
    const { limits, fees } = implicitParameters;
    const figures = [
      ...Object.values(limits),
      fees.referenceCurrency,
      ...fees.steps.flatMap((step) => [`${step.fromTurnover}`, step.makerPpm, step.takerPpm]),
    ];

    expect(hashOf(figures)).toBe("0f00558eddbedf7a");
  });
});

describe("a genesis", () => {
  it("begins a log and tells limits and fees", () => {
    expect(told(genesis)).toEqual([{ kind: "exchange-begun", ...standardParameters }]);
  });

  it.each<[string, Partial<typeof genesis>, RejectReason]>([
    ["a limit of nothing", { limits: { ...genesis.limits, usersMax: 0 } }, "bad-limits"],
    ["half a user", { limits: { ...genesis.limits, usersMax: 1.5 } }, "bad-limits"],
    [
      "more orders than there can be",
      { limits: { ...genesis.limits, openOrdersMax: limitsMax.openOrdersMax + 1 } },
      "bad-limits",
    ],
    ["no fee step", { fees: { referenceCurrency: "USDT", steps: [] } }, "bad-fees"],
    ["no currency", { fees: { ...genesis.fees, referenceCurrency: "usdt" } }, "bad-fees"],
  ])("with %s is refused, and the frozen constants apply", (_, changes, reason) => {
    expect(told({ ...genesis, ...changes })).toEqual(refused(reason));
  });

  it("is refused anywhere else, also after a genesis", () => {
    expect(told(genesis, genesis)).toEqual(refused("genesis-not-first"));
    expect(told(addMarket, genesis)).toEqual(refused("genesis-not-first"));
  });

  it("of other rules than these stops, since nobody can know what its log means", () => {
    expect(() => told({ ...genesis, rulesVersion: 2 })).toThrow(
      "the version of the rules is known",
    );
  });
});

describe("the digest", () => {
  const hashAfter = (...commands: readonly Command[]) => {
    const exchange = new Exchange();
    for (const [index, command] of commands.entries()) {
      exchange.apply({ sequence: index + 1, timeUs: 0, command });
    }
    return { hash: exchange.stateHash(), version: exchange.snapshot().version };
  };
  const otherFees: Command = {
    kind: "set-fees",
    fees: { of: "default", steps: [{ fromTurnover: atoms(0n), makerPpm: 1, takerPpm: 2 }] },
  };

  it("is that of 0.1.0 until a command says what applies", () => {
    expect(hashAfter(addMarket)).toMatchObject({ version: 1 });
    expect(hashAfter(genesis, addMarket)).toMatchObject({ version: 2 });
    expect(hashAfter(addMarket, otherFees)).toMatchObject({ version: 2 });
    // A refused one says nothing.
    expect(hashAfter(addMarket, genesis)).toMatchObject({ version: 1 });
  });

  it.each<[string, Command]>([
    ["limits", { kind: "set-limits", changes: { usersMax: 7 } }],
    ["fees", otherFees],
    [
      "a market's fees",
      {
        kind: "set-fees",
        fees: { of: "market", market: "BTC_USDT", rates: { makerPpm: 0, takerPpm: 0 } },
      },
    ],
    [
      "a user's fees",
      { kind: "set-fees", fees: { of: "user", user: "ann", rates: { makerPpm: 0, takerPpm: 0 } } },
    ],
    ["rules", { kind: "set-market-rules", market: "BTC_USDT", changes: { marketOrderBandPpm: 1 } }],
  ])("covers %s", (_, command) => {
    const deposit = (user: string): Command => {
      return { kind: "deposit", user, currency: "BTC", amount: money("1"), key: "k" };
    };
    // The same users and the same sequence, but for what the command says.
    const before = [genesis, addMarket, deposit("ann")] as const;
    const unchanged: Command = { kind: "set-limits", changes: {} };
    expect(hashAfter(...before, command).hash).not.toBe(hashAfter(...before, unchanged).hash);
  });
});

describe("limits", () => {
  it("that are named change, and the others stay", () => {
    const scenario = new Scenario();
    const before = scenario.exchange.limits;

    expect(scenario.apply({ kind: "set-limits", changes: { usersMax: 3 } })).toEqual([
      { kind: "limits-set", before, limits: { ...before, usersMax: 3 } },
    ]);
    expect(scenario.tell(["zoe deposit 1 USDT k"])).toEqual(["refused: too-many-users"]);
  });

  it.each([0, 1.5, -1, limitsMax.openOrdersMax + 1, Number.NaN])("are never %s", (value) => {
    const command = { kind: "set-limits", changes: { openOrdersMax: value } } as const;
    expect(new Scenario().apply(command)).toEqual(refused("bad-limits"));
  });

  it("that are lowered take nothing away: only more is refused", () => {
    const scenario = new Scenario();
    scenario.tell(["ann buy 1@10", "ann buy 1@11", "bob sell 1@20"]);
    scenario.apply({ kind: "set-limits", changes: { openOrdersMax: 1, openOrdersPerUserMax: 1 } });

    expect(scenario.exchange.openOrders("ann")).toHaveLength(2);
    expect(scenario.tell(["cid buy 1@1"])).toEqual(["refused: exchange-full"]);
    expect(scenario.tell(["ann buy 1@1"])).toEqual(["refused: too-many-open-orders"]);
    // Orders in one another's stead need no more room, and a snapshot of them has it.
    expect(scenario.tell(["ann replace #1 1@12"], "orders")).toHaveLength(2);
    const restored = new Exchange();
    restored.restore(JSON.parse(JSON.stringify(scenario.exchange.snapshot())));
    restored.checkInvariants();
    expect(restored.stateHash()).toBe(scenario.exchange.stateHash());
  });

  it("that are raised make room for more orders, and those that are open keep theirs", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 2 } });
    scenario.tell(["ann buy 1@10 id=a", "bob sell 1@20 id=b"]);
    expect(scenario.tell(["cid buy 1@9"])).toEqual(["refused: exchange-full"]);

    scenario.apply({ kind: "set-limits", changes: { openOrdersMax: 100 } });

    for (let more = 0; more < 98; more += 1) scenario.say("cid buy 1@9");
    expect(scenario.tell(["cid buy 1@9"])).toEqual(["refused: exchange-full"]);
    expect(scenario.tell(["ann cancel id=a"], "orders")).toEqual([
      "ann #1 closed cancelled, filled 0",
    ]);
    expect(scenario.tell(["cid buy 1@20"], "trades")).toEqual(["cid buys 1@20 from bob"]);
  });
});

describe("fees", () => {
  const rates = (makerPpm: number, takerPpm: number): FeeRates => ({ makerPpm, takerPpm });
  const ofAll = (step: FeeRates): Command => {
    return {
      kind: "set-fees",
      fees: { of: "default", steps: [{ fromTurnover: atoms(0n), ...step }] },
    };
  };
  const ofMarket = (own: FeeRates | undefined, market = "BTC_USDT"): Command => {
    return { kind: "set-fees", fees: { of: "market", market, rates: own } };
  };
  const ofUser = (user: string, own: FeeRates | undefined): Command => {
    return { kind: "set-fees", fees: { of: "user", user, rates: own } };
  };

  /** What maker bob and taker ann pay for 10 BTC at 10 USDT, in percent. */
  function paid(scenario: Scenario): readonly string[] {
    const told = scenario.tell(["bob sell 10@10", "ann buy 10@10"], "balances");
    return told.filter((line) => line.includes(" fee ")).map((line) => line.split(" → ")[0] ?? "");
  }

  function feesPaid(scenario: Scenario, ...commands: readonly Command[]) {
    for (const command of commands) scenario.apply(command);
    scenario.say("bob sell 10@10");
    const events = scenario.say("ann buy 10@10");
    const trade = events.find((event) => event.kind === "traded");
    if (trade?.kind !== "traded") throw new Error("they trade");
    return { maker: trade.makerFee * 10_000n, taker: trade.takerFee * 100_000n };
  }

  /** Fees in whole percent of what each side receives: 100 USDT for the maker, 10 BTC for the taker. */
  const percent = (maker: number, taker: number) => {
    const unit = 10n ** 16n;
    return {
      maker: BigInt(maker) * unit * 10_000n,
      taker: (BigInt(taker) * unit * 100_000n) / 10n,
    };
  };

  it("of a user come before those of a market, and those before the schedule", () => {
    const scenario = new Scenario();

    expect(feesPaid(scenario)).toEqual(percent(0, 0));
    expect(feesPaid(scenario, ofAll(rates(10_000, 20_000)))).toEqual(percent(1, 2));
    expect(feesPaid(scenario, ofMarket(rates(30_000, 40_000)))).toEqual(percent(3, 4));
    expect(feesPaid(scenario, ofUser("ann", rates(50_000, 60_000)))).toEqual(percent(3, 6));
    expect(feesPaid(scenario, ofUser("bob", rates(50_000, 60_000)))).toEqual(percent(5, 6));
    expect(feesPaid(scenario, ofUser("ann", undefined))).toEqual(percent(5, 4));
    expect(feesPaid(scenario, ofMarket(undefined))).toEqual(percent(5, 2));
  });

  it("of nothing are fees too: who pays none pays none", () => {
    const scenario = new Scenario();
    scenario.apply(ofAll(rates(10_000, 20_000)));
    scenario.apply(ofUser("ann", rates(0, 0)));

    expect(paid(scenario)).toEqual(["bob USDT fee 1100+0"]);
  });

  it("tell what they were and what they are", () => {
    const scenario = new Scenario();
    scenario.apply(ofMarket(rates(1, 2)));

    expect(scenario.apply(ofMarket(rates(3, 4)))).toEqual([
      {
        kind: "fees-set",
        before: { of: "market", market: "BTC_USDT", rates: rates(1, 2) },
        fees: { of: "market", market: "BTC_USDT", rates: rates(3, 4) },
      },
    ]);
  });

  it("change at once, whatever step the day began with", () => {
    const scenario = new Scenario();
    scenario.tell(["bob sell 1@10", "ann buy 1@10"]);

    expect(feesPaid(scenario, ofAll(rates(70_000, 80_000)))).toEqual(percent(7, 8));
  });

  it.each<[string, Command, RejectReason]>([
    ["more than everything", ofMarket(rates(0, 1_000_001)), "bad-fees"],
    ["a rebate of more than everything", ofUser("ann", rates(-1_000_001, 0)), "bad-fees"],
    ["a fraction of a millionth", ofAll(rates(0.5, 0)), "bad-fees"],
    ["no step", { kind: "set-fees", fees: { of: "default", steps: [] } }, "bad-fees"],
    ["an unknown market", ofMarket(rates(0, 0), "NO_SUCH"), "unknown-market"],
    ["no name", ofUser("", rates(0, 0)), "malformed-command"],
    ["a stranger, who has none to lose", ofUser("zoe", undefined), "unknown-user"],
  ])("of %s are refused", (_, command, reason) => {
    const scenario = new Scenario();

    expect(scenario.apply(command)).toEqual(refused(reason));
    expect(scenario.exchange.userNames()).not.toContain("zoe");
  });

  it("can be given to a user who has not come yet", () => {
    const scenario = new Scenario();
    scenario.apply(ofUser("zoe", rates(1, 2)));

    expect(scenario.exchange.tariff("zoe").own).toEqual(rates(1, 2));
    expect(scenario.exchange.userFees(9)).toEqual([{ user: "zoe", rates: rates(1, 2) }]);
    scenario.apply(ofUser("zoe", undefined));
    expect(scenario.exchange.userFees(9)).toEqual([]);
  });

  it("of everything leave the receiver nothing, and create no money", () => {
    const scenario = new Scenario();
    scenario.apply(ofAll(rates(bandPpmMax, bandPpmMax)));
    scenario.tell(["bob sell 10@10", "ann buy 10@10"]);

    expect(scenario.wallet("bob")).toEqual({ USDT: "1000+0", BTC: "90+0" });
    expect(scenario.exchange.totals("USDT")?.fees).toBe(money("100"));
  });
});

describe("rules of a market", () => {
  /** May it change: with no order there, under orders, in a halted market? */
  const table: readonly (readonly [
    rule: keyof MarketRules,
    changes: SetMarketRules["changes"],
    refusal: RejectReason | undefined,
  ])[] = [
    ["baseMin", { baseMin: lots(2) }, undefined],
    ["baseMax", { baseMax: lots(3) }, undefined],
    ["quoteMin", { quoteMin: money("30") }, undefined],
    ["quoteMax", { quoteMax: money("40") }, undefined],
    ["marketOrderBandPpm", { marketOrderBandPpm: 0 }, undefined],
    ["tickSize", { tickSize: { coefficient: 5, scale: 1 } }, "tick-size-fixed"],
    ["lotSize", { lotSize: { coefficient: 5, scale: 1 } }, "lot-size-fixed"],
  ];
  const moments: Readonly<Record<string, readonly string[]>> = {
    "before the first order": [],
    "while orders stand": ["ann buy 9@10", "bob sell 9@20"],
    "while halted": ["ann buy 9@10", "ann halts BTC_USDT"],
  };

  describe.each(Object.entries(moments))("%s", (_, lines) => {
    it.each(table)("%s", (rule, changes, refusal) => {
      const scenario = new Scenario();
      for (const line of lines) scenario.say(line);
      const [before] = scenario.exchange.markets();
      const open = scenario.exchange.openOrders("ann");
      const command = { kind: "set-market-rules", market: "BTC_USDT", changes } as const;

      const events = scenario.apply(command);

      const rules = { ...before?.rules, ...changes };
      expect(events).toEqual(
        refusal === undefined
          ? [{ kind: "market-rules-set", market: "BTC_USDT", before: before?.rules, rules }]
          : refused(refusal),
      );
      const [after] = scenario.exchange.markets();
      expect(after?.rules[rule]).toEqual((refusal === undefined ? rules : before?.rules)?.[rule]);
      expect(after?.halted).toBe(before?.halted);
      expect(scenario.exchange.openOrders("ann")).toEqual(open);
    });
  });

  it("may be told the tick and lot that they have", () => {
    const { tickSize, lotSize } = rulesOf("BTC", "USDT");
    const command = { kind: "set-market-rules", market: "BTC_USDT" } as const;

    expect(new Scenario().apply({ ...command, changes: { tickSize, lotSize } })).toMatchObject([
      { kind: "market-rules-set" },
    ]);
  });

  it.each<[string, SetMarketRules["changes"]]>([
    ["a minimum above the maximum", { baseMin: lots(9), baseMax: lots(8) }],
    ["a minimum above the maximum that stands", { quoteMin: money("1000000001") }],
    ["a band of more than 100 %", { marketOrderBandPpm: bandPpmMax + 1 }],
    ["no lot", { baseMin: 0 as never }],
  ])("with %s are refused", (_, changes) => {
    const command = { kind: "set-market-rules", market: "BTC_USDT", changes } as const;
    expect(new Scenario().apply(command)).toEqual(refused("bad-market-rules"));
  });

  it("of a market that is not there are refused", () => {
    const command = { kind: "set-market-rules", market: "ETH_USDT", changes: {} } as const;
    expect(new Scenario().apply(command)).toEqual(refused("unknown-market"));
  });

  it("judge the next order, and leave those that stand their terms", () => {
    const scenario = new Scenario();
    scenario.say("bob sell 9@10");
    const changes = { baseMax: lots(3), quoteMin: money("20") };
    scenario.apply({ kind: "set-market-rules", market: "BTC_USDT", changes });

    expect(scenario.tell(["ann buy 4@10"])).toEqual(["refused: quantity-out-of-range"]);
    expect(scenario.tell(["ann buy 1@10"])).toEqual(["refused: notional-out-of-range"]);
    expect(scenario.tell(["ann buy 3@10"], "trades")).toEqual(["ann buys 3@10 from bob"]);
    expect(scenario.tell(["bob reduce #1 5"], "orders")).toEqual(["bob #1 updated, filled 3"]);
    expect(scenario.tell(["bob replace #1 4@11"])).toEqual(["refused: quantity-out-of-range"]);
    expect(scenario.tell(["bob cancel #1"], "orders")).toEqual([
      "bob #1 closed cancelled, filled 3",
    ]);
  });

  it("never let a level outgrow a safe integer, whatever order was taken under larger ones", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const lotSize = { coefficient: 1, scale: 16 };
    const scenario = new Scenario({
      rules: { lotSize, baseMax: lots(most), quoteMin: money("0") },
    });
    scenario.say(`ann sell ${most}@10`);
    const changes = { baseMax: lots(5) };
    scenario.apply({ kind: "set-market-rules", market: "BTC_USDT", changes });
    const restored = new Exchange();
    restored.restore(scenario.exchange.snapshot());

    expect(scenario.tell(["ann sell 1@10"])).toEqual(["refused: quantity-out-of-range"]);
    const order = {
      ...{ kind: "place-limit", user: "ann", market: "BTC_USDT", side: "sell" },
      ...{ price: 10, quantity: 1, timeInForce: "gtc" },
    } as unknown as Command;
    expect(restored.refusalOf(order)).toBe("quantity-out-of-range");
  });
});

describe("a state snapshot", () => {
  it("holds limits and all fees, and puts them in place", () => {
    const { fees } = exchangeWith({ limits: { usersMax: 9 } });
    const scenario = new Scenario({ fees, limits: { openOrdersMax: 64, usersMax: 9 } });
    for (const user of ["zoe", "yan", "ann"]) {
      const rates = { makerPpm: -5, takerPpm: user.length };
      scenario.apply({ kind: "set-fees", fees: { of: "user", user, rates } });
    }
    const rates = { makerPpm: 1, takerPpm: 2 };
    scenario.apply({ kind: "set-fees", fees: { of: "market", market: "BTC_USDT", rates } });
    const restored = new Exchange();
    restored.restore(JSON.parse(JSON.stringify(scenario.exchange.snapshot())));

    expect(restored.snapshot()).toEqual(scenario.exchange.snapshot());
    expect(restored.limits).toEqual(scenario.exchange.limits);
    expect(restored.fees).toEqual(fees);
    expect(restored.markets()).toEqual(scenario.exchange.markets());
    expect(restored.tariff("zoe").own).toEqual({ makerPpm: -5, takerPpm: 3 });
  });

  it("of 0.1.0 is read, and means the frozen constants", () => {
    const old = new Exchange();
    old.apply({ sequence: 1, timeUs: 0, command: addMarket });
    const snapshot = JSON.parse(JSON.stringify(old.snapshot()));
    expect(snapshot).toMatchObject({ version: 1 });
    expect(snapshot).not.toHaveProperty("parameters");
    const restored = new Exchange();
    restored.restore(snapshot);

    expect(restored.limits).toEqual(implicitParameters.limits);
    expect(restored.fees).toEqual(implicitParameters.fees);
    expect(restored.stateHash()).toBe(old.stateHash());
  });

  it("with parameters that cannot be is a bug and stops", () => {
    const snapshot = exchangeWith({}).snapshot();
    const { parameters } = snapshot;
    if (parameters === undefined) throw new Error("they are there");
    const limits = { ...parameters.limits, usersMax: 0 };

    expect(() =>
      new Exchange().restore({ ...snapshot, parameters: { ...parameters, limits } }),
    ).toThrow("the parameters of a snapshot are good");
  });
});

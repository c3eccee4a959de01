/** What surrounds the rule book: bounds, sizes, markets, the order of the log, state snapshots. */
import { describe, expect, it } from "vitest";
import { AssertionError } from "./assert.ts";
import { Exchange } from "./exchange.ts";
import { lots } from "./num/units.ts";
import { rejectCodes } from "./reject.ts";
import { money, rulesOf, Scenario } from "./scenario.fixture.ts";

describe("bounds", () => {
  it.each([
    [{ openOrdersPerUserMax: 1 }, "too-many-open-orders"],
    [{ openOrdersMax: 1 }, "exchange-full"],
  ])("with %j a second order is refused", (limits, reason) => {
    const scenario = new Scenario({ limits });

    expect(scenario.tell(["ann buy 1@10", "ann buy 1@10"])).toEqual([`refused: ${reason}`]);
    expect(scenario.tell(["ann replace #1 1@11"], "orders")).toHaveLength(2);
  });

  it("says that nothing is forgotten while it remembers all client ids and transfer keys", () => {
    const limits = { openOrdersMax: 8, closedClientIdsPerUserMax: 2, transferKeysPerUserMax: 9 };
    const scenario = new Scenario({ limits });
    for (const id of ["a", "b"]) scenario.tell([`ann buy 1@10 id=${id}`, `ann cancel id=${id}`]);

    for (const user of ["ann", "bob", "nobody"]) {
      expect(scenario.exchange.clientIdsForgottenUpTo(user)).toBe(0);
      expect(scenario.exchange.transferKeysForgottenUpTo(user)).toBe(0);
    }
  });

  it("forgets the oldest client ids of closed orders", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 8, closedClientIdsPerUserMax: 2 } });
    const closings = ["a", "b", "c"].map((id) => {
      scenario.tell([`ann buy 1@10 id=${id}`, `ann cancel id=${id}`]);
      return scenario.exchange.sequence;
    });

    expect(scenario.exchange.clientIdsForgottenUpTo("ann")).toBe(closings[0]);
    expect(scenario.tell(["ann buy 1@10 id=b"])).toEqual(["refused: duplicate-client-id"]);
    expect(scenario.tell(["ann buy 1@10 id=a"], "orders")).toEqual(["ann #8 opened, filled 0"]);
  });
});

describe("an open order", () => {
  it("is known with its owner to whoever has to cancel it for them, until it is closed", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 8 } });
    const placed = scenario.exchange.sequence + 1;
    scenario.tell(["ann buy 1@10"]);

    expect(scenario.exchange.ownerOfOrder(placed)).toBe("ann");
    expect(scenario.exchange.ownerOfOrder(placed + 1)).toBeUndefined();
    scenario.tell(["ann cancel all"]);
    expect(scenario.exchange.ownerOfOrder(placed)).toBeUndefined();
  });
});

describe("sizes", () => {
  const sizes = { baseMin: lots(5), quoteMin: money("60") };

  it.each([
    ["ann buy 4@20", ["refused: quantity-out-of-range"]],
    ["ann buy 5@11", ["refused: notional-out-of-range"]],
    ["ann buy 5@12", []],
    ["ann buy 4 market", ["refused: quantity-out-of-range"]],
    ["ann buy $59 market", ["refused: notional-out-of-range"]],
  ])("a market that starts at 5 lots and 60 of quote answers %j", (line, told) => {
    expect(new Scenario({ rules: sizes }).tell([line])).toEqual(told);
  });

  it.each([
    ["ann buy 60@1", ["refused: notional-out-of-range"]],
    ["ann buy 61@1", []],
    ["ann buy 70@1", []],
    ["ann buy 71@1", ["refused: notional-out-of-range"]],
  ])("a market from 60.5 to 70.5 of quote answers %j", (line, told) => {
    const rules = { quoteMin: money("60.5"), quoteMax: money("70.5") };

    expect(new Scenario({ rules }).tell([line])).toEqual(told);
  });

  it("a level never outgrows a safe integer of lots", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const lotSize = { coefficient: 1, scale: 16 };
    const rules = { lotSize, baseMax: lots(most), quoteMin: money("0") };
    const scenario = new Scenario({ rules });

    expect(scenario.tell([`ann sell ${most}@10`])).toEqual([]);
    expect(scenario.tell(["ann sell 1@10"])).toEqual(["refused: quantity-out-of-range"]);
    expect(scenario.tell(["ann sell 1@11"])).toEqual([]);
  });
});

describe("markets", () => {
  it("are added while the exchange runs, once each", () => {
    const scenario = new Scenario();
    const command = { kind: "add-market", rules: rulesOf("ETH", "USDT") } as const;

    expect(scenario.apply(command)[0]?.kind).toBe("market-added");
    expect(scenario.apply(command)).toEqual([{ kind: "refused", reason: "market-exists" }]);
    expect(scenario.tell(["ann buy 1@10 ETH_USDT"], "orders")).toEqual(["ann #3 opened, filled 0"]);
  });

  it("are refused with bad rules and beyond their bound", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 8, marketsMax: 1 } });
    const bad = rulesOf("ETH", "USDT", { code: "ETH" });

    expect(scenario.apply({ kind: "add-market", rules: bad })).toEqual([
      { kind: "refused", reason: "bad-market-rules" },
    ]);
    expect(scenario.apply({ kind: "add-market", rules: rulesOf("ETH", "USDT") })).toEqual([
      { kind: "refused", reason: "too-many-markets" },
    ]);
  });

  it("are kept apart by cancelling all orders of one of them", () => {
    const scenario = new Scenario();
    scenario.apply({ kind: "add-market", rules: rulesOf("ETH", "USDT") });
    scenario.tell(["ann buy 1@10", "ann buy 1@11 ETH_USDT"]);

    scenario.say("ann cancel all ETH_USDT");

    expect(scenario.exchange.openOrders("ann").map(({ market }) => market)).toEqual(["BTC_USDT"]);
  });
});

describe("users", () => {
  it("are refused beyond their bound", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 8, usersMax: 3 } });

    expect(scenario.tell(["zoe deposit 1 USDT k"])).toEqual(["refused: too-many-users"]);
    expect(scenario.tell(["zoe prefers decrement"])).toEqual(["refused: too-many-users"]);
  });
});

describe("an open order", () => {
  it("is shown to its owner alone, as it stands, until it is closed", () => {
    const scenario = new Scenario();
    scenario.say("ann buy 2@10");
    const id = scenario.exchange.sequence;
    scenario.say("bob sell 1@10");

    expect(scenario.exchange.openOrder("ann", id)).toEqual(scenario.exchange.openOrders("ann")[0]);
    expect(scenario.exchange.openOrder("ann", id)).toMatchObject({ id, filled: 1 });
    const others = [["bob", id] as const, ["nobody", id] as const, ["ann", id + 1] as const];
    for (const [user, order] of others) {
      expect(scenario.exchange.openOrder(user, order)).toBeUndefined();
    }

    scenario.say("ann cancel #1");
    expect(scenario.exchange.openOrder("ann", id)).toBeUndefined();
  });
});

describe("the log", () => {
  it("has no gap and time never goes back", () => {
    const { exchange, timeUs } = new Scenario();
    const command = { kind: "cancel-all", user: "ann" } as const;
    const sequence = exchange.sequence + 1;

    expect(() => exchange.apply({ sequence: sequence + 1, timeUs, command })).toThrow(
      AssertionError,
    );
    expect(() => exchange.apply({ sequence, timeUs: timeUs - 1, command })).toThrow(AssertionError);
    expect(exchange.apply({ sequence, timeUs, command })).toEqual([]);
  });
});

describe("a state snapshot", () => {
  it("fills a new exchange only", () => {
    const { exchange } = new Scenario();

    expect(() => exchange.restore(exchange.snapshot())).toThrow(AssertionError);
  });

  it("does not say what was forgotten, so all before it counts as that where it can have been", () => {
    const limits = { openOrdersMax: 8, closedClientIdsPerUserMax: 2, transferKeysPerUserMax: 3 };
    const scenario = new Scenario({ limits });
    for (const id of ["a", "b"]) scenario.tell([`ann buy 1@10 id=${id}`, `ann cancel id=${id}`]);
    scenario.say("bob deposit 1 USDT third");
    const restored = new Exchange();
    restored.restore(scenario.exchange.snapshot());

    const { sequence } = restored;
    expect(["ann", "bob"].map((user) => restored.clientIdsForgottenUpTo(user))).toEqual([
      sequence,
      0,
    ]);
    expect(["ann", "bob"].map((user) => restored.transferKeysForgottenUpTo(user))).toEqual([
      0,
      sequence,
    ]);
  });

  it("of another version is not read", () => {
    const snapshot = { ...new Scenario().exchange.snapshot(), version: 3 as 1 };

    expect(() => new Exchange().restore(snapshot)).toThrow(AssertionError);
  });
});

describe("reject codes", () => {
  it("are different numbers", () => {
    const codes = Object.values(rejectCodes);

    expect(new Set(codes).size).toBe(codes.length);
  });
});

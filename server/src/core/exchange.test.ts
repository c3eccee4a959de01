/** The rule book: what is said to the exchange, and what happens. The last line is what is told. */
import { describe, expect, it } from "vitest";
import { AssertionError } from "./assert.ts";
import { Exchange } from "./exchange.ts";
import { lots } from "./num/units.ts";
import { rejectCodes } from "./reject.ts";
import { money, rulesOf, Scenario } from "./scenario.contract.ts";

type Row = readonly [rule: string, lines: readonly string[], told: readonly string[]];

function rules(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    it.each(rows)("%s", (_, lines, told) => {
      expect(new Scenario().tell(lines, "orders", "trades")).toEqual(told);
    });
  });
}

rules("a limit order", [
  ["rests when nothing crosses it", ["ann buy 2@10"], ["ann #1 opened, filled 0"]],
  [
    "trades at the maker's price and is filled",
    ["bob sell 2@9", "ann buy 2@10"],
    [
      "ann #2 opened, filled 0",
      "ann buys 2@9 from bob",
      "bob #1 closed filled, filled 2",
      "ann #2 closed filled, filled 2",
    ],
  ],
  [
    "rests with what it could not trade",
    ["bob sell 2@9", "ann buy 5@10"],
    [
      "ann #2 opened, filled 0",
      "ann buys 2@9 from bob",
      "bob #1 closed filled, filled 2",
      "ann #2 updated, filled 2",
    ],
  ],
  [
    "leaves a larger maker open",
    ["bob sell 5@9", "ann buy 2@10"],
    [
      "ann #2 opened, filled 0",
      "ann buys 2@9 from bob",
      "bob #1 updated, filled 2",
      "ann #2 closed filled, filled 2",
    ],
  ],
]);

rules("price-time priority", [
  [
    "takes the better price before the older order",
    ["bob sell 1@11", "cid sell 1@10", "ann buy 2@11"],
    [
      "ann #3 opened, filled 0",
      "ann buys 1@10 from cid",
      "cid #2 closed filled, filled 1",
      "ann buys 1@11 from bob",
      "bob #1 closed filled, filled 1",
      "ann #3 closed filled, filled 2",
    ],
  ],
  [
    "takes the older order of a price first",
    ["bob sell 1@10", "cid sell 1@10", "ann buy 1@10"],
    [
      "ann #3 opened, filled 0",
      "ann buys 1@10 from bob",
      "bob #1 closed filled, filled 1",
      "ann #3 closed filled, filled 1",
    ],
  ],
  [
    "never trades beyond the limit",
    ["bob sell 1@10", "cid sell 1@12", "ann buy 2@11"],
    [
      "ann #3 opened, filled 0",
      "ann buys 1@10 from bob",
      "bob #1 closed filled, filled 1",
      "ann #3 updated, filled 1",
    ],
  ],
]);

rules("immediate-or-cancel", [
  [
    "trades what it can and ends",
    ["bob sell 2@9", "ann buy 5@10 ioc"],
    [
      "ann #2 opened, filled 0",
      "ann buys 2@9 from bob",
      "bob #1 closed filled, filled 2",
      "ann #2 closed immediate-or-cancel, filled 2",
    ],
  ],
  [
    "ends at once when nothing crosses",
    ["ann buy 5@10 ioc"],
    ["ann #1 opened, filled 0", "ann #1 closed immediate-or-cancel, filled 0"],
  ],
]);

rules("fill-or-kill", [
  [
    "trades in full over several levels",
    ["bob sell 2@9", "cid sell 3@10", "ann buy 5@10 fok"],
    [
      "ann #3 opened, filled 0",
      "ann buys 2@9 from bob",
      "bob #1 closed filled, filled 2",
      "ann buys 3@10 from cid",
      "cid #2 closed filled, filled 3",
      "ann #3 closed filled, filled 5",
    ],
  ],
  [
    "is refused as a whole when one lot is missing",
    ["bob sell 4@9", "ann buy 5@10 fok"],
    ["refused: not-fillable"],
  ],
  [
    "does not count lots behind an own order",
    ["ann sell 1@9", "bob sell 5@9", "ann buy 5@9 fok"],
    ["refused: not-fillable"],
  ],
  [
    "passes an own order when the oldest is cancelled",
    ["ann prefers cancel-oldest", "ann sell 1@9", "bob sell 5@9", "ann buy 5@9 fok"],
    [
      "ann #4 opened, filled 0",
      "ann #2 closed self-trade, filled 0",
      "ann buys 5@9 from bob",
      "bob #3 closed filled, filled 5",
      "ann #4 closed filled, filled 5",
    ],
  ],
]);

rules("post-only", [
  ["rests as a maker", ["bob sell 1@11", "ann buy 1@10 post-only"], ["ann #2 opened, filled 0"]],
  [
    "is refused when it would take",
    ["bob sell 1@10", "ann buy 1@10 post-only"],
    ["refused: post-only-would-take"],
  ],
  [
    "is refused on the selling side as well",
    ["bob buy 1@10", "ann sell 1@9 post-only"],
    ["refused: post-only-would-take"],
  ],
]);

rules("a market order by quantity", [
  [
    "sweeps the best prices",
    ["bob sell 1@10", "cid sell 2@11", "ann buy 2 market"],
    [
      "ann #3 opened, filled 0",
      "ann buys 1@10 from bob",
      "bob #1 closed filled, filled 1",
      "ann buys 1@11 from cid",
      "cid #2 updated, filled 1",
      "ann #3 closed filled, filled 2",
    ],
  ],
  ["is refused on an empty book", ["ann buy 2 market"], ["refused: no-liquidity"]],
  [
    "does not trade outside the band of 50 %",
    ["bob sell 1@10", "cid sell 1@15", "cid sell 1@16", "ann buy 3 market"],
    [
      "ann #4 opened, filled 0",
      "ann buys 1@10 from bob",
      "bob #1 closed filled, filled 1",
      "ann buys 1@15 from cid",
      "cid #2 closed filled, filled 1",
      "ann #4 closed liquidity, filled 2",
    ],
  ],
  [
    "does not sell below the band",
    ["bob buy 1@10", "cid buy 1@5", "cid buy 1@4", "ann sell 3 market"],
    [
      "ann #4 opened, filled 0",
      "ann sells 1@10 to bob",
      "bob #1 closed filled, filled 1",
      "ann sells 1@5 to cid",
      "cid #2 closed filled, filled 1",
      "ann #4 closed liquidity, filled 2",
    ],
  ],
  [
    "buys no more than the buyer can pay",
    ["bob sell 1@600", "cid sell 5@700", "ann withdraw 250 USDT w1", "ann buy 3 market"],
    [
      "ann #4 opened, filled 0",
      "ann buys 1@600 from bob",
      "bob #1 closed filled, filled 1",
      "ann #4 closed funds, filled 1",
    ],
  ],
  [
    "is refused when not one lot can be paid",
    ["bob sell 1@1001", "ann buy 1 market"],
    ["refused: insufficient-funds"],
  ],
  [
    "cannot sell what is not there",
    ["bob buy 5@1", "ann sell 101 market"],
    ["refused: insufficient-funds"],
  ],
  [
    "ends when it meets an own order",
    ["ann sell 1@10", "ann buy 1 market"],
    ["ann #2 opened, filled 0", "ann #2 closed self-trade, filled 0"],
  ],
]);

rules("a market order by value", [
  [
    "buys for at most the amount",
    ["bob sell 5@10", "ann buy $35 market"],
    [
      "ann #2 opened, filled 0",
      "ann buys 3@10 from bob",
      "bob #1 updated, filled 3",
      "ann #2 closed filled, filled 3",
    ],
  ],
  [
    "sells for at most the amount",
    ["bob buy 5@10", "ann sell $35 market"],
    [
      "ann #2 opened, filled 0",
      "ann sells 3@10 to bob",
      "bob #1 updated, filled 3",
      "ann #2 closed filled, filled 3",
    ],
  ],
  [
    "sells no more than the seller has",
    ["bob buy 50@10", "ann withdraw 98 BTC w1", "ann sell $35 market"],
    [
      "ann #3 opened, filled 0",
      "ann sells 2@10 to bob",
      "bob #1 updated, filled 2",
      "ann #3 closed funds, filled 2",
    ],
  ],
  [
    "ends when the book is empty",
    ["bob sell 2@10", "ann buy $35 market"],
    [
      "ann #2 opened, filled 0",
      "ann buys 2@10 from bob",
      "bob #1 closed filled, filled 2",
      "ann #2 closed liquidity, filled 2",
    ],
  ],
  [
    "is refused when the amount is not there",
    ["bob sell 2@10", "ann buy $1001 market"],
    ["refused: insufficient-funds"],
  ],
  [
    "is refused when the amount buys no lot",
    ["bob sell 2@10", "ann buy $9 market"],
    ["refused: notional-out-of-range"],
  ],
]);

rules("a stop price", [
  [
    "cancels a resting buy when a trade reaches it from below",
    ["ann buy 1@10 stop=12", "bob sell 1@12", "cid buy 1@12"],
    [
      "cid #3 opened, filled 0",
      "cid buys 1@12 from bob",
      "bob #2 closed filled, filled 1",
      "cid #3 closed filled, filled 1",
      "ann #1 closed stop-price, filled 0",
    ],
  ],
  [
    "cancels a resting sell when a trade reaches it from above",
    ["ann sell 1@20 stop=18", "bob buy 1@17", "cid sell 1@17"],
    [
      "cid #3 opened, filled 0",
      "cid sells 1@17 to bob",
      "bob #2 closed filled, filled 1",
      "cid #3 closed filled, filled 1",
      "ann #1 closed stop-price, filled 0",
    ],
  ],
  [
    "cancels the nearest stop first, then the older order",
    [
      "ann buy 1@10 stop=13",
      "ann buy 1@9 stop=12",
      "ann buy 1@8 stop=12",
      "bob sell 1@14",
      "cid buy 1@14",
    ],
    [
      "cid #5 opened, filled 0",
      "cid buys 1@14 from bob",
      "bob #4 closed filled, filled 1",
      "cid #5 closed filled, filled 1",
      "ann #2 closed stop-price, filled 0",
      "ann #3 closed stop-price, filled 0",
      "ann #1 closed stop-price, filled 0",
    ],
  ],
  [
    "is not reached by a trade short of it",
    ["ann buy 1@10 stop=12", "bob sell 1@11", "cid buy 1@11"],
    [
      "cid #3 opened, filled 0",
      "cid buys 1@11 from bob",
      "bob #2 closed filled, filled 1",
      "cid #3 closed filled, filled 1",
    ],
  ],
  ["of a buy lies above its price", ["ann buy 1@10 stop=10"], ["refused: stop-price"]],
  ["of a sell lies below its price", ["ann sell 1@10 stop=11"], ["refused: stop-price"]],
  [
    "is of no use to an order that does not rest",
    ["ann buy 1@10 stop=12 ioc"],
    ["refused: stop-price"],
  ],
  [
    "that the market has already reached is refused",
    ["bob sell 1@12", "cid buy 1@12", "ann buy 1@10 stop=12"],
    ["refused: stop-price-reached"],
  ],
  [
    "goes with its order",
    ["ann buy 1@10 stop=12", "ann cancel #1", "bob sell 1@12", "cid buy 1@12 ioc", "cid buy 1@3"],
    ["cid #5 opened, filled 0"],
  ],
]);

rules("self-trade prevention", [
  [
    "cancels the newest order by default",
    ["ann sell 2@10", "ann buy 3@10"],
    ["ann #2 opened, filled 0", "ann #2 closed self-trade, filled 0"],
  ],
  [
    "keeps what was traded before the own order",
    ["bob sell 1@9", "ann sell 2@10", "ann buy 3@10"],
    [
      "ann #3 opened, filled 0",
      "ann buys 1@9 from bob",
      "bob #1 closed filled, filled 1",
      "ann #3 closed self-trade, filled 1",
    ],
  ],
  [
    "cancels the oldest when the user prefers that",
    ["ann prefers cancel-oldest", "ann sell 2@10", "ann buy 3@10"],
    ["ann #3 opened, filled 0", "ann #2 closed self-trade, filled 0"],
  ],
  [
    "cancels both when the user prefers that",
    ["ann prefers cancel-both", "ann sell 2@10", "ann buy 3@10"],
    [
      "ann #3 opened, filled 0",
      "ann #2 closed self-trade, filled 0",
      "ann #3 closed self-trade, filled 0",
    ],
  ],
  [
    "reduces both by the smaller one when the user prefers that",
    ["ann prefers decrement", "ann sell 2@10", "ann buy 3@10"],
    ["ann #3 opened, filled 0", "ann #2 closed self-trade, filled 0", "ann #3 updated, filled 0"],
  ],
  [
    "reduces a larger resting order and ends the new one",
    ["ann prefers decrement", "ann sell 5@10", "ann buy 3@10"],
    ["ann #3 opened, filled 0", "ann #2 updated, filled 0", "ann #3 closed self-trade, filled 0"],
  ],
]);

rules("cancelling", [
  [
    "ends an order by its id",
    ["ann buy 2@10", "ann cancel #1"],
    ["ann #1 closed cancelled, filled 0"],
  ],
  [
    "ends an order by the owner's id",
    ["ann buy 2@10 id=x", "ann cancel id=x"],
    ["ann #1 closed cancelled, filled 0"],
  ],
  [
    "keeps what was traded",
    ["ann buy 2@10", "bob sell 1@10", "ann cancel #1"],
    ["ann #1 closed cancelled, filled 1"],
  ],
  [
    "does not reach another user's order",
    ["ann buy 2@10", "bob cancel #1"],
    ["refused: unknown-order"],
  ],
  [
    "does not reach another user's client id",
    ["ann buy 2@10 id=x", "bob cancel id=x"],
    ["refused: unknown-order"],
  ],
  [
    "is refused for a closed order",
    ["ann buy 2@10", "ann cancel #1", "ann cancel #1"],
    ["refused: unknown-order"],
  ],
  ["is refused for a stranger", ["zoe cancel #1"], ["refused: unknown-order"]],
  [
    "of all orders goes from the oldest to the newest",
    ["ann buy 2@10", "bob buy 1@10", "ann sell 1@20", "ann cancel all"],
    ["ann #1 closed cancelled, filled 0", "ann #3 closed cancelled, filled 0"],
  ],
  ["of all orders needs none", ["ann cancel all"], []],
  [
    "of all orders of an unknown market is refused",
    ["ann cancel all ETH_USDT"],
    ["refused: unknown-market"],
  ],
]);

rules("reducing", [
  [
    "leaves the order its place in the queue",
    ["ann buy 3@10", "bob buy 1@10", "ann reduce #1 2", "cid sell 1@10"],
    [
      "cid #4 opened, filled 0",
      "cid sells 1@10 to ann",
      "ann #1 closed filled, filled 1",
      "cid #4 closed filled, filled 1",
    ],
  ],
  [
    "tells the order as it stands",
    ["ann buy 3@10", "ann reduce #1 2"],
    ["ann #1 updated, filled 0"],
  ],
  [
    "by everything cancels",
    ["ann buy 3@10", "ann reduce #1 3"],
    ["ann #1 closed cancelled, filled 0"],
  ],
  ["by nothing is refused", ["ann buy 3@10", "ann reduce #1 0"], ["refused: quantity-precision"]],
  [
    "does not reach another user's order",
    ["ann buy 3@10", "bob reduce #1 1"],
    ["refused: unknown-order"],
  ],
]);

rules("replacing", [
  [
    "puts a new order in the old one's stead, at the end of the queue",
    ["ann buy 1@10", "bob buy 1@10", "ann replace #1 2@10", "cid sell 1@10"],
    [
      "cid #4 opened, filled 0",
      "cid sells 1@10 to bob",
      "bob #2 closed filled, filled 1",
      "cid #4 closed filled, filled 1",
    ],
  ],
  [
    "may trade at once",
    ["bob sell 1@12", "ann buy 1@10", "ann replace #2 1@12"],
    [
      "ann #2 closed replaced, filled 0",
      "ann #3 opened, filled 0",
      "ann buys 1@12 from bob",
      "bob #1 closed filled, filled 1",
      "ann #3 closed filled, filled 1",
    ],
  ],
  [
    "may use the old order's money",
    ["ann buy 10@100", "ann replace #1 5@200"],
    ["ann #1 closed replaced, filled 0", "ann #2 opened, filled 0"],
  ],
  [
    "leaves the old order when the new one is refused",
    ["ann buy 10@100", "ann replace #1 6@200", "ann cancel #1"],
    ["ann #1 closed cancelled, filled 0"],
  ],
  [
    "tells why it was refused",
    ["ann buy 10@100", "ann replace #1 6@200"],
    ["refused: insufficient-funds"],
  ],
  [
    "as post-only does not take",
    ["bob sell 1@12", "ann buy 1@10", "ann replace #2 1@12 post-only"],
    ["refused: post-only-would-take"],
  ],
  ["of an unknown order is refused", ["ann replace #7 1@10"], ["refused: unknown-order"]],
  [
    "does not reach another user's order",
    ["ann buy 1@10", "bob replace #1 1@11"],
    ["refused: unknown-order"],
  ],
]);

rules("a client order id", [
  [
    "is used once among open orders",
    ["ann buy 1@10 id=x", "ann buy 1@9 id=x"],
    ["refused: duplicate-client-id"],
  ],
  [
    "is not free again when the order is over",
    ["ann buy 1@10 id=x", "ann cancel id=x", "ann buy 1@9 id=x"],
    ["refused: duplicate-client-id"],
  ],
  [
    "is unique for one user only",
    ["ann buy 1@10 id=x", "bob buy 1@9 id=x"],
    ["bob #2 opened, filled 0"],
  ],
  [
    "of a refused order is still free",
    ["ann buy 999@10 id=x", "ann buy 1@9 id=x"],
    ["ann #2 opened, filled 0"],
  ],
  [
    "counts for market orders as well",
    ["bob sell 9@10", "ann buy 1 market id=x", "ann buy 1 market id=x"],
    ["refused: duplicate-client-id"],
  ],
  [
    "has at most 64 characters",
    [`ann buy 1@9 id=${"x".repeat(65)}`],
    ["refused: malformed-command"],
  ],
  ["is not empty", ["ann buy 1@9 id="], ["refused: malformed-command"]],
]);

rules("a halted market", [
  ["takes no limit order", ["ops halts", "ann buy 1@10"], ["refused: market-halted"]],
  [
    "takes no market order",
    ["bob sell 1@10", "ops halts", "ann buy 1 market"],
    ["refused: market-halted"],
  ],
  [
    "takes no replacement",
    ["ann buy 1@10", "ops halts", "ann replace #1 1@11"],
    ["refused: market-halted"],
  ],
  [
    "lets go of orders",
    ["ann buy 1@10", "ops halts", "ann cancel #1"],
    ["ann #1 closed cancelled, filled 0"],
  ],
  [
    "goes on with its book",
    ["bob sell 1@10", "ops halts", "ops resumes", "ann buy 1@10 ioc"],
    [
      "ann #4 opened, filled 0",
      "ann buys 1@10 from bob",
      "bob #1 closed filled, filled 1",
      "ann #4 closed filled, filled 1",
    ],
  ],
  ["has to exist", ["ops halts ETH_USDT"], ["refused: unknown-market"]],
]);

rules("a refusal", [
  ["names an unknown market", ["ann buy 1@10 ETH_USDT"], ["refused: unknown-market"]],
  ["names a price that is not whole ticks", ["ann buy 1@10.5"], ["refused: price-precision"]],
  ["names a price of nothing", ["ann buy 1@0"], ["refused: price-precision"]],
  ["names a quantity that is not whole lots", ["ann buy 1.5@10"], ["refused: quantity-precision"]],
  ["names a negative quantity", ["ann buy -1@10"], ["refused: quantity-precision"]],
  [
    "names a quantity above the largest",
    ["ann buy 1000001@10"],
    ["refused: quantity-out-of-range"],
  ],
  [
    "names a notional above the largest",
    ["ann buy 1000000@1001"],
    ["refused: notional-out-of-range"],
  ],
  ["names a missing buyer's fund", ["ann buy 101@10"], ["refused: insufficient-funds"]],
  ["names a missing seller's fund", ["ann sell 101@10"], ["refused: insufficient-funds"]],
  [
    "names money that other orders hold",
    ["ann buy 60@10", "ann buy 60@10"],
    ["refused: insufficient-funds"],
  ],
  ["meets a user without a wallet", ["zoe buy 1@10"], ["refused: insufficient-funds"]],
  [
    "meets a market order without a wallet",
    ["bob sell 1@10", "zoe buy 1 market"],
    ["refused: insufficient-funds"],
  ],
]);

describe("bounds", () => {
  it.each([
    [{ openOrdersPerUserMax: 1 }, "too-many-open-orders"],
    [{ openOrdersMax: 1 }, "exchange-full"],
  ])("with %j a second order is refused", (limits, reason) => {
    const scenario = new Scenario({ limits });

    expect(scenario.tell(["ann buy 1@10", "ann buy 1@10"])).toEqual([`refused: ${reason}`]);
    expect(scenario.tell(["ann replace #1 1@11"], "orders")).toHaveLength(2);
  });

  it("forgets the oldest client ids of closed orders", () => {
    const scenario = new Scenario({ limits: { openOrdersMax: 8, closedClientIdsPerUserMax: 2 } });
    for (const id of ["a", "b", "c"])
      scenario.tell([`ann buy 1@10 id=${id}`, `ann cancel id=${id}`]);

    expect(scenario.tell(["ann buy 1@10 id=b"])).toEqual(["refused: duplicate-client-id"]);
    expect(scenario.tell(["ann buy 1@10 id=a"], "orders")).toEqual(["ann #8 opened, filled 0"]);
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

  it("of another version is not read", () => {
    const snapshot = { ...new Scenario().exchange.snapshot(), version: 2 as 1 };

    expect(() => new Exchange().restore(snapshot)).toThrow(AssertionError);
  });
});

describe("reject codes", () => {
  it("are different numbers", () => {
    const codes = Object.values(rejectCodes);

    expect(new Set(codes).size).toBe(codes.length);
  });
});

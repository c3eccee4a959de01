/** The rule book of matching: what is said to the exchange; the events of the last line are told. */
import { describeRules } from "./scenario.fixture.ts";

describeRules(
  "a limit order",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "price-time priority",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "immediate-or-cancel",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "fill-or-kill",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "post-only",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "a market order by quantity",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "a market order by value",
  ["orders", "trades"],
  [
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
  ],
);

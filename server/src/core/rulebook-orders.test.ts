/** The rule book of orders: stops, own orders meeting, cancels, ids, halts and refusals. */
import { describeRules } from "./scenario.fixture.ts";

describeRules(
  "a stop price",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "self-trade prevention",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "cancelling",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "reducing",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "replacing",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "a client order id",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "a halted market",
  ["orders", "trades"],
  [
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
  ],
);

describeRules(
  "a refusal",
  ["orders", "trades"],
  [
    ["names an unknown market", ["ann buy 1@10 ETH_USDT"], ["refused: unknown-market"]],
    ["names a price that is not whole ticks", ["ann buy 1@10.5"], ["refused: price-precision"]],
    ["names a price of nothing", ["ann buy 1@0"], ["refused: price-precision"]],
    [
      "names a quantity that is not whole lots",
      ["ann buy 1.5@10"],
      ["refused: quantity-precision"],
    ],
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
  ],
);
